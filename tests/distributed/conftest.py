"""One real Airflow for the tests that can share it: to start one takes longer than they do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from local_airflow import LocalAirflow

from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.client import Sandbox
from cekat_provider.sandbox.server import RunningServer

KEY = "cekat-sandbox-shared-key"
SETTINGS = {
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__CORE__PARALLELISM": "4",
    # A worker that is killed whole is missed by its heartbeat.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}


@pytest.fixture(scope="module")
def cekat() -> Iterator[Sandbox]:
    """Give a Cekat that lives as long as the Airflow does."""
    server = RunningServer(Settings(api_key=KEY))
    yield Sandbox(server.url, KEY)
    server.stop()


@pytest.fixture(scope="module")
def airflow(cekat: Sandbox, tmp_path_factory: pytest.TempPathFactory, request: Any) -> Iterator[LocalAirflow]:
    """Give an Airflow with the module's DAGs, `DAGS`: name → text."""
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    for name, text in request.module.DAGS.items():
        (home / "dags" / f"{name}.py").write_text(text)
    settings = {**SETTINGS, "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(cekat.connection)}
    with LocalAirflow(home, settings, triggerer=True) as started:
        started.up()
        yield started
