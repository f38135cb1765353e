"""A bulk task whose first try does not get everything through."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.bulk import CekatBulkSendOperator

with DAG("cekat_test_bulk_retry", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    CekatBulkSendOperator(
        task_id="send",
        messages=[{"receiver": f"628123456784{n}", "message": "Halo"} for n in range(3)],
        concurrency=1,
        retries=1,
        retry_delay=timedelta(0),
    )
