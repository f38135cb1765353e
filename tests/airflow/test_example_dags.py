"""Every example DAG loads without a connection, and runs against a Cekat that answers over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from runs import DAGS, Run, load

from cekat_provider import compat

HAS_HITL = compat._module_or_none("airflow.sdk.execution_time.hitl") is not None
EXAMPLES = sorted(path.stem for path in Path(DAGS, "examples").glob("*.py"))


def test_none_is_missing() -> None:
    assert EXAMPLES == [
        "cekat_alerts",
        "cekat_approval",
        "cekat_ask",
        "cekat_bulk",
        "cekat_buttons_and_lists",
        "cekat_hitl",
        "cekat_inbound",
        "cekat_send_and_wait",
        "cekat_send_mapped",
        "cekat_send_message",
        "cekat_send_template",
        "cekat_send_templated",
        "cekat_taskflow",
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_loads_without_a_connection(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CEKAT_DEFAULT", raising=False)
    if name == "cekat_hitl" and not HAS_HITL:
        with pytest.raises(AttributeError, match="has no attribute 'dag'"):
            load("examples", name)
        return
    dag = load("examples", name)
    assert dag.dag_id == name
    assert dag.tasks
    assert "cekat" in dag.tags


@pytest.mark.usefixtures("airflow_db")
def test_send_message(cekat_sandbox: Any) -> None:
    assert Run(load("examples", "cekat_send_message")).states == {"greet_customer": "success"}
    (sent,) = cekat_sandbox.sent()
    assert sent["request_body"] == {
        "receiver": "6281234567890",
        "message": "Halo! Pesanan Anda sudah kami terima.",
    }


@pytest.mark.usefixtures("airflow_db")
def test_send_templated(cekat_sandbox: Any) -> None:
    run = Run(load("examples", "cekat_send_templated"))
    assert run.states == {"load_order": "success", "tell_customer": "success"}
    (sent,) = cekat_sandbox.sent()
    assert sent["request_body"] == {"receiver": "6281234567890", "message": "Pesanan INV-7 sudah dikirim."}


@pytest.mark.usefixtures("airflow_db")
def test_send_mapped(cekat_sandbox: Any) -> None:
    run = Run(load("examples", "cekat_send_mapped"))
    announced = {f"announce[{n}]": "success" for n in range(3)}
    assert run.states == {"orders_to_announce": "success", **announced}
    assert sorted((sent["receiver"], sent["message"]) for sent in cekat_sandbox.sent()) == [
        (f"628123456780{n}", f"Pesanan INV-{n} sudah dikirim.") for n in (1, 2, 3)
    ]


@pytest.mark.usefixtures("airflow_db")
def test_bulk(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"inbox_id": "5f0c1f9e-0000-4000-8000-000000000001"}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    # The second customer has not written for a day.
    cekat_sandbox.conversation(receiver="6281234567802", opened_hours_ago=25)
    run = Run(load("examples", "cekat_bulk"))
    assert set(run.states.values()) == {"success"}
    announced = run.xcom("announce")
    assert (announced["sent"], announced["by_template"], announced["failed"]) == (3, 1, 0)
    assert sorted((m["receiver"], m["message"]) for m in cekat_sandbox.sent() if m["media_type"] == "text") == [
        ("6281234567801", "Pesanan INV-1 sudah siap diambil."),
        ("6281234567802", "Halo Pelanggan, pesanan INV-2 siap diambil."),
        ("6281234567803", "Pesanan INV-3 sudah siap diambil."),
    ]
    assert run.xcom("to_call_by_phone") == []


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize(
    ("answer", "goes", "stays"), [("Ya, benar", "confirmed", "declined"), ("Bukan", "declined", "confirmed")]
)
def test_send_and_wait(cekat_sandbox: Any, answer: str, goes: str, stays: str) -> None:
    cekat_sandbox.auto_reply(answer, after_seconds=0.2)
    run = Run(load("examples", "cekat_send_and_wait"))
    assert run.states == {
        "ask_customer": "success",
        "wait_for_answer": "success",
        "read_answer": "success",
        goes: "success",
        stays: "skipped",
    }
    (received,) = run.xcom("wait_for_answer")
    assert (received["text"], received["direction"]) == (answer, "inbound")
