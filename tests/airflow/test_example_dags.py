"""Every example DAG runs, against a Cekat that answers over real HTTP."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], "examples")


def load(name: str) -> Any:
    """Import an example's file afresh and return its DAG."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dag


def run(dag: Any) -> dict[str, str]:
    """Run a DAG in this process; return the state of each task."""
    dag_run = dag.test()
    return {
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": str(ti.state)
        for ti in dag_run.get_task_instances()
    }


@pytest.mark.usefixtures("airflow_db")
def test_send_message(cekat_sandbox: Any) -> None:
    assert run(load("cekat_send_message")) == {"greet_customer": "success"}
    (sent,) = cekat_sandbox.sent()
    assert sent["request_body"] == {
        "receiver": "6281234567890",
        "message": "Halo! Pesanan Anda sudah kami terima.",
    }


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize(("answer", "goes"), [("Ya, benar", "confirmed"), ("Bukan", "declined")])
def test_send_and_wait(cekat_sandbox: Any, answer: str, goes: str) -> None:
    cekat_sandbox.auto_reply(answer, after_seconds=0.2)
    states = run(load("cekat_send_and_wait"))
    assert states["wait_for_answer"] == "success"
    assert states[goes] == "success"
    assert sorted(states.values()) == ["skipped", *["success"] * 4]
