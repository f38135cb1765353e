"""6. The event loop while a history of 100,000 messages is read, and has grown, three times."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench_history import MANY, SINCE
from common import Figure, event, run, server, trigger, warm


async def blocked(cekat: Any) -> float:
    """Return the event loop's longest stall, in seconds, while a wait reads a history that has grown three times.

    That is how late the loop was, as far as this process was at work meanwhile: in its other threads too, which hold
    the loop up, but not in other processes of a busy machine.
    """
    late: list[float] = []

    async def watch_the_loop() -> None:
        while True:
            start, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.005)
            late.append(min(time.perf_counter() - start - 0.005, time.process_time() - worked))

    await asyncio.to_thread(cekat.call, "/fill", ["long", MANY])
    tasks = [asyncio.ensure_future(event(trigger("long", 1.0, contains="never", since=SINCE.isoformat())))]
    tasks.append(asyncio.ensure_future(watch_the_loop()))
    for _ in range(3):
        before = (await asyncio.to_thread(cekat.seen))["requests"]
        await asyncio.to_thread(cekat.reply, "long")
        while (await asyncio.to_thread(cekat.seen))["requests"] < before + 2:
            await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return max(late)


def main() -> list[Figure]:
    with server() as cekat:
        run(warm())
        worst = run(blocked(cekat)) * 1000
    name = "100,000 messages, grown: event loop blocked at most"
    return [Figure(name, f"{worst:.0f} ms", "≤ 50 ms", worst <= 50)]
