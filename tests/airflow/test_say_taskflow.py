"""``@task.cekat_whatsapp`` in real DAG runs."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest
from runs import AIRFLOW

pytestmark = pytest.mark.usefixtures("airflow_db")
FOLDER = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(Path(path).name, FOLDER / f"{path}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_sends_what_the_function_returns(cekat_sandbox: Any) -> None:
    dag_run = load("examples/cekat_taskflow").dag.test()
    assert {str(ti.state) for ti in dag_run.get_task_instances()} == {"success"}
    (sent,) = cekat_sandbox.sent()
    assert sent["request_body"] == {
        "receiver": "6281234567890",
        "media_type": "button",
        "message": "Kirim INV-7 dengan JNE?",
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "Ya", "title": "Ya"}},
                {"type": "reply", "reply": {"id": "Kurir lain", "title": "Kurir lain"}},
            ]
        },
    }


def test_mapped_with_templates_and_context(cekat_sandbox: Any) -> None:
    dag_run = load("tests/say_taskflow").taskflow_mapped.test()
    assert {str(ti.state) for ti in dag_run.get_task_instances()} == {"success"}
    assert sorted(sent["message"] for sent in cekat_sandbox.sent()) == [
        "{{ 1 }} taskflow_mapped",
        "{{ 2 }} taskflow_mapped",
    ]
    assert {sent["request_body"]["receiver"] for sent in cekat_sandbox.sent()} == {"6281234567801"}
    assert {sent["request_body"]["footer"] for sent in cekat_sandbox.sent()} == {"say"}


def test_a_function_that_says_nothing_fails_the_task(
    cekat_sandbox: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    dag_run = load("tests/say_taskflow").taskflow_nothing.test()
    assert {str(ti.state) for ti in dag_run.get_task_instances()} == {"failed"}
    assert cekat_sandbox.requests() == []
    logged = caplog.text + "".join(capfd.readouterr())
    # 3.0 keeps the reason of a task that is not to be retried to itself here.
    assert AIRFLOW == "3.0" or "must return a text or a message, got a NoneType" in logged
