"""An approval, a task that wants it, and one that goes on whatever became of that."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.approval import CekatApprovalOperator

with DAG("cekat_test_approval", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    ask = CekatApprovalOperator(task_id="ask", receiver="6281200000001", subject="Lanjut?", poke_interval=1)

    @task(task_id="next")
    def after() -> None: ...

    @task(trigger_rule="all_done")
    def whatever() -> None: ...

    ask >> after() >> whatever()
