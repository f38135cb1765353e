"""What the benchmarks share: the server, a clock that runs faster, and a table of figures."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass
class Figure:
    """One line of the report.

    :param bound: what it should be, in words; `good` says whether it is.
    """

    what: str
    got: str
    bound: str = ""
    good: bool = True


class Server:
    """A running `server.py`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def seen(self) -> Any:
        return self.call("/seen")

    def reply(self, *conversations: str) -> None:
        self.call("/reply", conversations)

    def call(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data), timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def server(speed: float = 1, per_minute: int = 0, **extra: Any) -> Iterator[Server]:
    """Run a server, and set the connections `cekat_default` and `http_default` to it."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "benchmarks" / "server.py"), str(speed), str(per_minute)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        running = Server(int(process.stdout.readline()))
        connection = {"conn_type": "cekat", "host": running.url, "password": "key", "extra": extra}
        os.environ["AIRFLOW_CONN_CEKAT_DEFAULT"] = json.dumps(connection)
        os.environ["AIRFLOW_CONN_HTTP_DEFAULT"] = json.dumps({"conn_type": "http", "host": running.url})
        yield running
    finally:
        process.terminate()
        process.wait()


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds are `speed` times shorter."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        super().__init__()
        self._clock_resolution *= speed
        select = self._selector.select
        self._selector.select = lambda timeout=None: select(None if timeout is None else timeout / speed)

    def time(self) -> float:
        return time.monotonic() * self.speed


def run(coroutine: Any, speed: float = 1) -> Any:
    """Run a coroutine on a clock of that speed."""
    loop = FastLoop(speed)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def trigger(conversation: str, interval: float, **more: Any) -> Any:
    """Make a wait that looks for what a customer writes."""
    from cekat_provider.triggers.cekat import CekatMessagesTrigger

    given = {"deadline": time.time() + 1e6, "poke_interval": interval, **more}
    return CekatMessagesTrigger(conversation_id=conversation, **given)


async def event(waiting: Any) -> None:
    async for _ in waiting.run():
        return


async def warm() -> None:
    """Load what is loaded once: on a fast clock, a second of imports would be minutes."""
    task = asyncio.ensure_future(event(trigger("c0", 1.0, contains="never")))
    while not await asyncio.to_thread(_has_looked):
        await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _has_looked() -> bool:
    url = json.loads(os.environ["AIRFLOW_CONN_CEKAT_DEFAULT"])["host"]
    return bool(Server(int(url.rpartition(":")[2])).seen()["requests"])
