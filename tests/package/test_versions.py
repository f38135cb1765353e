"""docs/versions.md says what each Airflow lacks; here that is compared with the Airflow that runs the test."""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import attrs
import pytest
from web_form import web_form

ROOT = Path(__file__).parents[2]
HERE = ".".join(version("apache-airflow").split(".")[:2])


def table() -> dict[str, dict[str, str]]:
    """Read the table: row → Airflow → cell."""
    lines = [line for line in (ROOT / "docs" / "versions.md").read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: dict(zip(cells[0][1:], row[1:], strict=True)) for row in cells[2:]}


def has(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False


def retries_the_killed() -> bool:
    """Look whether the supervisor knows what to do with a task that may be retried; before 3 the scheduler does it."""
    try:
        from airflow.sdk.execution_time.supervisor import ActivitySubprocess
    except ImportError:
        return True
    return "_should_retry" in {field.name for field in attrs.fields(ActivitySubprocess)}


# Row's first words → whether this Airflow has it.
PROBES: dict[str, Callable[[], bool]] = {
    "`CekatInboundTrigger`": lambda: has("airflow.triggers.base", "BaseEventTrigger"),
    "`CekatNotifier` for a missed deadline": lambda: has("airflow.sdk.definitions.deadline", "DeadlineAlert"),
    "`CekatHITLNotifier`": lambda: has("airflow.sdk.execution_time.hitl", "upsert_hitl_detail"),
    "the connection's own fields": lambda: "requests_per_minute" in web_form().extras,
    "a task whose process is killed": retries_the_killed,
    "a retry knows": lambda: has("airflow.sdk.execution_time.context", "TaskStateStoreAccessor"),
    "`CekatNewMessagesOperator` keeps": lambda: has("airflow.sdk.execution_time.context", "AssetStateStoreAccessor"),
    "`CekatRetryPolicy`": lambda: has("cekat_provider.retry_policy", "CekatRetryPolicy"),
}


@pytest.mark.parametrize("row", [row for row in table() if row != "Python"])
def test_the_table_is_true_of_this_airflow(row: str) -> None:
    (probe,) = [probe for start, probe in PROBES.items() if row.startswith(start)]
    assert table()[row][HERE] == ("yes" if probe() else "no")


def test_nothing_is_left_out_of_the_table() -> None:
    assert all(any(row.startswith(start) for row in table()) for start in PROBES)
    assert all(cells["where it is missing"] for row, cells in table().items() if row != "Python")


@pytest.mark.parametrize("airflow", ["2.11", "3.0", "3.1", "3.2", "3.3"])
def test_the_pythons_are_those_that_the_matrix_runs_on(airflow: str) -> None:
    script = ["sh", str(ROOT / "scripts" / "find-python.sh"), airflow, "all"]
    found = subprocess.run(script, capture_output=True, text=True, check=True).stdout.split()
    found.sort(key=lambda name: int(name.partition(".")[2]))
    assert table()["Python"][airflow] == f"{found[0]} to {found[-1]}"
