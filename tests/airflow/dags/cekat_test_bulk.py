"""Bulk tasks whose lists come from everywhere."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.messages import Buttons
from cekat_provider.operators.bulk import CekatBulkSendOperator

with DAG("cekat_test_bulk", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:

    @task
    def orders(tens: int) -> list[dict[str, str]]:
        return [{"receiver": f"62812345678{tens}{n}", "message": f"Halo {n}"} for n in range(2)]

    @task
    def order(each: tuple[str, str]) -> dict[str, str]:
        return {"receiver": each[0], "message": each[1]}

    @task
    def number() -> str:
        return "INV-7"

    CekatBulkSendOperator(task_id="from_xcom", messages=orders.override(task_id="a")(0))
    as_json = CekatBulkSendOperator(task_id="from_json", messages="{{ ti.xcom_pull('b') | tojson }}")
    orders.override(task_id="b")(1) >> as_json
    # One entry from each of many tasks.
    CekatBulkSendOperator(
        task_id="from_mapped",
        messages=order.expand(each=[("6281234567820", "Satu"), ("6281234567821", "Dua")]),
    )
    # The XCom inside a message is a dependency too.
    CekatBulkSendOperator(
        task_id="literal",
        messages=[
            {"receiver": "6281234567830", "message": Buttons("Pesanan {{ ti.xcom_pull('number') }}", [number()])},
            {"receiver": "{{ 6281234567831 }}", "message": "catatan.md"},
        ],
    )
