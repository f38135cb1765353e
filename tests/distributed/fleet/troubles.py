"""What befalls the fleet, one after the other, while it works; each is over when its function returns."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from run import Town

Trouble = Callable[["Town", random.Random], str]


def _dies(kind: str, *names: str) -> Trouble:
    def trouble(town: Town, chance: random.Random) -> str:
        name = chance.choice(names)
        seconds = chance.uniform(3, 12)
        town.fleet.kill(name)
        # The customers write while it is away.
        town.answer(0.1)
        town.rest(seconds)
        town.fleet.start(name)
        return f"{name} killed, back after {seconds:.0f} s"

    trouble.__name__ = kind
    return trouble


def sandbox(town: Town, chance: random.Random) -> str:
    """Cekat itself goes away; what it has accepted it knows when it comes back."""
    seconds = chance.uniform(3, 12)
    town.note_requests()
    town.fleet.kill("sandbox")
    town.rest(seconds)
    town.start_sandbox()
    return f"Cekat killed, back after {seconds:.0f} s"


def key(town: Town, chance: random.Random) -> str:
    """Rotate the API key, as docs/fleet.md says: no new sends, then Airflow's connection, then Cekat, then sends."""
    town.set_pool(0)
    town.fleet.wait_for("the sends under way", lambda: not town.fleet.states().get("running"))
    town.key = secrets.token_hex(16)
    town.set_connection("PATCH")
    town.sandbox.rotate_key(town.key)
    town.set_pool(town.slots)
    return "API key rotated"


def clear(town: Town, chance: random.Random) -> str:
    """Clear a DAG run while its tasks run."""
    town.trigger("cleared")
    town.fleet.wait_for("the first of them", lambda: town.got(1_000_000, town.cleared), 600)
    before = town.got(1_000_000, town.cleared)
    state = town.run_state("cleared")
    town.fleet.api("POST", "/dags/cleared/dagRuns/fleet/clear", {"dry_run": False})
    if state != "running":
        raise RuntimeError(f"the DAG run to be cleared while it runs was already over: {state}")
    return f"a DAG run cleared after {len(before)} of {town.cleared} sends"


def all_of() -> list[Trouble]:
    """Return every trouble once."""
    killed: list[Any] = [
        _dies("worker", "worker 1", "worker 2"),
        _dies("triggerer", "triggerer 1", "triggerer 2"),
        _dies("broker", "redis"),
        _dies("database", "postgres"),
    ]
    return [*killed, sandbox, key, clear]
