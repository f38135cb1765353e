"""Wait in the triggerer, for an answer that a function of your own recognises."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

with DAG("docs_wait", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    ask = CekatSendWhatsAppOperator(
        task_id="ask", receiver="6281234567890", message="Kirim foto bukti transfer, atau balas LUNAS."
    )

    # --8<-- [start:wait]
    paid = CekatMessagesSensor(
        task_id="paid",
        conversation_id="{{ ti.xcom_pull('ask')['conversation_id'] }}",
        since="{{ ti.xcom_pull('ask')['sent_at'] }}",
        match="payments.is_proof",
        deferrable=True,
        poke_interval=2,
        timeout=timedelta(hours=4),
        soft_fail=True,
    )
    # --8<-- [end:wait]

    ask >> paid
