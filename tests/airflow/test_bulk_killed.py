"""A bulk task whose process SIGKILL ends, again and again; and bulk tasks in DAGs that run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from runs import Run, load

MANY = 40


@pytest.mark.parametrize("version", ["3.3", "before"])
def test_each_customer_gets_one_however_often_it_is_killed(cekat_sandbox: Any, version: str, tmp_path: Path) -> None:
    def run(number: int, kill_at: int, moment: str) -> subprocess.CompletedProcess[str]:
        script = Path(__file__).with_name("killed_bulk.py")
        arguments = [str(tmp_path / "store.json"), version, str(number), str(MANY), str(kill_at), moment]
        return subprocess.run(
            [sys.executable, str(script), *arguments], env=os.environ, capture_output=True, text=True, check=False
        )

    for number, (kill_at, moment) in enumerate([(9, "after acceptance"), (7, "before the request")], 1):
        assert run(number, kill_at, moment).returncode == -signal.SIGKILL
    assert 0 < len(cekat_sandbox.sent()) < MANY
    last = run(3, 10**6, "never")
    assert last.returncode == 0, last.stderr[-3000:]
    report = json.loads(last.stdout.splitlines()[-1])
    assert (report["sent"], report["failed"]) == (MANY, 0)
    got = Counter(message["receiver"] for message in cekat_sandbox.sent())
    assert got == Counter({f"62812{n:08d}": 1 for n in range(MANY)})


@pytest.mark.usefixtures("airflow_db")
def test_lists_of_every_sort_in_a_dag(cekat_sandbox: Any) -> None:
    run = Run(load("tests", "cekat_test_bulk"))
    assert set(run.states.values()) == {"success"}
    said = sorted((m["receiver"], m["message"], m["media_type"]) for m in cekat_sandbox.sent())
    assert said == [
        ("6281234567800", "Halo 0", "text"),
        ("6281234567801", "Halo 1", "text"),
        ("6281234567810", "Halo 0", "text"),
        ("6281234567811", "Halo 1", "text"),
        ("6281234567820", "Satu", "text"),
        ("6281234567821", "Dua", "text"),
        ("6281234567830", "Pesanan INV-7", "button"),
        ("6281234567831", "catatan.md", "text"),
    ]
    assert run.xcom("from_xcom") == {
        "total": 2,
        "sent": 2,
        "by_template": 0,
        "failed": 0,
        "skipped": 0,
        "failures": [],
    }


@pytest.mark.usefixtures("airflow_db")
def test_a_retry_in_a_dag_sends_what_is_missing(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"max_wait": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    cekat_sandbox.faults(on="send", kind="rate_limit", skip=1)
    run = Run(load("tests", "cekat_test_bulk_retry"))
    assert (run.states, run.tries) == ({"send": "success"}, {"send": 2})
    assert Counter(message["receiver"] for message in cekat_sandbox.sent()) == Counter(
        {f"628123456784{n}": 1 for n in range(3)}
    )
    assert sum(entry["method"] == "POST" for entry in cekat_sandbox.requests()) == 4
