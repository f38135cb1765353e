"""A public API of Airflow's that says what the test wants; tests/real/test_human_in_the_loop.py meets the real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PASSWORD, TOKEN = "a password", "a-token-of-the-test"


def detail(
    ti_id: str, task_id: str = "approve", run_id: str = "scheduled__2026-01-01T00:00:00+00:00"
) -> dict[str, Any]:
    """Make a request as the API lists it."""
    ti = {"id": ti_id, "dag_id": "dag", "dag_run_id": run_id, "task_id": task_id, "map_index": -1}
    return {"task_instance": ti, "options": ["Approve", "Reject"], "subject": "?", "response_received": False}


@dataclass
class AirflowApi:
    """What it holds, and what it was asked."""

    url: str = ""
    pending: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    #: Other statuses than good ones, by method.
    statuses: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)

    def connection(self, **fields: Any) -> str:
        """Return the Airflow connection to it, as the environment takes it."""
        return json.dumps({"conn_type": "generic", "host": self.url, "login": "bot", "password": PASSWORD, **fields})

    def answers(self) -> list[tuple[str, Any]]:
        """Return what was answered, where."""
        return [(path, body) for method, path, body in self.requests if method == "PATCH"]

    def answer(self, method: str, target: str, body: Any, authorization: str | None) -> tuple[int, Any]:
        self.requests.append((method, target, body))
        url = urlsplit(target)
        what = url.path.rpartition("/")[2]
        if what == "token":
            good = body == {"username": "bot", "password": PASSWORD}
            return 201 if good else 401, {"access_token": TOKEN}
        if authorization != f"Bearer {TOKEN}":
            return 401, {"detail": "Not authenticated"}
        if what == "cekat_hitl":
            note = self.notes.get(url.path.split("/")[-3])
            return (404, {"detail": "not found"}) if note is None else (200, {"key": what, "value": note})
        if method == "PATCH":
            return self.statuses.get(method, 200), {}
        query = parse_qs(url.query)
        assert query["response_received"] == ["false"]
        offset = int(query["offset"][0])
        return self.statuses.get(method, 200), {
            "hitl_details": self.pending[offset : offset + 2],
            "total_entries": len(self.pending),
        }


@contextmanager
def airflow_api() -> Iterator[AirflowApi]:
    """Serve one, two requests a page."""
    api = AirflowApi()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = api.answer(self.command, self.path, body, self.headers.get("Authorization"))
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _any

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
