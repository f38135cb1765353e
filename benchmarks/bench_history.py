"""6. A history of 100,000 messages: the first look, the looks after it, and the event loop meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
import tracemalloc
from datetime import datetime, timezone
from typing import Any

from common import Figure, event, run, server, trigger, warm

from cekat_provider.core import flow, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import drive
from cekat_provider.core.match import criteria
from cekat_provider.core.wire import Response
from cekat_provider.triggers.client import _digest

MANY = 100_000


def answer(new: int = 0) -> Response:
    data = [
        {
            "id": f"m{n:08}",
            "message": f"Pesanan nomor {n} sudah kami terima, terima kasih.",
            "conversation_id": "c",
            "sent_by_type": "user" if n % 2 else "agent",
            "created_at": f"2026-04-{n * 28 // MANY + 1:02}T09:24:23.000Z",
        }
        for n in range(MANY + new)
    ]
    content = json.dumps({"success": True, "data": data}, separators=(",", ":")).encode()
    assert len(content) < wire.MAX_ANSWER_BYTES
    return Response(200, {}, content)


#: Of the 28 days that the history is long, the last.
SINCE = datetime(2026, 4, 28, tzinfo=timezone.utc)


def look(response: Response, since: datetime | None = None) -> int:
    steps = flow.history(CekatConfig("key"), "c", since)
    history = drive(steps, lambda _: response, lambda _: None, lambda: 0.0)
    return len(criteria(since=SINCE, contains="99999").select(history))


def timed(do: Any) -> float:
    """Return the CPU seconds: of a machine that others use too, a clock tells nothing."""
    start = time.process_time()
    do()
    return time.process_time() - start


def peak(do: Any) -> float:
    """Return the megabytes at the worst moment."""
    tracemalloc.start()
    do()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


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
    response = answer()
    bare = timed(lambda: json.loads(response.content))
    whole = timed(lambda: look(response))
    recent = timed(lambda: look(response, SINCE))
    # What a look costs that finds the answer unchanged (`triggers/client.py`).
    again = timed(lambda: _digest(response.content))
    with server() as cekat:
        run(warm())
        worst = run(blocked(cekat)) * 1000
    name = "100,000 messages"
    return [
        Figure(f"{name}: the answer", f"{len(response.content) / 1e6:.0f} MB"),
        Figure(f"{name}: json.loads alone", f"{bare:.2f} s CPU (1.0)"),
        Figure(
            f"{name}: parse and match, all of them",
            f"{whole:.2f} s CPU ({whole / bare:.1f}), peak {peak(lambda: look(response)):.0f} MB",
        ),
        Figure(
            f"{name}: parse and match, with `since`",
            f"{recent:.2f} s CPU ({recent / bare:.1f}), peak {peak(lambda: look(response, SINCE)):.0f} MB",
        ),
        Figure(f"{name}: a look that finds nothing new", f"{again * 1000:.0f} ms CPU ({again / bare:.2f})"),
        Figure(f"{name}, grown: event loop blocked at most", f"{worst:.0f} ms", "≤ 50 ms", worst <= 50),
    ]
