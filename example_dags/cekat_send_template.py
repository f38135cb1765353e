"""Reach a customer who has not written for a day: an approved template.

The connection's extra ``inbox_id`` names the inbox that it is sent from.
"""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.operators.template import CekatSendTemplateOperator

with DAG(
    "cekat_send_template",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    tags=["cekat"],
) as dag:
    # --8<-- [start:template]
    @task
    def ready_orders() -> list[dict[str, object]]:
        return [
            {"receiver": "6281234567801", "receiver_name": "Budi", "variables": ["Budi", "INV-1"]},
            {"receiver": "6281234567802", "receiver_name": "Sari", "variables": ["Sari", "INV-2"]},
        ]

    CekatSendTemplateOperator.partial(task_id="announce", template="order_ready", language="id").expand_kwargs(
        ready_orders()
    )
    # --8<-- [end:template]

    # --8<-- [start:fallback]
    # In words of our own while the window is open, as the template when it is not.
    CekatSendWhatsAppOperator(
        task_id="remind",
        receiver="6281234567803",
        message="Halo Dewi! Pesanan INV-3 masih menunggu Anda. Kami buka sampai pukul 20.00.",
        fallback_template="order_ready",
        fallback_variables=["Dewi", "INV-3"],
        language="id",
    )
    # --8<-- [end:fallback]
