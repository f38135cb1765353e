"""What came of it, by Cekat's own record and Airflow's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from run import Town


def verdict(town: Town) -> tuple[dict[str, Any], list[str]]:
    """Return the figures, and what of them must not be."""
    figures: dict[str, Any] = {}
    wrong: list[str] = []

    def must(name: str, value: Any, good: bool) -> None:
        figures[name] = value
        if not good:
            wrong.append(f"{name}: {value}")

    for name, first, many in (("sends", 0, town.sends), ("sends of the cleared run", 1_000_000, town.cleared)):
        got = town.got(first, many)
        must(f"{name}: customers", many, many > 0)
        must(f"{name}: with exactly one message", sum(count == 1 for count in got.values()), len(got) == many)
        must(f"{name}: with more", sum(count > 1 for count in got.values()), max(got.values(), default=0) <= 1)
        must(f"{name}: with none", many - len(got), len(got) == many)
    heard = town.fleet.sql("SELECT value FROM xcom WHERE dag_id = 'waits' AND key = 'return_value'")
    texts = sorted(message["text"] for (value,) in heard for message in _json(value))
    must("waits answered", len(texts), texts == sorted(f"Ya {2_000_000 + number}" for number in range(town.waits)))
    states = town.fleet.states()
    everything = town.sends + town.cleared + town.waits
    must("task states", states, states == {"success": everything})
    figures["tries"] = town.fleet.sql("SELECT sum(try_number) FROM task_instance")[0][0]
    kept = town.fleet.sql("SELECT value, extract(epoch FROM updated_at) FROM task_state_store WHERE key = 'cekat_send'")
    ahead = sum(_json(value)["since"] > float(written) + 30 for value, written in kept)
    must("sends by the worker whose clock is ahead", ahead, ahead > 0)
    busiest = peak(request["at"] for request in town.requests)
    must(f"requests in the busiest 60 s (limit {town.limit})", busiest, 0 < busiest <= town.limit)
    figures["… of sends"] = peak(request["at"] for request in town.requests if request["method"] == "POST")
    figures["requests in all"] = len(town.requests)
    figures["429 among them"] = sum(request["status"] == 429 for request in town.requests)
    failed = sum("RateLimitedError" in text for text in _logs(town))
    must("tries that a 429 has failed", failed, failed == 0)
    figures["processes that ended by themselves, started again"] = ", ".join(sorted(town.fleet.ended)) or "none"
    return figures, wrong


def peak(times: Iterable[str]) -> int:
    """Return how many requests the busiest 60 seconds held."""
    at = sorted(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() for time in times)
    most = start = 0
    for end, moment in enumerate(at):
        while at[start] <= moment - 60:
            start += 1
        most = max(most, end - start + 1)
    return most


def _json(value: Any) -> Any:
    """Read an XCom's value: JSON, and within it text or not, as the database keeps it."""
    while isinstance(value, str):
        value = json.loads(value)
    return value


def _logs(town: Town) -> Iterable[str]:
    return (path.read_text(errors="replace") for path in town.fleet.home.glob("logs/dag_id=*/**/*.log"))
