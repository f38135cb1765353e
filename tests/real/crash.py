"""Kill workers in the middle of their sends, and count what the customers got. Run by `make crash` and by a test."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2] / "scripts"))
from local_airflow import LocalAirflow

from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.client import Sandbox
from cekat_provider.sandbox.server import RunningServer

KEY = "key-of-the-crash-test"


def crash(home: Path, sends: int, seed: int, limit_seconds: float = 3600) -> dict[str, Any]:
    """Run the DAG of `dying_dag.py` on a real Airflow until each of its tasks has succeeded.

    :param sends: how many tasks send one message each, and how many messages one bulk task sends.

    :returns: what the customers got and how often the workers died.
    """
    server = RunningServer(Settings(api_key=KEY))
    try:
        sandbox = Sandbox(server.url, KEY)
        settings = {
            "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(sandbox.connection),
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "CRASH_SENDS": str(sends),
            "CRASH_SEED": str(seed),
        }
        airflow = LocalAirflow(home, settings)
        shutil.copy(Path(__file__).with_name("dying_dag.py"), home / "dags")
        began = time.monotonic()
        with airflow:
            airflow.up()
            airflow.trigger("dying", "crash")
            state = airflow.wait_for_run("dying", "crash", limit_seconds)
            tries = airflow.sql("SELECT task_id, sum(try_number) FROM task_instance GROUP BY 1")
        got = Counter(message["conversation_id"] for message in sandbox.sent())
        # As many in the bulk task as by themselves.
        customers = 2 * sends
        return {
            "Airflow": version("apache-airflow"),
            "seed": seed,
            "state": state,
            "customers": customers,
            "tries": dict(tries),
            "with exactly one message": sum(count == 1 for count in got.values()),
            "with more": sum(count > 1 for count in got.values()),
            "with none": customers - len(got),
            "seconds": round(time.monotonic() - began),
        }
    finally:
        server.stop()


def main() -> int:
    """Print the figures; fail where a customer got none or more than one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cekat-crash-", ignore_cleanup_errors=True) as folder:
        figures = crash(Path(folder), options.sends, options.seed)
    # As docs/reliability.md wants it.
    cells = {**figures, "tries": sum(figures["tries"].values())}
    print("| " + " | ".join(cells) + " |", "|---" * len(cells) + "|", sep="\n")
    print("| " + " | ".join(map(str, cells.values())) + " |")
    once = figures["with exactly one message"] == figures["customers"] and not figures["with more"]
    return 0 if once and figures["state"] == "success" else 1


if __name__ == "__main__":
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="cekat-crash-"))
    sys.exit(main())
