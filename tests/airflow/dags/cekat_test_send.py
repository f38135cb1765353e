"""Every way in which an argument of the operator can come to be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

with DAG(
    "cekat_test_send",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"receiver": "+62 812-3456-7800", "label": "Lacak", "conn": "cekat_default"},
) as dag:

    @task
    def order() -> dict[str, Any]:
        return {
            "number": "INV-7",
            "header": {"text": "INV-7"},
            "receiver": 6281234567805,
        }

    @task
    def receivers() -> list[str]:
        return ["6281234567801", "6281234567802"]

    @task
    def orders() -> list[dict[str, Any]]:
        return [
            {"receiver": "6281234567803", "message": "a"},
            {"receiver": "6281234567804", "message": "b", "extra_fields": {"deep": [{"n": 1}]}},
        ]

    known = order()

    templated = CekatSendWhatsAppOperator(
        task_id="templated",
        receiver="{{ params.receiver }}",
        message="Pesanan {{ ti.xcom_pull('order')['number'] }}: lihat catatan.md",
        media_type="{{ 'cta' }}_url",
        header="{{ ti.xcom_pull('order')['header'] | tojson }}",
        footer="{{ dag.dag_id }}",
        action={
            "name": "cta_url",
            "parameters": {
                "display_text": "{{ params.label }}",
                "url": "https://a.example/{{ ti.xcom_pull('order')['number'] }}",
            },
        },
        extra_fields={"tags": ["{{ params.label }}", ["{{ run_id[:6] }}"]], "count": 1, "none": None},
        cekat_conn_id="{{ params.conn }}",
    )
    known >> templated

    located = CekatSendWhatsAppOperator(
        task_id="located",
        receiver="6281234567806",
        media_type="location",
        location={"latitude": "{{ -6.2 }}", "longitude": 106.8, "name": "Toko {{ params.label }}"},
    )

    CekatSendWhatsAppOperator(task_id="from_xcom_args", receiver=known["receiver"], message=known["number"])

    mapped = CekatSendWhatsAppOperator.partial(
        task_id="mapped", message="Halo {{ ti.map_index }}", retries=1, retry_delay=timedelta(0)
    ).expand(receiver=receivers())

    CekatSendWhatsAppOperator.partial(task_id="mapped_literal", message="Halo").expand(
        receiver=["6281234567807", "6281234567808"]
    )

    CekatSendWhatsAppOperator.partial(task_id="mapped_kwargs").expand_kwargs(orders())

    @task
    def count(sent: list[dict[str, Any]]) -> list[str]:
        return [one["receiver"] for one in sent]

    count(mapped.output)
