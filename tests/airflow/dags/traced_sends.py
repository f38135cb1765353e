"""Sends from a task and from a mapped one."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

with DAG("traced_sends", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    one = CekatSendWhatsAppOperator(task_id="one", receiver="6281200000001", message="satu")
    many = CekatSendWhatsAppOperator.partial(task_id="many", receiver="6281200000001").expand(message=["dua", "tiga"])
    one >> many
