"""The example DAGs of what can be said run, and say what they show."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest
from runs import AIRFLOW

EXAMPLES = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], "examples")


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dag


def run(dag: Any) -> dict[str, str]:
    return {ti.task_id: str(ti.state) for ti in dag.test().get_task_instances()}


@pytest.mark.usefixtures("airflow_db")
def test_buttons_and_lists(cekat_sandbox: Any) -> None:
    dag = load("cekat_buttons_and_lists")
    assert set(run(dag).values()) == {"success"}
    sent = [message["request_body"] for message in cekat_sandbox.sent()]
    assert [body.get("media_type") for body in sent] == ["button", "list", "list", "cta_url", None, "location"]
    assert sent[0]["action"]["buttons"][0] == {"type": "reply", "reply": {"id": "yes-INV-7", "title": "Ya"}}
    assert sent[1]["action"]["sections"][0]["rows"][1] == {
        "id": "sicepat",
        "title": "SiCepat",
        "description": "1 hari, Rp 24.000",
    }
    assert sent[4] == {
        "receiver": "6281234567890",
        "message": "Nota INV-7",
        "file_url": "https://example.com/files/INV-7.pdf",
    }


@pytest.mark.usefixtures("airflow_db")
def test_send_template(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"inbox_id": "5f0c1f9e-0000-4000-8000-000000000001"}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    cekat_sandbox.conversation(receiver="6281234567803", opened_hours_ago=25)
    assert set(run(load("cekat_send_template")).values()) == {"success"}
    assert {message["receiver"]: message["message"] for message in cekat_sandbox.sent()} == {
        "6281234567801": "Halo Budi, pesanan INV-1 siap diambil.",
        "6281234567802": "Halo Sari, pesanan INV-2 siap diambil.",
        "6281234567803": "Halo Dewi, pesanan INV-3 siap diambil.",
    }


@pytest.mark.usefixtures("airflow_db")
def test_alerts(cekat_sandbox: Any) -> None:
    dag = load("cekat_alerts")
    for full in (True, True, False):
        dag.test(run_conf={"full": full})
    first, _, well, _ = (message["message"] for message in cekat_sandbox.sent())
    assert ("Cause: RuntimeError: The warehouse is full" in first) == (AIRFLOW in ("2.11", "3.3"))  # docs/versions.md
    assert well.startswith("✅ Well again: cekat_alerts › load_warehouse")
