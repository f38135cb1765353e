"""Many messages in one task beside as many mapped tasks, on a real Airflow, in one run.

    python benchmarks/bench_bulk.py [--messages 1000] [--only bulk] [--minutes 30] [--write docs/performance.md]

CPU is that of all of Airflow's processes (scheduler, API server, DAG processor, workers) while the run lasts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from common import ROOT, server

sys.path.insert(0, str(ROOT / "scripts"))
PARALLELISM = 8
#: A file each, so that a mapped task reads no more of them than it must.
FILE = """
from datetime import datetime
from airflow.providers.common.compat.sdk import DAG
from cekat_provider.operators.{module} import {operator} as Operator

orders = [
    {{"receiver": f"62812{{{first} + n:08d}}", "message": f"Pesanan INV-{{n}} sudah dikirim."}}
    for n in range({messages})
]
with DAG("{dag_id}", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, max_active_tasks=64):
    Operator{call}
"""
SETTINGS = {
    "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
    # What a mapped task waits for is the next round of the scheduler: many a round, and rounds without a pause.
    "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "64",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    # The files do not change: 3.x, 2.11.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
    "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "3600",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
}
SECTION = "## Many messages"
TELL_EVERY_SECONDS = 15.0


class TimeUp(BaseException):
    """The whole took longer than it may."""


class Half:
    """One of the two ways to send them.

    :param first: the number of its first customer.
    """

    def __init__(self, dag_id: str, title: str, first: int, module: str, operator: str, call: str) -> None:
        self.dag_id, self.title, self.first = dag_id, title, first
        self._operator = {"dag_id": dag_id, "first": first, "module": module, "operator": operator, "call": call}
        self.seconds = self.cpu = 0.0
        self.once = 0
        self.state = "not begun"

    def write(self, folder: Path, messages: int) -> None:
        (folder / f"{self.dag_id}.py").write_text(FILE.format(messages=messages, **self._operator))

    def run(self, airflow: Any, cekat: Any, messages: int) -> None:
        """Run it to its end; what was measured is kept wherever it ends."""
        cpu, began, told = spent(airflow), time.monotonic(), time.monotonic()

        def look() -> None:
            got = cekat.seen()["got"]
            self.once = sum(got.get(f"62812{self.first + n:08d}") == 1 for n in range(messages))
            self.cpu, self.seconds = spent(airflow) - cpu, time.monotonic() - began

        def over() -> Any:
            nonlocal told
            if time.monotonic() - told > TELL_EVERY_SECONDS:
                look()
                told = time.monotonic()
                print(f"{self.title}: {self.once} of {messages} after {self.seconds:.0f} s", flush=True)
            rows = airflow.sql("SELECT state, start_date, end_date FROM dag_run WHERE dag_id = ?", self.dag_id)
            return rows[0] if rows and rows[0][0] in ("success", "failed") else None

        try:
            airflow.trigger(self.dag_id, "bench")
            self.state = "running"
            # The alarm ends it before.
            state, start, end = airflow.wait_for(f"the run of {self.dag_id}", over, 24 * 3600)
            look()
            # As Airflow counts it: without the command that starts the run, which loads Airflow anew.
            self.seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
            self.state = state
        except TimeUp:
            look()
            raise
        finally:
            print(
                f"{self.title}: {self.state}, {self.seconds:.1f} s, {self.cpu:.1f} s CPU, {self.once} once", flush=True
            )


HALVES = (
    Half(
        "bulk",
        "one bulk task",
        0,
        "bulk",
        "CekatBulkSendOperator",
        f'(task_id="send", messages=orders, concurrency={PARALLELISM})',
    ),
    Half(
        "mapped",
        "mapped tasks",
        10_000_000,
        "cekat",
        "CekatSendWhatsAppOperator",
        '.partial(task_id="send").expand_kwargs(orders)',
    ),
)


def main() -> int:
    """Print the figures, and write them where asked; fail where not every customer got exactly one in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--only", choices=[half.dag_id for half in HALVES], help="one half by itself")
    parser.add_argument("--minutes", type=float, default=30, help="end it after so long, with what was measured")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="cekat-bench-")
    halves = [half for half in HALVES if given.only in (None, half.dag_id)]
    in_time = measure(halves, given.messages, given.minutes * 60)
    lines = ["| | seconds | CPU seconds of Airflow | customers with exactly one message |", "|---|---|---|---|"]
    for half in halves:
        title = half.title if half.state == "success" else f"{half.title} ({half.state})"
        lines.append(f"| {title} | {half.seconds:.0f} | {half.cpu:.0f} | {half.once} of {given.messages} |")
    done = in_time and all(half.state == "success" and half.once == given.messages for half in halves)
    if done and len(halves) == 2:
        one, many = halves
        lines.append(f"| mapped / bulk | {many.seconds / one.seconds:.0f} | {many.cpu / one.cpu:.0f} | |")
    print("\n".join(lines))
    if not in_time:
        print(f"Ended after {given.minutes:g} minutes: these figures are of a part.", file=sys.stderr)
    if given.write and done and given.only is None:
        write(given.write, given.messages, lines)
    return 0 if done else 1


INTRODUCTION = """`make bench-bulk N={messages}`: {messages} messages to as many customers, in one task of
`CekatBulkSendOperator` (8 at a time), then as mapped tasks of `CekatSendWhatsAppOperator` (8 workers), on one real
Airflow (LocalExecutor, SQLite) against a server without a limit. CPU is that of all of Airflow's processes while the
run lasts. Within a budget of 300 requests a minute, 1,000 messages take 3.4 minutes at best, however they are sent."""


def write(page: Path, messages: int, lines: Sequence[str]) -> None:
    """Put the figures in the place of the older ones."""
    where = f"Airflow {version('apache-airflow')}, Python {platform.python_version()}, {os.cpu_count()} cores"
    text = f"{SECTION}\n\n{INTRODUCTION.format(messages=messages)}\n\n{where}.\n\n" + "\n".join(lines) + "\n"
    before, _, rest = page.read_text().partition(SECTION)
    after = re.split(r"^(?=## )", rest, maxsplit=1, flags=re.MULTILINE)[1:]
    page.write_text("\n\n".join([before.rstrip(), text.rstrip(), *(part.rstrip() for part in after)]) + "\n")


def measure(halves: Sequence[Half], messages: int, limit_seconds: float) -> bool:
    """Run one half after the other; tell whether all were through in time."""
    from local_airflow import LocalAirflow

    def time_is_up(*_: Any) -> None:
        raise TimeUp

    # Whatever hangs: a half, the start of Airflow, one of its commands. And so that SIGTERM leaves no Airflow behind.
    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, limit_seconds)
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, server() as cekat:
            connection = {"conn_type": "cekat", "host": cekat.url, "password": "key"}
            settings = {
                **SETTINGS,
                "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(connection),
                "AIRFLOW__CORE__MAX_MAP_LENGTH": str(max(messages, 1)),
            }
            with LocalAirflow(Path(home), settings) as airflow:
                for half in halves:
                    half.write(airflow.home / "dags", messages)
                airflow.up()
                for half in halves:
                    half.run(airflow, cekat, messages)
    except TimeUp:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return True


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
