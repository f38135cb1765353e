"""6. A history of 100,000 messages: the first look, and those after it. `bench_loop` has the event loop meanwhile."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import datetime, timezone
from typing import Any

from common import Figure

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


def main() -> list[Figure]:
    response = answer()
    bare = timed(lambda: json.loads(response.content))
    whole = timed(lambda: look(response))
    recent = timed(lambda: look(response, SINCE))
    # What a look costs that finds the answer unchanged (`triggers/client.py`).
    again = timed(lambda: _digest(response.content))
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
    ]
