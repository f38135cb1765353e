"""Ask a customer and wait for the answer in one task, without holding a worker."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.ask import CekatAskOperator

with DAG(
    "cekat_ask",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"receiver": "6281234567890"},
    tags=["cekat"],
) as dag:
    ask = CekatAskOperator(
        task_id="ask_customer",
        receiver="{{ params.receiver }}",
        message="Pesanan INV-7 siap dikirim. Kirim hari ini?",
        choices=["Ya", "Tidak"],
        response_timeout=timedelta(hours=4),
        poke_interval=10,
    )

    @task
    def act_on(answer: dict[str, Any]) -> str:
        return answer["text"]

    act_on(ask.output)
# --8<-- [end:dag]
