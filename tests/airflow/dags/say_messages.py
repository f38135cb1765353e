"""DAGs whose messages are templates, shared, native, mapped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.messages import Button, Buttons, Link, Menu, Row, Section, Text
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

ALWAYS: dict[str, Any] = {"start_date": datetime(2026, 1, 1), "schedule": None, "catchup": False}
TO = "6281234567890"
#: One object in several tasks.
SHARED = Buttons("Halo dari {{ task.task_id }}", [Button("{{ params.yes }}", "yes-{{ task.task_id }}"), "Tidak"])


@task
def titles() -> list[str]:
    return ["Ya", "Tidak"]


@task
def rows() -> list[dict[str, str]]:
    return [{"title": "JNE", "id": "1"}, {"title": "POS", "id": "2"}]


with DAG("say_shared", params={"yes": "Ya"}, **ALWAYS) as say_shared:
    first = CekatSendWhatsAppOperator(task_id="first", receiver=TO, message=SHARED)
    second = CekatSendWhatsAppOperator(task_id="second", receiver=TO, message=SHARED)
    first >> second

with DAG("say_xcomargs", **ALWAYS) as say_xcomargs:
    CekatSendWhatsAppOperator(task_id="buttons", receiver=TO, message=Buttons("Jadi?", titles()))
    CekatSendWhatsAppOperator(task_id="menu", receiver=TO, message=Menu("Pilih", "Buka", [Section(rows(), "Kurir")]))
    CekatSendWhatsAppOperator(task_id="choices", receiver=TO, message="Jadi?", choices=titles())

with DAG("say_native", render_template_as_native_obj=True, params={"n": 12345}, **ALWAYS) as say_native:
    up = [titles(), rows()]
    down = [
        CekatSendWhatsAppOperator(
            task_id="buttons",
            receiver=TO,
            message=Buttons("{{ params.n }}", "{{ ti.xcom_pull('titles') }}", footer="1"),
        ),
        CekatSendWhatsAppOperator(
            task_id="menu",
            receiver=TO,
            message=Menu("Pilih", "Buka", [Section("{{ ti.xcom_pull('rows') }}", "1")]),
        ),
        CekatSendWhatsAppOperator(task_id="choices", receiver=TO, message="1", choices=["1", "2", "03"]),
    ]
    for each in up:
        each >> down

with DAG("say_json", **ALWAYS) as say_json:
    titles() >> CekatSendWhatsAppOperator(
        task_id="buttons", receiver=TO, message=Buttons("Jadi?", "{{ ti.xcom_pull('titles') | tojson }}")
    )

with DAG("say_mapped", params={"yes": "Ya"}, **ALWAYS) as say_mapped:
    CekatSendWhatsAppOperator.partial(task_id="partial", message=SHARED).expand(
        receiver=["6281234567801", "6281234567802"]
    )
    CekatSendWhatsAppOperator.partial(task_id="expanded", receiver=TO).expand(
        message=[SHARED, Text("{{ params.yes }}"), Link("Lacak", "Buka", "https://example.com/{{ params.yes }}")]
    )

with DAG("say_raw", **ALWAYS) as say_raw:

    @task
    def bodies() -> list[dict[str, Any]]:
        return [Buttons("Jadi?", ["Ya"]).to_body(), Menu("Pilih", "Buka", [Row("JNE")]).to_body()]

    CekatSendWhatsAppOperator.partial(task_id="raw", receiver=TO).expand_kwargs(bodies())

#: What a customer may have written. Rendered it would tell a Variable.
CUSTOMERS = "{{ var.value.get('secret', 'told') }} {% raw %}"

with DAG("say_customers", params={"yes": "Ya"}, **ALWAYS) as say_customers:

    @task
    def customers() -> list[dict[str, Any]]:
        return [
            {"message": CUSTOMERS, "receiver": "6281234567801"},
            {"message": CUSTOMERS, "receiver": "6281234567802", "extra_fields": {"note": [CUSTOMERS]}},
        ]

    @task
    def customer() -> dict[str, Any]:
        return {"message": CUSTOMERS, "receiver": "6281234567803"}

    @task
    def words() -> list[dict[str, str]]:
        return [{"word": CUSTOMERS}]

    @task.cekat_whatsapp(receiver="{{ params.yes and '6281234567805' }}")
    def repeat(word: str, name: str) -> str:
        return f"{name}: {word}"

    once = CekatSendWhatsAppOperator.partial(task_id="xcom", footer="{{ params.yes }}")
    once.expand_kwargs(customers())
    own = {"message": "{{ params.yes }}", "receiver": "6281234567804"}
    CekatSendWhatsAppOperator.partial(task_id="mixed").expand_kwargs([customer(), own])
    repeat.partial(name="{{ params.yes }}").expand_kwargs(words())

with DAG("say_waits", **ALWAYS) as say_waits:

    @task
    def waits() -> list[dict[str, Any]]:
        return [{"conversation_id": "c-1", "contains": CUSTOMERS}]

    # Its `since` is a template where nobody gives one.
    CekatMessagesSensor.partial(task_id="wait", poke_interval=0.1, timeout=1).expand_kwargs(waits())
