"""Tell many customers something in one task, and reach those who have not written for a day with a template.

The connection's extras: ``requests_per_minute`` is the plan's budget, ``inbox_id`` the inbox that templates go from.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.messages import Buttons
from cekat_provider.operators.bulk import CekatBulkSendOperator

with DAG(
    "cekat_bulk",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["cekat"],
) as dag:
    # --8<-- [start:announce]
    @task(show_return_value_in_logs=False)  # numbers and texts stay out of Airflow's log
    def orders_to_announce() -> list[dict[str, object]]:
        return [
            {
                "receiver": f"628123456780{n}",
                "message": f"Pesanan INV-{n} sudah siap diambil.",
                "fallback_variables": ["Pelanggan", f"INV-{n}"],
            }
            for n in (1, 2, 3)
        ]

    announce = CekatBulkSendOperator(
        task_id="announce",
        messages=orders_to_announce(),
        fallback_template="order_ready",
        language="id",
        max_failures=5,
        stop_after_failures=50,
    )
    # --8<-- [end:announce]

    # --8<-- [start:report]
    @task
    def to_call_by_phone(result: dict[str, list[dict[str, int]]]) -> list[int]:
        return [failure["index"] for failure in result["failures"]]

    to_call_by_phone(announce.output)
    # --8<-- [end:report]

    # --8<-- [start:literal]
    CekatBulkSendOperator(
        task_id="ask_two_shops",
        messages=[
            {"receiver": "6281234567811", "message": Buttons("Stok {{ run_id }} sudah cukup?", ["Ya", "Tidak"])},
            {"receiver": "6281234567812", "message": "Stok sudah cukup?", "choices": ["Ya", "Tidak"]},
        ],
    )
    # --8<-- [end:literal]
