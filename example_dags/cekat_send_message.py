"""Send one message."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

with DAG(
    "cekat_send_message",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"receiver": "6281234567890"},
    tags=["cekat"],
) as dag:
    CekatSendWhatsAppOperator(
        task_id="greet_customer",
        receiver="{{ params.receiver }}",
        message="Halo! Pesanan Anda sudah kami terima.",
    )
