"""A real scheduler and a real triggerer: deferred waits end as they should, and their triggerer may die."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from local_airflow import LocalAirflow

DAG = """
from datetime import datetime, timedelta
from airflow.providers.common.compat.sdk import DAG
from cekat_provider.sensors.cekat import CekatMessagesSensor

def yes(message):
    return message.text.startswith("Ya")

with DAG("waits", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    common = dict(conversation_id="{{ dag_run.conf['id'] }}", deferrable=True, poke_interval=3, since=None, retries=1,
                  retry_delay=timedelta(seconds=1))
    CekatMessagesSensor(task_id="answered", timeout=600, **common)
    CekatMessagesSensor(task_id="matched", timeout=600, match=yes, **common)
    CekatMessagesSensor(task_id="by_path", timeout=600, match="cekat_under_test.yes", **common)
    CekatMessagesSensor(task_id="too_late", timeout=15, contains="never", **common)
    CekatMessagesSensor(task_id="skipped", timeout=15, contains="never", soft_fail=True, **common)
    CekatMessagesSensor(task_id="broken", timeout=600, match="cekat_under_test.no_such", **common)
"""


def ended(airflow: LocalAirflow) -> dict[str, tuple[str, int]]:
    rows = airflow.sql("SELECT task_id, state, try_number FROM task_instance")
    return {task: (state, tries) for task, state, tries in rows}


def logs(airflow: LocalAirflow) -> str:
    return "\n".join(path.read_text(errors="replace") for path in airflow.home.rglob("*.log"))


def test_waits_go_on_through_the_death_of_the_triggerer(cekat_sandbox: Any, tmp_path: Path) -> None:
    conversation = cekat_sandbox.conversation()["id"]
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "cekat_under_test.py").write_text(DAG)
    settings = {
        "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(cekat_sandbox.connection),
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    }
    with LocalAirflow(tmp_path, settings, triggerer=True) as airflow:
        airflow.up()
        airflow.trigger("waits", conf={"id": conversation})
        airflow.wait_for("all deferred or done", lambda: airflow.states().get("deferred") == 5)
        # Two looks of the triggerer's, then it dies; the customer answers while nobody looks.
        before = len(cekat_sandbox.requests())
        airflow.wait_for("looks", lambda: len(cekat_sandbox.requests()) >= before + 2)
        airflow.kill("triggerer")
        cekat_sandbox.reply("Tidak", conversation_id=conversation)
        cekat_sandbox.reply("Ya, rahasia besar", conversation_id=conversation)
        asked = len(cekat_sandbox.requests())
        time.sleep(4)
        assert len(cekat_sandbox.requests()) == asked
        airflow.start("triggerer")
        airflow.wait_for(
            "the end", lambda: set(airflow.states()) <= {"success", "failed", "skipped"} and airflow.states(), 180
        )
        got = ended(airflow)
        assert {task: state for task, (state, _) in got.items()} == {
            "answered": "success",
            "matched": "success",
            "by_path": "success",
            "too_late": "failed",
            "skipped": "skipped",
            "broken": "failed",
        }
        # Neither a time-out nor a wrong argument is retried.
        assert got["too_late"][1] == 1
        assert got["broken"][1] == 1
        values = dict(airflow.sql("SELECT task_id, value FROM xcom WHERE key = 'return_value'"))
        for task, texts in {"answered": 2, "matched": 1, "by_path": 1}.items():
            value = values[task]
            found = json.loads(value) if isinstance(value, str | bytes) else value
            found = json.loads(found) if isinstance(found, str) else found
            assert len(found) == texts, found
        said = logs(airflow)
        assert cekat_sandbox.api_key not in said
        assert "rahasia besar" not in said
