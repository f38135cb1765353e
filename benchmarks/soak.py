"""`make soak MINUTES=…`: an Airflow that asks, waits and alerts for hours; does anything of it grow?

Writes each sample as a line into build/soak/; `soak_report.py` judges them and draws the plot.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from local_airflow import LocalAirflow  # noqa: E402
from soak_report import report  # noqa: E402

from cekat_provider.sandbox.client import Sandbox  # noqa: E402

KEY = "key-of-the-soak"
TOLD = "6281200000000"  # whom `soak_dag.py` alerts
STANDING = 20
BETWEEN_SAMPLES = 15.0


def main() -> int:
    """Run it, sample it, judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between two runs of ask, wait and alert")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "soak")
    given = parser.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    given.out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="cekat-soak-", ignore_cleanup_errors=True) as folder:
        settings = {
            "AIRFLOW__CORE__PARALLELISM": "2",
            # Nothing but the tasks themselves should cost anything here.
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "2",
            "SOAK_EVERY": str(given.every),
            "SOAK_INSIDE": str(given.out / "inside.jsonl"),
        }
        with LocalAirflow(Path(folder), settings, triggerer=True) as airflow:
            sandbox = soak(airflow, given.minutes, given.out)
            sent = [message["receiver"] for message in sandbox.sent()]
            counts = airflow.sql("SELECT dag_id, task_id, state, count(*) FROM task_instance GROUP BY 1, 2, 3")
    about = {
        "airflow": version("apache-airflow"),
        "minutes": given.minutes,
        "every": given.every,
        "counts": counts,
        "alerts": sent.count(TOLD),
        "asked twice": len(sent) - sent.count(TOLD) - len(set(sent) - {TOLD}),
    }
    (given.out / "about.json").write_text(json.dumps(about))
    return report(given.out)


def soak(airflow: LocalAirflow, minutes: float, out: Path) -> Sandbox:
    """Start everything, and sample it for so long; return the sandbox, whose record tells what came."""
    ready = airflow.home / "sandbox.json"
    options = ("--db", str(airflow.home / "sandbox.db"), "--port", "0", "--api-key", KEY, "--ready-file", str(ready))
    airflow.start("sandbox", "cekat_provider.sandbox", *options)
    airflow.wait_for("the sandbox", ready.exists)
    sandbox = Sandbox(json.loads(ready.read_text())["url"], KEY)
    sandbox.auto_reply("Ya, jadi", after_seconds=10)
    sandbox.auto_reply("Sudah sampai", after_seconds=40)
    standing = [sandbox.conversation(f"62811{number:09d}")["id"] for number in range(STANDING)]
    airflow.env["AIRFLOW_CONN_CEKAT_DEFAULT"] = json.dumps(
        {**sandbox.connection, "extra": {"requests_per_minute": 300}}
    )
    airflow.env["SOAK_STANDING"] = json.dumps(standing)
    shutil.copy(Path(__file__).with_name("soak_dag.py"), airflow.home / "dags")
    airflow.up()
    airflow.trigger("standing")
    airflow.wait_for("the standing waits", lambda: airflow.states().get("deferred", 0) > STANDING, 900)
    until = time.monotonic() + minutes * 60
    with (out / "samples.jsonl").open("a", buffering=1) as file:
        while time.monotonic() < until:
            sample: dict[str, Any] = {"at": time.time()}
            for name in ("triggerer", "scheduler", "sandbox"):
                sample[name] = measured(list(kin(airflow.pid(name), name)))
            sample["cpu_seconds"] = sum(sample[name]["cpu"] for name in ("triggerer", "scheduler", "sandbox"))
            file.write(json.dumps(sample) + "\n")
            # An ended component ends the soak: `wait_for` raises.
            next_sample = time.monotonic() + BETWEEN_SAMPLES
            airflow.wait_for("the next sample", lambda at=next_sample: time.monotonic() >= at)
    return sandbox


def kin(pid: int, name: str) -> Iterator[psutil.Process]:
    """Give a component's processes that stay: of the scheduler its workers, but not the tasks that these fork."""
    component = psutil.Process(pid)
    yield component
    yield from component.children(recursive=name == "triggerer")


def measured(processes: list[psutil.Process]) -> dict[str, float]:
    """Add up what some processes hold."""
    total: dict[str, float] = {"processes": 0, "memory": 0, "sockets": 0, "files": 0, "cpu": 0}
    for process in processes:
        try:
            # Of its own: what a fork shares with its parent would count twice.
            seen = {
                "processes": 1,
                "memory": process.memory_full_info().uss,
                "sockets": len(process.net_connections("inet")),
                "files": process.num_fds(),
                "cpu": sum(process.cpu_times()[:2]),
            }
        except psutil.Error:  # it has just ended
            continue
        total = {name: total[name] + value for name, value in seen.items()}
    return total


if __name__ == "__main__":
    sys.exit(main())
