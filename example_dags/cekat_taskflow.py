"""A function says what to send: ``@task.cekat_whatsapp``."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.messages import Buttons, OutboundMessage

with DAG(
    "cekat_taskflow",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"receiver": "6281234567890"},
    tags=["cekat"],
) as dag:

    @task
    def load_order() -> dict[str, str]:
        return {"number": "INV-7", "courier": "JNE"}

    @task.cekat_whatsapp(receiver="{{ params.receiver }}")
    def ask_customer(order: dict[str, str]) -> OutboundMessage:
        return Buttons(f"Kirim {order['number']} dengan {order['courier']}?", ["Ya", "Kurir lain"])

    @task
    def remember(sent: dict[str, str]) -> str:
        return sent["conversation_id"]

    remember(ask_customer(load_order()))
