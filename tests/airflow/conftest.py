"""What the tests of DAGs, sensors and triggers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from virtual import Clock, run_virtually


@pytest.fixture(autouse=True)
def _no_pause_before_an_event(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a trigger tell at once: where `dag.test()` runs it, there is no process whose end it could overtake."""
    if "clock" not in request.fixturenames:
        monkeypatch.setattr("cekat_provider.triggers.cekat.EARLIEST_EVENT_SECONDS", 0.0)
        monkeypatch.setattr("cekat_provider.core.hitl.EARLIEST_ANSWER_SECONDS", 0.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give a clock that takes no time, and have triggers and sensors look at it."""
    made = Clock()
    for module in ("cekat_provider.triggers.cekat", "cekat_provider.sensors.cekat"):
        monkeypatch.setattr(f"{module}.time", made)
    return made


@pytest.fixture
def run_fast(clock: Clock) -> Callable[[Any], Any]:
    """Run a coroutine in a loop on that clock."""
    return lambda coroutine: run_virtually(coroutine, clock)
