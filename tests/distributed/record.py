"""What Airflow keeps of a DAG's run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local_airflow import LocalAirflow


def ended(airflow: LocalAirflow, dag_id: str) -> dict[str, tuple[str, int]]:
    """Tell each task's state and tries."""
    rows = airflow.sql("SELECT task_id, state, try_number FROM task_instance WHERE dag_id = ?", dag_id)
    return {task: (state, tries) for task, state, tries in rows}


def states(airflow: LocalAirflow, dag_id: str) -> dict[str, str]:
    """Tell each task's state."""
    return {task: state for task, (state, _) in ended(airflow, dag_id).items()}


def deferred(airflow: LocalAirflow, dag_id: str) -> set[str]:
    """Name the tasks that wait in the triggerer."""
    return {task for task, state in states(airflow, dag_id).items() if state == "deferred"}


def returned(airflow: LocalAirflow, dag_id: str) -> dict[str, Any]:
    """Give what each task returned."""
    query = "SELECT task_id, value FROM xcom WHERE key = 'return_value' AND dag_id = ?"
    found = {}
    for task, value in airflow.sql(query, dag_id):
        got = json.loads(value) if isinstance(value, str | bytes) else value
        found[task] = json.loads(got) if isinstance(got, str) else got
    return found


def logs(home: Path) -> str:
    """Give all that was logged, but for what Airflow 3.0 tells of its own messages at DEBUG, whatever level is set."""
    lines = (line for path in home.rglob("*.log") for line in path.read_text(errors="replace").splitlines())
    return "\n".join(line for line in lines if "[debug " not in line)
