"""What `make fleet` and `make soak` would call wrong: a verdict that cannot fail is none."""

from __future__ import annotations

import importlib.util
import json
import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fleet_services
import pytest

ROOT = Path(__file__).parents[2]


def module(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


VERDICT = module("tests/distributed/fleet/verdict.py")


class FakeFleet:
    """What Airflow's record says, where all went well."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ended: list[str] = []
        self.task_states = {"success": 6}

    def states(self) -> dict[str, int]:
        return self.task_states

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        if "xcom" in query:
            return [(json.dumps([{"text": "Ya 2000000"}]),)]
        if "task_state_store" in query:
            return [(json.dumps({"since": 1090.0}), 1000.0), (json.dumps({"since": 1000.0}), 1000.5)]
        return [(9,)]


def town(home: Path) -> Any:
    at = [f"2026-11-23T08:00:{second:02d}.000Z" for second in range(0, 50, 10)]
    requests = [{"at": time, "method": "POST", "status": 200} for time in at]
    got = {0: Counter({0: 1, 1: 1, 2: 1}), 1_000_000: Counter({1_000_000: 1, 1_000_001: 1})}
    return SimpleNamespace(
        sends=3, cleared=2, waits=1, limit=5, requests=requests, fleet=FakeFleet(home),
        got=lambda first, many: got[first], counted=got,
    )  # fmt: skip


def test_all_is_well(tmp_path: Path) -> None:
    figures, wrong = VERDICT.verdict(town(tmp_path))
    assert wrong == []
    assert figures["requests in the busiest 60 s (limit 5)"] == 5


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda town: town.counted[0].update({1: 1}), "sends: with more: 1"),
        (lambda town: town.counted[0].pop(2), "sends: with none: 1"),
        (lambda town: town.counted[1_000_000].update({1_000_001: 1}), "sends of the cleared run: with more: 1"),
        (lambda town: setattr(town, "waits", 2), "waits answered: 1"),
        (lambda town: setattr(town, "limit", 4), "requests in the busiest 60 s (limit 4): 5"),
        (lambda town: town.fleet.task_states.update(failed=1), "task states: {'success': 6, 'failed': 1}"),
    ],
)
def test_what_went_wrong_is_named(tmp_path: Path, spoil: Any, named: str) -> None:
    spoilt = town(tmp_path)
    spoil(spoilt)
    assert named in VERDICT.verdict(spoilt)[1]


def test_a_429_that_failed_a_try_is_named(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "dag_id=sends" / "attempt=1.log"
    log.parent.mkdir(parents=True)
    log.write_text('{"exc_type": "RateLimitedError"}')
    assert VERDICT.verdict(town(tmp_path))[1] == ["tries that a 429 has failed: 1"]


def test_the_busiest_minute() -> None:
    at = [f"2026-11-23T08:{minute:02d}:{second:02d}+00:00" for minute, second in ((0, 0), (0, 59), (1, 0), (1, 58))]
    assert VERDICT.peak(at) == 3


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_services, "find", lambda program: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match="as root, apt-get install postgresql redis-server"):
        fleet_services.install()


@pytest.mark.parametrize(("at_the_end", "good"), [(100, True), (104, True), (130, False)])
def test_growth_is_seen(tmp_path: Path, at_the_end: int, good: bool) -> None:
    held = {"memory": 50e6, "sockets": 1, "files": 40}
    samples = [
        {"at": 60.0 * minute, "scheduler": held, "triggerer": {**held, "memory": memory * 1e6}}
        for minute, memory in enumerate([50, 90, 95, 100, 100, 100, at_the_end, at_the_end, at_the_end])
    ]
    (tmp_path / "samples.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    inside = [{"at": 60.0 * minute, "tasks": 5, "threads": 4} for minute in range(9)]
    (tmp_path / "inside.jsonl").write_text("".join(json.dumps(look) + "\n" for look in inside))
    figures, nothing_grew = module("benchmarks/soak_report.py").table(tmp_path)
    assert nothing_grew is good
    assert ("**yes**" in figures) is not good
