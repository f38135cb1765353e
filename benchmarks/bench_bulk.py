"""Many messages in one task beside as many mapped tasks, on a real Airflow, in one run.

    python benchmarks/bench_bulk.py [--messages 1000] [--write docs/performance.md]

CPU is that of all of Airflow's processes (scheduler, API server, DAG processor, workers) while the run lasts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from common import ROOT, server

sys.path.insert(0, str(ROOT / "scripts"))
PARALLELISM = 8
DAGS = """
from datetime import datetime
from airflow.providers.common.compat.sdk import DAG
from cekat_provider.operators.bulk import CekatBulkSendOperator
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

def orders(first):
    return [
        {{"receiver": f"62812{{first + n:08d}}", "message": f"Pesanan INV-{{n}} sudah dikirim."}}
        for n in range({messages})
    ]

with DAG("bulk", start_date=datetime(2026, 1, 1), schedule=None, catchup=False):
    CekatBulkSendOperator(task_id="send", messages=orders(0), concurrency={parallelism})

with DAG("mapped", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, max_active_tasks=64):
    CekatSendWhatsAppOperator.partial(task_id="send").expand_kwargs(orders(10_000_000))
"""
SECTION = "## Many messages"


def main() -> int:
    """Print the figures, and write them where asked; fail where a customer got none or more than one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="cekat-bench-")
    figures = measure(given.messages)
    lines = ["| | seconds | CPU seconds of Airflow | customers with exactly one message |", "|---|---|---|---|"]
    for name, (seconds, cpu, once) in figures.items():
        lines.append(f"| {name} | {seconds:.0f} | {cpu:.0f} | {once} of {given.messages} |")
    (one_s, one_cpu, one), (many_s, many_cpu, many) = figures.values()
    lines.append(f"| mapped / bulk | {many_s / one_s:.0f} | {many_cpu / one_cpu:.0f} | |")
    print("\n".join(lines))
    if given.write:
        where = f"Airflow {version('apache-airflow')}, Python {platform.python_version()}, {os.cpu_count()} cores"
        text = f"{SECTION}\n\n{INTRODUCTION.format(**vars(given))}\n\n{where}.\n\n" + "\n".join(lines) + "\n"
        page = given.write.read_text()
        before = page.partition(SECTION)[0].rstrip()
        after = re.split(r"^(?=## )", page.partition(SECTION)[2], maxsplit=1, flags=re.MULTILINE)[1:]
        given.write.write_text("\n\n".join([before, text.rstrip(), *(part.rstrip() for part in after)]) + "\n")
    return 0 if one == many == given.messages else 1


INTRODUCTION = """`make bench-bulk N={messages}`: {messages} messages to as many customers, in one task of
`CekatBulkSendOperator` (8 at a time), then as mapped tasks of `CekatSendWhatsAppOperator` (8 workers), on one real
Airflow (LocalExecutor, SQLite) against a server without a limit. CPU is that of all of Airflow's processes while the
run lasts. Within a budget of 300 requests a minute, 1,000 messages take 3.4 minutes at best, however they are sent."""


def measure(messages: int) -> dict[str, tuple[float, float, int]]:
    """Run both DAGs; return seconds, CPU seconds and how many customers got exactly one message of each."""
    from local_airflow import LocalAirflow

    figures = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, server() as cekat:
        settings = {
            "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps({"conn_type": "cekat", "host": cekat.url, "password": "key"}),
            "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
            "AIRFLOW__CORE__MAX_MAP_LENGTH": str(messages),
            "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "64",
        }
        Path(home, "dags").mkdir()
        Path(home, "dags", "bench.py").write_text(DAGS.format(messages=messages, parallelism=PARALLELISM))
        with LocalAirflow(Path(home), settings) as airflow:
            airflow.up()
            for name, dag_id, first in (("one bulk task", "bulk", 0), ("mapped tasks", "mapped", 10_000_000)):
                cpu = spent(airflow)
                airflow.trigger(dag_id, "bench")
                state = airflow.wait_for_run(dag_id, "bench", 3600)
                cpu = spent(airflow) - cpu
                # As Airflow counts it: without the command that starts the run, which loads Airflow anew.
                ((began, ended),) = airflow.sql("SELECT start_date, end_date FROM dag_run WHERE dag_id = ?", dag_id)
                seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
                got = cekat.seen()["got"]
                once = sum(got.get(f"62812{first + n:08d}") == 1 for n in range(messages))
                figures[name] = (seconds, cpu, once)
                print(f"{name}: {state}, {seconds:.1f} s, {cpu:.1f} s CPU, {once} of {messages} once", flush=True)
    return figures


def spent(airflow: Any) -> float:
    """Return the CPU seconds of Airflow's processes so far, of those too that have ended."""
    total = 0.0
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in airflow.sessions:
                total += sum(process.cpu_times()[:4])
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue
    return total


if __name__ == "__main__":
    sys.exit(main())
