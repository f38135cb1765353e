"""The command ``cekat-sandbox``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cekat-sandbox", description="A Cekat on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--allow-remote", action="store_true", help="let --host be reachable from other machines")
    parser.add_argument("--port", type=int, default=3000, help="0 picks a free one (default: %(default)s)")
    parser.add_argument(
        "--api-key",
        default=os.environ.get("CEKAT_SANDBOX_API_KEY") or "sandbox-key",
        help="the key to ask for (default: $CEKAT_SANDBOX_API_KEY, else sandbox-key)",
    )
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--db", default="cekat-sandbox.sqlite", help="SQLite file (default: ./%(default)s)")
    kept.add_argument("--memory", action="store_true", help="keep nothing on disk")
    parser.add_argument("--auto-reply", metavar="TEXT", help="the customer answers every message with this text")
    parser.add_argument("--after", type=float, default=1.0, metavar="SECONDS", help="… so much later (default: 1)")
    parser.add_argument("--rate-limit", type=int, metavar="N", help="requests a minute (default: no limit)")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="write url and pid here once it listens")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the sandbox until Ctrl-C or SIGTERM."""
    parser = _arguments()
    given = parser.parse_args(argv)
    if not 0 <= given.port <= 65535:
        parser.error("--port must be from 0 to 65535")
    if given.after < 0:
        parser.error("--after must not be negative")
    if given.rate_limit is not None and given.rate_limit < 1:
        parser.error("--rate-limit must be at least 1")
    try:
        from cekat_provider.sandbox.cekat import Settings
        from cekat_provider.sandbox.customer import Rule
        from cekat_provider.sandbox.origin import is_loopback
        from cekat_provider.sandbox.server import RunningServer
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("fastapi", "uvicorn", "starlette", "pydantic"):
            raise
        return _fail(f"{error.name} is missing: pip install 'airflow-provider-cekat[sandbox]'")
    if not is_loopback(given.host) and not given.allow_remote:
        return _fail(f"{given.host} is reachable from other machines; add --allow-remote if that is meant")

    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    rules = [] if given.auto_reply is None else [Rule(given.auto_reply, given.after)]
    db = ":memory:" if given.memory else given.db
    try:
        server = RunningServer(Settings(given.api_key, db, rules, given.rate_limit), given.host, given.port)
    except OSError as error:
        return _fail(
            f"cannot listen on {given.host}:{given.port}: {os.strerror(error.errno) if error.errno else error}"
        )
    except sqlite3.Error as error:
        return _fail(f"cannot use the database {db}: {error}")
    try:
        if given.ready_file is not None:
            _write_ready(given.ready_file, server.url)
        print(f"Cekat sandbox on {server.url} (API key: {given.api_key})", flush=True)
        while server.alive and not stop.wait(0.5):
            pass
        return 0 if stop.is_set() else _fail("the server stopped by itself")
    finally:
        server.stop()


def _write_ready(path: Path, url: str) -> None:
    # Written aside and renamed: whoever waits for the file never reads half of it.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    aside.replace(path)


def _fail(message: str) -> int:
    print(f"cekat-sandbox: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
