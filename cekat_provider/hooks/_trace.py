"""Telling a sandbox which task sends: headers for its page, from the environment of a running task."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from cekat_provider.compat import current_map_index

if TYPE_CHECKING:
    from cekat_provider.core.config import CekatConfig

#: Airflow's variable (2.11 and 3 alike; a triggerer has none) → our header.
_HEADERS = {
    "AIRFLOW_CTX_DAG_ID": "X-Airflow-Dag-Id",
    "AIRFLOW_CTX_DAG_RUN_ID": "X-Airflow-Run-Id",
    "AIRFLOW_CTX_TASK_ID": "X-Airflow-Task-Id",
    "AIRFLOW_CTX_TRY_NUMBER": "X-Airflow-Try-Number",
}


def trace_headers(config: CekatConfig) -> dict[str, str]:
    """Return headers that name the task that runs in this process; none outside of a task.

    They go to loopback only, where the sandbox is: what a company calls its DAGs is nobody else's business.
    Percent-encoded: a run's id is free text, and a line break in it would be a header of its own.
    """
    if not config.is_loopback:
        return {}
    told = {header: os.environ.get(name, "") for name, header in _HEADERS.items()}
    map_index = current_map_index() if any(told.values()) else None
    if map_index is not None and map_index >= 0:
        told["X-Airflow-Map-Index"] = str(map_index)
    return {header: quote(value, safe="") for header, value in told.items() if value}
