"""Send 200 messages to a Cekat that accepts each and drops the connection for 30 % of them.

Beside Airflow's own HTTP hook, which repeats what looks like a lost connection, on the same server with the same
seed. Then a redirect to another host: does the API key travel along? Run by `make bench-delivery`.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="cekat-bench-"))

import requests
import tenacity
from airflow.providers.http.hooks.http import HttpHook

from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.client import Sandbox
from cekat_provider.sandbox.server import RunningServer

SENDS, DROPPED, SEED = 200, 0.3, 7
KEY = "key-of-the-benchmark"


def conversation(index: int) -> str:
    return f"00000000-0000-4000-8000-{index:012d}"


def body(index: int) -> dict[str, str]:
    return {
        "receiver": f"62812{index:08d}",
        "conversation_id": conversation(index),
        "message": f"Pesanan INV-{index} sudah dikirim.",
    }


def with_cekat_hook() -> Callable[[int], object]:
    hook = CekatHook()
    return lambda index: hook.send_message(**body(index))


def with_http_hook() -> Callable[[int], object]:
    hook = HttpHook(method="POST", http_conn_id="cekat_http")
    retry = {
        "stop": tenacity.stop_after_attempt(10),
        "retry": tenacity.retry_if_exception_type(requests.exceptions.ConnectionError),
    }
    return lambda index: hook.run_with_advanced_retry(retry, "messages/whatsapp", json.dumps(body(index)))


def count(sandbox: Sandbox, send: Callable[[int], object]) -> dict[str, int]:
    """Send, and read off the server's own record how often each customer got the message."""
    sandbox.clear()
    sandbox.faults(kind="accept_then_drop", on="send", times=None, probability=DROPPED, seed=SEED)
    failed = 0
    for index in range(SENDS):
        try:
            send(index)
        except Exception:
            failed += 1
    got = Counter(message["conversation_id"] for message in sandbox.sent())
    return {
        "messages": sum(got.values()),
        "once": sum(times == 1 for times in got.values()),
        "twice or more": sum(times > 1 for times in got.values()),
        "not at all": SENDS - len(got),
        "reported as failed": failed,
    }


@contextmanager
def another_host() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Listen on another port, and note the headers that come."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/elsewhere", seen
    finally:
        server.shutdown()


def leaks(sandbox: Sandbox, send: Callable[[int], object]) -> bool:
    """Redirect one send to another host, and tell whether the key arrived there."""
    with another_host() as (url, seen):
        sandbox.clear()
        sandbox.faults(kind="status", on="send", status=302, headers={"Location": url})
        try:
            send(0)
        except Exception as error:
            logging.debug("refused: %s", type(error).__name__)
        return any(KEY in header for headers in seen for header in headers.values())


def main() -> None:
    """Print a row a hook."""
    logging.disable(logging.CRITICAL)
    server = RunningServer(Settings(api_key=KEY))
    sandbox = Sandbox(server.url, KEY)
    os.environ["AIRFLOW_CONN_CEKAT_DEFAULT"] = json.dumps(sandbox.connection)
    os.environ["AIRFLOW_CONN_CEKAT_HTTP"] = json.dumps(
        {"conn_type": "http", "host": server.url, "extra": {"api_key": KEY, "Content-Type": "application/json"}}
    )
    print(f"{SENDS} sends; the server accepts each and drops the connection for {DROPPED:.0%} of the requests")
    for name, make in (("CekatHook", with_cekat_hook), ("HttpHook", with_http_hook)):
        figures = {**count(sandbox, make()), "key to another host": leaks(sandbox, make())}
        print(f"{name:>10}  " + "  ".join(f"{what}: {value}" for what, value in figures.items()))
    server.stop()


if __name__ == "__main__":
    main()
