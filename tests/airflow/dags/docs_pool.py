"""Send to many, within the API's budget."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

ORDERS = [{"receiver": f"62812345678{n:02}", "message": f"Pesanan INV-{n} sudah dikirim."} for n in range(4)]

with DAG("docs_pool", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    # --8<-- [start:send]
    CekatSendWhatsAppOperator.partial(
        task_id="announce",
        pool="cekat",  # with 4 slots, at most four sends at a time, whatever else runs
        retries=5,
        retry_delay=timedelta(minutes=2),
    ).expand_kwargs(ORDERS)
    # --8<-- [end:send]
