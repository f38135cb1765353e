"""A worker that Airflow takes for dead, and that lives: the next try sends the message, this one does not."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import pytest
from runs import Run, load

IS_2 = version("apache-airflow").startswith("2.")


@pytest.mark.usefixtures("airflow_db")
def test_only_the_latest_try_sends(cekat_sandbox: Any) -> None:
    states = Run(load("tests", "cekat_test_taken_for_dead")).states
    assert states["lives"] == "success"
    assert states["taken"] == ("failed" if IS_2 else "success")
    assert len(cekat_sandbox.sent()) == (1 if IS_2 else 2)


@pytest.mark.usefixtures("airflow_db")
def test_what_the_latest_try_has_noted_stays(cekat_sandbox: Any) -> None:
    cekat_sandbox.auto_reply("Ya", after_seconds=0.1)
    assert Run(load("tests", "cekat_test_superseded")).states == {"ask": "failed" if IS_2 else "success"}
    assert len(cekat_sandbox.sent()) == (0 if IS_2 else 1)
    # Airflow 3.3 keeps it elsewhere, and what 3.0 to 3.2 keep is gone with the answer.
    assert [json.loads(kept) for kept in variables("cekat_test_superseded")] == ([{"since": 1.0}] if IS_2 else [])


def variables(dag_id: str) -> list[str]:
    """Give the Variables that a DAG has left behind."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        return [row.val for row in session.query(Variable) if dag_id in row.key]
