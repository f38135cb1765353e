"""6. A history of 100,000 messages: the first look, and the looks after it."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

from common import Figure

from cekat_provider.core import flow, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import drive
from cekat_provider.core.match import criteria
from cekat_provider.core.wire import Response

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


def look(response: Response) -> int:
    history = drive(flow.history(CekatConfig("key"), "c"), lambda _: response, lambda _: None, lambda: 0.0)
    return len(criteria(since="2026-04-28T00:00:00Z", contains="99999").select(history))


def timed(do: Any) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def main() -> list[Figure]:
    response = answer()
    bare = timed(lambda: json.loads(response.content))
    first = timed(lambda: look(response))
    tracemalloc.start()
    look(response)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # What a look costs that finds the answer unchanged (`triggers/client.py`).
    fresh = Response(200, {}, bytes(bytearray(response.content)))
    again = timed(lambda: (len(fresh.content), hash(fresh.content)))
    return [
        Figure("100,000 messages: the answer", f"{len(response.content) / 1e6:.0f} MB"),
        Figure("100,000 messages: json.loads alone", f"{bare:.2f} s"),
        Figure("100,000 messages: parse and match", f"{first:.2f} s ({first / bare:.1f}), peak {peak / 1e6:.0f} MB"),
        Figure("100,000 messages: a look that finds nothing new", f"{again * 1000:.1f} ms ({again / first:.2%})"),
    ]
