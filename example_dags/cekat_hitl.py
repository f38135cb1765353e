"""Ask on WhatsApp what Airflow's own ApprovalOperator asks, and give the answer back to Airflow.

Human-in-the-loop operators came with Airflow 3.1: on an older one this file defines no DAG.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, AirflowException, task

from cekat_provider.notifications.hitl import CekatHITLNotifier
from cekat_provider.operators.hitl import CekatAnswerHITLOperator

try:
    from airflow.providers.standard.operators.hitl import ApprovalOperator
except (ImportError, AirflowException):
    ApprovalOperator = None

if ApprovalOperator is not None:
    # --8<-- [start:request]
    with DAG("cekat_hitl", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, tags=["cekat"]) as dag:
        approve = ApprovalOperator(
            task_id="approve_refund",
            subject="Pengembalian dana INV-7",
            body="Rp 250.000 untuk pelanggan yang paketnya rusak.",
            response_timeout=timedelta(hours=4),
            notifiers=[CekatHITLNotifier(receiver="6281234567890", responders="6281234567890")],
        )

        @task
        def pay_back() -> None: ...

        approve >> pay_back()
    # --8<-- [end:request]

    # --8<-- [start:answers]
    with DAG(
        "cekat_hitl_answers",
        start_date=datetime(2026, 1, 1),
        schedule=timedelta(minutes=1),
        max_active_runs=1,
        catchup=False,
        tags=["cekat"],
    ):
        CekatAnswerHITLOperator(task_id="answer_requests", airflow_api_conn_id="airflow_api_default")
    # --8<-- [end:answers]
