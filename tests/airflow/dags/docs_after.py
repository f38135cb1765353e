"""After: the same with the provider."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.ask import CekatAskOperator

with DAG(
    "docs_after",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=0)},
) as dag:
    CekatAskOperator(
        task_id="ask",
        conversation_id="00000000-0000-4000-8000-000000000001",
        receiver="6281234567890",
        message="Pesanan INV-7 siap dikirim. Kirim hari ini?",
        response_timeout=timedelta(hours=1),
        poke_interval=10,
    )
# --8<-- [end:dag]
