"""7. A real Airflow: 200 deferred sensors at once, all answered."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, Figure, server

MANY = 200
DAG = f"""
from datetime import datetime
from airflow.providers.common.compat.sdk import DAG
from cekat_provider.sensors.cekat import CekatMessagesSensor

with DAG("waits", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, max_active_tasks=1000) as dag:
    CekatMessagesSensor.partial(
        task_id="wait", deferrable=True, poke_interval=10, timeout=3600, since=None
    ).expand(conversation_id=[f"c{{n}}" for n in range({MANY})])
"""


def main() -> list[Figure]:
    sys.path.insert(0, str(ROOT / "scripts"))
    from local_airflow import LocalAirflow

    with tempfile.TemporaryDirectory() as home, server() as cekat:
        settings = {
            "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps({"conn_type": "cekat", "host": cekat.url, "password": "key"}),
            "AIRFLOW__CORE__PARALLELISM": "16",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
            "AIRFLOW__TRIGGERER__CAPACITY": "2000",
            "AIRFLOW__TRIGGERER__DEFAULT_CAPACITY": "2000",
        }
        Path(home, "dags").mkdir()
        Path(home, "dags", "waits.py").write_text(DAG)
        with LocalAirflow(Path(home), settings, triggerer=True) as airflow:
            airflow.up()
            airflow.trigger("waits")
            start = time.monotonic()
            airflow.wait_for("all deferred", lambda: airflow.states().get("deferred") == MANY, 300)
            deferring = time.monotonic() - start
            before = cekat.seen()["requests"]
            time.sleep(10)
            looks = cekat.seen()["requests"] - before
            cekat.reply(*[f"c{n}" for n in range(MANY)])
            start = time.monotonic()
            airflow.wait_for("all answered", lambda: airflow.states().get("success") == MANY, 300)
            resuming = time.monotonic() - start
        seen = cekat.seen()
    return [
        Figure(f"a real Airflow: {MANY} sensors deferred after", f"{deferring:.0f} s"),
        Figure("a real Airflow: looks in 10 s (interval 10 s)", str(looks)),
        Figure("a real Airflow: all answered after", f"{resuming:.0f} s", f"all {MANY}", True),
        Figure("a real Airflow: sockets at most, workers' too", str(seen["most_sockets"])),
    ]
