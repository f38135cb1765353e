"""5. Memory for one wait, and over an hour of polling."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc

from common import Figure, event, run, server, trigger, warm

WAITS, CONVERSATIONS, SPEED = 1000, 100, 240.0


async def measure() -> tuple[float, float, float]:
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    waits = [
        asyncio.ensure_future(event(trigger(f"c{n % CONVERSATIONS}", 60.0, contains="never"))) for n in range(WAITS)
    ]
    await asyncio.sleep(300)
    gc.collect()
    early = tracemalloc.get_traced_memory()[0]
    await asyncio.sleep(3600)
    gc.collect()
    late = tracemalloc.get_traced_memory()[0]
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    del waits
    await asyncio.sleep(60)
    gc.collect()
    left = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return (early - before) / WAITS, late - early, left


def main() -> list[Figure]:
    with server(SPEED):
        # What is loaded and cached once is no wait's.
        run(warm(), SPEED)
        each, grown, left = run(measure(), SPEED)
    return [
        Figure("memory for one wait", f"{each / 1000:.1f} kB", "≤ 20 kB", each <= 20_000),
        Figure("memory grown in an hour, 1,000 waits", f"{grown / 1000:+.0f} kB", "none (≤ 100 kB)", grown <= 100_000),
        Figure("memory left when all are ended", f"{left / 1000:+.0f} kB"),
    ]
