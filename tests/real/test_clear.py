"""A retry never sends again, a person who clears a task does: on a real scheduler."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from local_airflow import LocalAirflow


def test_a_retry_sends_nothing_again_and_clearing_does(cekat_sandbox: Any, tmp_path: Path) -> None:
    def sent() -> Counter[str]:
        return Counter(message["request_body"]["message"].split()[-1] for message in cekat_sandbox.sent())

    settings = {"AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(cekat_sandbox.connection)}
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


def tries(airflow: LocalAirflow) -> dict[str, int]:
    return dict(airflow.sql("SELECT task_id, try_number FROM task_instance WHERE state = 'success'"))
