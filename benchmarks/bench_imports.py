"""1. What a DAG file pays for naming the classes, over `airflow.sdk` alone."""

from __future__ import annotations

import statistics
import subprocess
import sys

from common import Figure

PACKAGES = {
    "ours: operator, sensor": ["cekat_provider.operators.cekat", "cekat_provider.sensors.cekat"],
    "HTTP: operator, sensor": ["airflow.providers.http.operators.http", "airflow.providers.http.sensors.http"],
    "Slack: operator, notifier": [
        "airflow.providers.slack.operators.slack",
        "airflow.providers.slack.notifications.slack",
    ],
    "Telegram: operator": ["airflow.providers.telegram.operators.telegram"],
}
CODE = """
import sys, time
from airflow.sdk import DAG, BaseNotifier, BaseOperator, BaseSensorOperator, Variable
bare, start = len(sys.modules), time.perf_counter()
for name in sys.argv[1:]:
    __import__(name)
print((time.perf_counter() - start) * 1000, len(sys.modules) - bare)
"""


def measure(names: list[str]) -> tuple[float, int]:
    got = []
    for _ in range(3):
        out = subprocess.run([sys.executable, "-W", "ignore", "-c", CODE, *names], check=True, capture_output=True)
        milliseconds, modules = out.stdout.split()[-2:]
        got.append((float(milliseconds), int(modules)))
    return statistics.median(one for one, _ in got), got[0][1]


def main() -> list[Figure]:
    times = {name: measure(modules) for name, modules in PACKAGES.items()}
    ours, http = times["ours: operator, sensor"], times["HTTP: operator, sensor"]
    return [
        *[Figure(f"import, {name}", f"{ms:.0f} ms, {many} modules") for name, (ms, many) in times.items()],
        Figure("import, ours / HTTP provider", f"{ours[0] / http[0]:.1%}", "≤ 5 %", ours[0] / http[0] <= 0.05),
        Figure("import, ours", f"{ours[0]:.0f} ms", "≤ 25 ms, 15 modules", ours[0] <= 25 and ours[1] <= 15),
    ]
