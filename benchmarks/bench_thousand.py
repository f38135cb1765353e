"""4. A thousand waits on a hundred conversations, with the API's budget kept: ten fast minutes.

`bench_minutes` has the two real ones.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from common import Figure, event, run, server, trigger, warm

WAITS, CONVERSATIONS, INTERVAL, LIMIT = 1000, 100, 60.0, 300


async def busy(cekat: Any, minutes: float, latest: list[float], blocked: list[float]) -> None:
    loop = asyncio.get_running_loop()
    speed = loop.speed  # type: ignore[attr-defined]
    written: dict[str, float] = {}

    async def wait(number: int) -> None:
        conversation = f"c{number % CONVERSATIONS}"
        await event(trigger(conversation, INTERVAL))
        latest.append(loop.time() - written[conversation])
        await event(trigger(conversation, INTERVAL, contains="never"))

    async def watch_the_loop() -> None:
        while True:
            # The thread's own time: that of other processes of a busy machine is not the loop's fault.
            start = time.thread_time()
            await asyncio.sleep(0.005 * speed)
            blocked.append(time.thread_time() - start)

    async def customers() -> None:
        chance = random.Random(7)
        last = (minutes - 1) * 60 - 10
        times = sorted((chance.uniform(min(30, last / 2), last), f"c{n}") for n in range(CONVERSATIONS))
        begun = loop.time()
        for at, conversation in times:
            await asyncio.sleep(max(0.0, begun + at - loop.time()))
            written[conversation] = loop.time()
            await asyncio.to_thread(cekat.reply, conversation)

    await asyncio.to_thread(lambda: [cekat.call(f"/messages?conversation_id=c{n}") for n in range(CONVERSATIONS)])
    tasks = [asyncio.ensure_future(wait(n)) for n in range(WAITS)]
    tasks += [asyncio.ensure_future(customers()), asyncio.ensure_future(watch_the_loop())]
    await asyncio.sleep(minutes * 60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def one(name: str, minutes: float, speed: float) -> list[Figure]:
    latest: list[float] = []
    blocked: list[float] = []
    # The hundred requests that fill the server first are not counted against its limit.
    with server(speed, LIMIT + CONVERSATIONS, requests_per_minute=LIMIT) as cekat:
        run(busy(cekat, minutes, latest, blocked), speed)
        seen = cekat.seen()
    at = seen["at"][CONVERSATIONS:]
    most = max(sum(start <= other < start + 60 for other in at) for start in at[:: max(1, len(at) // 200)])
    mean = (len(at) - 1) / (at[-1] - at[0]) * 60
    p95 = sorted(latest)[int(len(latest) * 0.95)] if latest else float("nan")
    worst = max(blocked) * 1000
    # On a clock that runs twenty times faster, a machine's pause of 50 ms is a second.
    bound = 105 if speed == 1 else 120
    return [
        Figure(f"{name}: requests a minute", f"{mean:.0f} (each by itself: {WAITS})", "≤ 100", mean <= 100.5),
        Figure(f"{name}: requests in the busiest 60 s", str(most), f"≤ {bound}", most <= bound),
        Figure(f"{name}: 429", str(seen["refused"]), "0", seen["refused"] == 0),
        Figure(f"{name}: sockets at most", str(seen["most_sockets"] - 1), "≤ 10", seen["most_sockets"] - 1 <= 10),
        Figure(f"{name}: answered waits", str(len(latest)), "1000", len(latest) == WAITS),
        Figure(f"{name}: message to event, p95", f"{p95:.1f} s", "≤ 61 s", p95 <= INTERVAL + 1),
        Figure(f"{name}: event loop blocked at most", f"{worst:.0f} ms", "≤ 50 ms", worst <= 50),
    ]


def main() -> list[Figure]:
    with server():
        run(warm())
    return one("ten fast minutes", 10, 20)
