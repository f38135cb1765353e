"""Ask a customer, wait for the answer, and go on by what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

with DAG(
    "cekat_send_and_wait",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"receiver": "6281234567890"},
    tags=["cekat"],
) as dag:
    ask = CekatSendWhatsAppOperator(
        task_id="ask_customer",
        receiver="{{ params.receiver }}",
        message="Halo! Pesanan INV-7 siap dikirim. Apakah alamat Anda sudah benar?",
    )

    wait = CekatMessagesSensor(
        task_id="wait_for_answer",
        conversation_id="{{ ti.xcom_pull('ask_customer')['conversation_id'] }}",
        since="{{ ti.xcom_pull('ask_customer')['sent_at'] }}",
        poke_interval=2,
        timeout=60 * 60,
    )

    @task.branch
    def read_answer(messages: list[dict[str, Any]]) -> str:
        return "confirmed" if messages[0]["text"].casefold().startswith("ya") else "declined"

    @task
    def confirmed() -> str:
        return "ship it"

    @task
    def declined() -> str:
        return "call the customer"

    ask >> wait
    read_answer(wait.output) >> [confirmed(), declined()]
