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
    cekat_sandbox.auto_reply("Ya", after_seconds=0.1)
    states = Run(load("tests", "cekat_test_taken_for_dead")).states
    assert states.pop("lives") == "success"
    assert states == dict.fromkeys(["taken", "bulk", "ask"], "failed" if IS_2 else "success")
    assert len(cekat_sandbox.sent()) == (1 if IS_2 else 5)
    # What the latest try has noted stays. Airflow 3 removes it with the answer, or keeps it elsewhere.
    noted = [json.loads(kept)["value"] for kept in variables("cekat_send__cekat_test_taken_for_dead")]
    assert noted == ([{"since": 1.0}] if IS_2 else [])


def variables(name: str) -> list[str]:
    """Give the Variables that are left, by how their names begin."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        return [row.val for row in session.query(Variable) if row.key.startswith(name)]
