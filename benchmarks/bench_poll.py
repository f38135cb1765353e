"""3. CPU for one poll with 200 waits, beside a bare shared session and the HTTP provider's way."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from common import Figure, Server, event, run, server, trigger

MANY, SECONDS = 200, 8


async def bare(cekat: Server) -> int:
    import aiohttp

    async with aiohttp.ClientSession(headers={"api_key": "key"}) as session:

        async def one(number: int) -> None:
            async with session.get(f"{cekat.url}/messages?conversation_id=c{number % MANY}") as answer:
                json.loads(await answer.read())

        return await in_groups(one, 2000)


async def in_groups(one: Any, many: int) -> int:
    for start in range(0, many, 8):
        await asyncio.gather(*(one(start + n) for n in range(8)))
    return many


async def ours(cekat: Server, always_new: bool) -> tuple[float, int]:
    """Return the CPU seconds and the polls, from when the waits have begun to when they are ended."""
    await asyncio.to_thread(cekat.call, "/always-new", False)
    waits = [asyncio.ensure_future(event(trigger(f"c{n}", 1.0, contains="never"))) for n in range(MANY)]
    await asyncio.sleep(3)
    await asyncio.to_thread(cekat.call, "/always-new", always_new)
    before = await asyncio.to_thread(cekat.seen)
    start = time.process_time()
    await asyncio.sleep(SECONDS)
    spent = time.process_time() - start
    polls = (await asyncio.to_thread(cekat.seen))["requests"] - before["requests"]
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    return spent, polls


async def http_provider(cekat: Server) -> int:
    from airflow.providers.http.hooks.http import HttpAsyncHook

    hook = HttpAsyncHook("GET", "http_default")

    async def one(number: int) -> None:
        import aiohttp

        # As its trigger does: a session for each poll.
        async with aiohttp.ClientSession() as session:
            answer = await hook.run(
                session=session, endpoint=f"messages?conversation_id=c{number % MANY}", headers={"api_key": "key"}
            )
            json.loads(await answer.read())

    return await in_groups(one, 800)


def cpu(coroutine: Any) -> float:
    start = time.process_time()
    polls = run(coroutine)
    return float((time.process_time() - start) / polls)


def main() -> list[Figure]:
    with server() as cekat:
        cpu(bare(cekat))
        per_poll = {"a bare shared aiohttp session": cpu(bare(cekat))}
        for name, always_new in {"ours, nothing new": False, "ours, new at every poll": True}.items():
            spent, polls = run(ours(cekat, always_new))
            per_poll[name] = spent / polls
        per_poll["the HTTP provider's way"] = cpu(http_provider(cekat))
    base = per_poll["a bare shared aiohttp session"]
    good = per_poll["ours, nothing new"] / base
    return [
        *[Figure(f"poll, {name}", f"{s * 1e6:.0f} µs CPU ({s / base:.2f})") for name, s in per_poll.items()],
        Figure("poll, ours / bare", f"{good:.2f}", "≤ 1.3", good <= 1.3),
    ]
