"""3. CPU for one poll with 200 waits, beside a bare shared session and the HTTP provider's way.

Each way has 200 waits that look once a second, spread over the second, for the same time: a poll that comes alone costs
more than one of many at once, so a loop that asks as fast as it can would be no peer.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from common import Figure, Server, event, run, server, trigger

MANY, SECONDS = 200, 4
Start = Callable[[Server, AsyncExitStack], Awaitable[list[Any]]]


def every_second(look: Callable[[int], Awaitable[Any]]) -> list[Any]:
    async def wait(number: int) -> None:
        await asyncio.sleep(number / MANY)
        while True:
            start = time.monotonic()
            await look(number)
            await asyncio.sleep(start + 1 - time.monotonic())

    return [wait(number) for number in range(MANY)]


async def bare(cekat: Server, stack: AsyncExitStack) -> list[Any]:
    import aiohttp

    session = await stack.enter_async_context(aiohttp.ClientSession(headers={"api_key": "key"}))

    async def look(number: int) -> None:
        async with session.get(f"{cekat.url}/messages?conversation_id=c{number}") as answer:
            json.loads(await answer.read())

    return every_second(look)


async def http_provider(cekat: Server, stack: AsyncExitStack) -> list[Any]:
    import aiohttp
    from airflow.providers.http.hooks.http import HttpAsyncHook

    hook = HttpAsyncHook("GET", "http_default")

    async def look(number: int) -> None:
        # As its trigger does: a session for each poll.
        async with aiohttp.ClientSession() as session:
            answer = await hook.run(
                session=session, endpoint=f"messages?conversation_id=c{number}", headers={"api_key": "key"}
            )
            json.loads(await answer.read())

    return every_second(look)


async def ours(cekat: Server, stack: AsyncExitStack) -> list[Any]:
    return [event(trigger(f"c{number}", 1.0, contains="never")) for number in range(MANY)]


async def cpu(cekat: Server, start: Start, always_new: bool) -> float:
    """Return the CPU seconds of one poll, once all have begun."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(cekat.call, "/always-new", False)
        tasks = [asyncio.ensure_future(one) for one in await start(cekat, stack)]
        await asyncio.sleep(3)
        await asyncio.to_thread(cekat.call, "/always-new", always_new)
        before = await asyncio.to_thread(cekat.seen)
        spent = time.process_time()
        await asyncio.sleep(SECONDS)
        spent = time.process_time() - spent
        polls = (await asyncio.to_thread(cekat.seen))["requests"] - before["requests"]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return float(spent / polls)


def main() -> list[Figure]:
    ways: dict[str, tuple[Start, bool]] = {
        "a bare shared aiohttp session": (bare, False),
        "ours, nothing new": (ours, False),
        "ours, new at every poll": (ours, True),
        "the HTTP provider's way": (http_provider, False),
    }
    with server() as cekat:
        took = {name: run(cpu(cekat, *way)) for name, way in ways.items()}
    base = took["a bare shared aiohttp session"]
    good = took["ours, nothing new"] / base
    return [
        *[Figure(f"poll, {name}", f"{s * 1e6:.0f} µs CPU ({s / base:.2f})") for name, s in took.items()],
        Figure("poll, ours / bare", f"{good:.2f}", "≤ 1.3", good <= 1.3),
    ]
