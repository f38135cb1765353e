"""Send a text made of what an upstream task returned."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

with DAG("cekat_send_templated", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, tags=["cekat"]) as dag:

    @task
    def load_order() -> dict[str, str]:
        return {"receiver": "6281234567890", "number": "INV-7"}

    tell = CekatSendWhatsAppOperator(
        task_id="tell_customer",
        receiver="{{ ti.xcom_pull('load_order')['receiver'] }}",
        message="Pesanan {{ ti.xcom_pull('load_order')['number'] }} sudah dikirim.",
    )
    load_order() >> tell
# --8<-- [end:dag]
