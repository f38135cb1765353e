"""Send to each receiver of a list that is known only when the DAG runs."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

with DAG(
    "cekat_send_mapped",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    tags=["cekat"],
) as dag:

    @task
    def orders_to_announce() -> list[dict[str, str]]:
        return [
            {"receiver": "6281234567801", "message": "Pesanan INV-1 sudah dikirim."},
            {"receiver": "6281234567802", "message": "Pesanan INV-2 sudah dikirim."},
            {"receiver": "6281234567803", "message": "Pesanan INV-3 sudah dikirim."},
        ]

    CekatSendWhatsAppOperator.partial(task_id="announce").expand_kwargs(orders_to_announce())
