"""Bulk tasks in DAGs that run; `tests/real/` kills one."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from runs import Run, load


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
