"""A retry never sends again, a person who clears a task does, and the retry policy decides: on a real scheduler."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local_airflow import LocalAirflow
from packaging.version import Version

#: Older ones have no retry policies; what ours says there is in tests/airflow/test_retry_policy.py.
HAS_POLICIES = Version(version("apache-airflow")) >= Version("3.3")
ASKED_SECONDS = 15


def test_retries_and_clearing(cekat_sandbox: Any, tmp_path: Path) -> None:
    def sent() -> Counter[str]:
        return Counter(message["request_body"]["message"].split()[-1] for message in cekat_sandbox.sent())

    settings = {
        "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(cekat_sandbox.connection),
        "AIRFLOW_CONN_CEKAT_IMPATIENT": json.dumps({**cekat_sandbox.connection, "extra": {"max_wait": 1}}),
        "AIRFLOW_CONN_CEKAT_LOCKED_OUT": json.dumps({**cekat_sandbox.connection, "password": "a-key-of-nobody"}),
    }
    airflow = LocalAirflow(tmp_path, settings)
    shutil.copy(Path(__file__).with_name("clearing_dag.py"), tmp_path / "dags")
    with airflow:
        airflow.up()
        airflow.trigger("clearing", "run")
        assert airflow.wait_for_run("clearing", "run") == "success"
        assert sent() == {"plain": 1, "retried": 1, "once_a_run": 1}

        airflow.run("tasks", "clear", "clearing", "--yes")
        airflow.wait_for("the run to start again", lambda: tries(airflow).get("plain") == 2)
        assert airflow.wait_for_run("clearing", "run") == "success"
        assert tries(airflow) == {"plain": 2, "retried": 4, "once_a_run": 2}
        assert sent() == {"plain": 2, "retried": 2, "once_a_run": 1}

        if HAS_POLICIES:
            the_policy_decides(airflow, cekat_sandbox)


def the_policy_decides(airflow: LocalAirflow, sandbox: Any) -> None:
    """Wait as long as Cekat asks, however long `retry_delay` is, and fail at once what no retry can mend."""
    sandbox.faults(
        {"on": "send", "kind": "rate_limit", "retry_after": ASKED_SECONDS},
        # Neither that one nor the retry.
        {"on": "send", "kind": "error_code", "code": 131047, "skip": 2},
    )
    shutil.copy(Path(__file__).with_name("retrying_dag.py"), airflow.home / "dags")
    airflow.trigger("retrying", "run")
    assert airflow.wait_for_run("retrying", "run") == "failed"
    found = airflow.sql("SELECT task_id, state, try_number FROM task_instance WHERE dag_id = 'retrying'")
    assert {task_id: rest for task_id, *rest in found} == {
        "asked_to_wait": ["success", 2],
        "window_closed": ["failed", 1],
        "locked_out": ["failed", 1],
    }
    (ended,) = airflow.sql("SELECT end_date FROM task_instance_history WHERE task_id = 'asked_to_wait'")[0]
    (began,) = airflow.sql("SELECT start_date FROM task_instance WHERE task_id = 'asked_to_wait'")[0]
    assert (datetime.fromisoformat(began) - datetime.fromisoformat(ended)).total_seconds() >= ASKED_SECONDS


def tries(airflow: LocalAirflow) -> dict[str, int]:
    query = "SELECT task_id, try_number FROM task_instance WHERE dag_id = 'clearing' AND state = 'success'"
    return dict(airflow.sql(query))
