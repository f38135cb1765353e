"""Time that passes only when nothing is under way: waiting takes no time, and a slow machine changes nothing.

A test says how the seconds go by. While a request, a thread or a task that is ready keeps the program busy, the clock
stands still, so no time-out of the program's ever comes of a busy machine.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from cekat_provider.hooks import _connection
from cekat_provider.transports.aio import AsyncTransport

#: In real seconds: what is under way for so long is a test that hangs.
HANGS_SECONDS = 120


class Clock:
    """A clock that is moved by hand, and what is to be done when it has come so far."""

    def __init__(self) -> None:
        # Small numbers: a float of a time since 1970 cannot tell a microsecond.
        self._passed = 1000.0
        self._begun = time.time() - self._passed
        self._plans: list[tuple[float, int, Callable[[], Any]]] = []
        self._order = itertools.count()

    def monotonic(self) -> float:
        return self._passed

    def time(self) -> float:
        return self._begun + self._passed

    def utcnow(self) -> datetime:
        return datetime.fromtimestamp(self.time(), timezone.utc)

    def later(self, seconds: float, do: Callable[[], Any]) -> None:
        """Do something after so many seconds."""
        heapq.heappush(self._plans, (self._passed + seconds, next(self._order), do))

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.move(self._passed + seconds)

    def move(self, until: float) -> None:
        while self._plans and self._plans[0][0] <= until:
            at, _, do = heapq.heappop(self._plans)
            self._passed = max(self._passed, at)
            do()
        self._passed = max(self._passed, until)

    @property
    def next_plan(self) -> float:
        return self._plans[0][0] if self._plans else float("inf")


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on such a clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        #: Requests and threads that have not come back.
        self.under_way = 0
        super().__init__()
        self._clock_resolution = 1e-6
        self._really_select = self._selector.select
        self._selector.select = self._select  # type: ignore[method-assign]

    def time(self) -> float:
        return self.clock.monotonic()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self.under_way += 1
        future.add_done_callback(self._came_back)
        return future

    def _came_back(self, _: Any) -> None:
        self.under_way -= 1

    def _select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return self._really_select(0)
        if self.under_way:
            events = self._really_select(HANGS_SECONDS)
            if not events:
                raise RuntimeError(f"{self.under_way} requests or threads have not come back in {HANGS_SECONDS} s")
            return events
        events = self._really_select(0)
        if events:
            return events
        if timeout is None and self.clock.next_plan == float("inf"):
            raise RuntimeError("nothing is under way and nothing is planned: this would wait for ever")
        until = float("inf") if timeout is None else self.clock.monotonic() + timeout
        self.clock.move(min(until, self.clock.next_plan))
        return []


@contextmanager
def requests_counted(loop: VirtualLoop) -> Iterator[None]:
    """Have the loop know of the requests that it waits for."""
    really_send = AsyncTransport.send

    async def send(self: AsyncTransport, request: Any) -> Any:
        loop.under_way += 1
        try:
            return await really_send(self, request)
        finally:
            loop.under_way -= 1

    AsyncTransport.send = send  # type: ignore[method-assign]
    try:
        yield
    finally:
        AsyncTransport.send = really_send  # type: ignore[method-assign]


def run_virtually(coroutine: Any, clock: Clock) -> Any:
    """Run a coroutine in a loop whose waits take no time, and see that it leaves nothing behind."""
    loop = VirtualLoop(clock)
    complaints: list[Any] = []
    loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
    # A triggerer is a process of its own, and so is the pace that it keeps: on this clock.
    pace, _connection.LIMITERS = _connection.LIMITERS, {}
    try:
        with requests_counted(loop):
            return loop.run_until_complete(coroutine)
    finally:
        _connection.LIMITERS = pace
        left = asyncio.all_tasks(loop)
        gc.collect()  # aiohttp complains of a session that nobody closed
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        assert not left, left
        assert not complaints, complaints
