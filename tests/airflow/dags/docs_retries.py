"""Retries that do what Cekat asks for (Airflow 3.3 and later)."""

from __future__ import annotations

# --8<-- [start:policy]
from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.retry_policy import CekatRetryPolicy

with DAG(
    "docs_retries",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": 3, "retry_policy": CekatRetryPolicy()},
) as dag:

    @task
    def count_messages(conversation_id: str) -> int:
        from cekat_provider.hooks.cekat import CekatHook

        return len(CekatHook().get_messages(conversation_id))

    count_messages("00000000-0000-4000-8000-000000000000")
# --8<-- [end:policy]
