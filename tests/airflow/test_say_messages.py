"""Messages in real DAG runs: rendered into copies, from XComs, natively, mapped."""

from __future__ import annotations

import copy
import importlib.util
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG

from cekat_provider.messages import Button, Buttons, Link, Menu, Row, Section, Text
from cekat_provider.operators.cekat import CekatNewMessagesOperator
from cekat_provider.operators.template import CekatSendTemplateOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

pytestmark = pytest.mark.usefixtures("airflow_db")
FOLDER = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], "tests")


@pytest.fixture
def dags() -> Any:
    spec = importlib.util.spec_from_file_location("say_messages", FOLDER / "say_messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def states(dag: Any) -> set[str]:
    return {str(ti.state) for ti in dag.test().get_task_instances()}


def bodies(cekat_sandbox: Any) -> list[dict[str, Any]]:
    return [sent["request_body"] for sent in cekat_sandbox.sent()]


def body(message: Any, receiver: str = "6281234567890") -> dict[str, Any]:
    return {"receiver": receiver, **message.to_body()}


def test_one_object_in_two_tasks_is_rendered_for_each(cekat_sandbox: Any, dags: Any) -> None:
    before = copy.deepcopy(dags.SHARED)
    assert states(dags.say_shared) == {"success"}
    assert bodies(cekat_sandbox) == [
        body(Buttons(f"Halo dari {name}", [Button("Ya", f"yes-{name}"), "Tidak"])) for name in ("first", "second")
    ]
    assert before == dags.SHARED


def test_lists_from_xcoms_bring_their_dependencies(cekat_sandbox: Any, dags: Any) -> None:
    dag = dags.say_xcomargs
    assert dag.get_task("buttons").upstream_task_ids == {"titles"}
    assert dag.get_task("menu").upstream_task_ids == {"rows"}
    assert dag.get_task("choices").upstream_task_ids == {"titles__1"}
    assert states(dag) == {"success"}
    asked = body(Buttons("Jadi?", ["Ya", "Tidak"]))
    menu = body(Menu("Pilih", "Buka", [Section([Row("JNE", "1"), Row("POS", "2")], "Kurir")]))
    found = bodies(cekat_sandbox)
    assert len(found) == 3
    assert [each for each in found if each["media_type"] == "button"] == [asked, asked]
    assert [each for each in found if each["media_type"] == "list"] == [menu]


def test_native_rendering(cekat_sandbox: Any, dags: Any) -> None:
    assert states(dags.say_native) == {"success"}
    wanted = [
        body(Buttons("12345", ["Ya", "Tidak"], footer="1")),
        body(Menu("Pilih", "Buka", [Section([Row("JNE", "1"), Row("POS", "2")], "1")])),
        body(Buttons("1", ["1", "2", "03"])),
    ]
    found = bodies(cekat_sandbox)
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_native_rendering_makes_no_number_of_a_text() -> None:
    with DAG("d", start_date=datetime(2026, 1, 1), schedule=None, render_template_as_native_obj=True):
        tasks: list[Any] = [
            CekatMessagesSensor(task_id="wait", conversation_id="7", since=None, contains="1", pattern="2"),
            CekatNewMessagesOperator(task_id="new", conversation_ids=["7"], contains="1", pattern="2"),
            CekatSendTemplateOperator(task_id="send", receiver="0812", template="7", variables=["150,000", "1_000"]),
        ]
    for task in tasks:
        task.render_template_fields({})
    assert [(task.contains, task.pattern) for task in tasks[:2]] == [("1", "2")] * 2
    assert (tasks[0].conversation_id, tasks[1].conversation_ids) == ("7", ["7"])
    assert (tasks[2].template, tasks[2].variables) == ("7", ["150,000", "1_000"])


def test_json_where_a_template_does_not_render_natively(cekat_sandbox: Any, dags: Any) -> None:
    assert states(dags.say_json) == {"success"}
    assert bodies(cekat_sandbox) == [body(Buttons("Jadi?", ["Ya", "Tidak"]))]


def test_mapped(cekat_sandbox: Any, dags: Any) -> None:
    before = copy.deepcopy(dags.SHARED)
    assert states(dags.say_mapped) == {"success"}
    to_all = Buttons("Halo dari partial", [Button("Ya", "yes-partial"), "Tidak"])
    wanted = [
        body(to_all, "6281234567801"),
        body(to_all, "6281234567802"),
        body(Buttons("Halo dari expanded", [Button("Ya", "yes-expanded"), "Tidak"])),
        body(Text("Ya")),
        body(Link("Lacak", "Buka", "https://example.com/Ya")),
    ]
    found = bodies(cekat_sandbox)
    assert sorted(found, key=str) == sorted(wanted, key=str)
    assert before == dags.SHARED


def test_bodies_from_a_task_are_raw_fields(cekat_sandbox: Any, dags: Any) -> None:
    assert states(dags.say_raw) == {"success"}
    wanted = [body(Buttons("Jadi?", ["Ya"])), body(Menu("Pilih", "Buka", [Row("JNE")]))]
    found = bodies(cekat_sandbox)
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_what_customers_wrote_is_mapped_as_it_is(cekat_sandbox: Any, dags: Any) -> None:
    assert states(dags.say_customers) == {"success"}
    sent = {body.pop("receiver"): body for body in bodies(cekat_sandbox)}
    assert sent == {
        "6281234567801": {"message": dags.CUSTOMERS, "footer": "Ya"},
        "6281234567802": {"message": dags.CUSTOMERS, "footer": "Ya", "note": [dags.CUSTOMERS]},
        "6281234567803": {"message": dags.CUSTOMERS},
        "6281234567804": {"message": "Ya"},
        "6281234567805": {"message": f"Ya: {dags.CUSTOMERS}"},
    }


def test_a_default_that_is_a_template_is_rendered_beside_them(cekat_sandbox: Any, dags: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.advance(hours=1)
    cekat_sandbox.reply(dags.CUSTOMERS, conversation_id="c-1")
    assert states(dags.say_waits) == {"success"}


def test_a_limit_fails_the_task_at_once_and_sends_nothing(cekat_sandbox: Any) -> None:
    from cekat_provider.compat import AirflowFailException
    from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

    operator = CekatSendWhatsAppOperator(task_id="t", receiver="6281234567890", message=Buttons("x", ["y" * 21]))
    with pytest.raises(AirflowFailException, match=r"button title .* must be at most 20 characters, got 21"):
        operator.execute({})
    assert cekat_sandbox.requests() == []


def test_warn_logs_and_sends(
    cekat_sandbox: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    from cekat_provider.hooks.cekat import CekatHook

    # A list's text has two limits, by two texts of Meta's.
    CekatHook().send_message(receiver="6281234567890", message=Menu("x" * 1025, "y", ["z"]), validate="warn")
    assert len(cekat_sandbox.sent()) == 1
    logged = caplog.text + "".join(capfd.readouterr())  # Airflow 3 writes its logs itself
    assert "WhatsApp may refuse this message: message must be at most 1024 characters" in logged


def test_a_serialized_dag_is_the_same_each_time(dags: Any) -> None:
    from airflow.serialization import serialized_objects

    # Airflow 3.3's name, and that of 2.11.
    writer = getattr(serialized_objects, "DagSerialization", None) or serialized_objects.SerializedDAG
    first, second = (str(writer.to_dict(dag)) for dag in (dags.say_shared, dags.say_shared))
    assert first == second
    assert "Halo dari" in first
    assert " object at 0x" not in first
