"""Sends that are retried by Airflow and cleared by a person; a DAG file for `test_clear.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator


class FailsAfterSending(CekatSendWhatsAppOperator):
    """Sends, and then fails on every odd try: the first of each budget of two."""

    def execute(self, context: Any) -> Any:
        result = super().execute(context)
        if context["ti"].try_number % 2:
            raise RuntimeError("the task fails after its message was sent")
        return result


with DAG("clearing", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    for number, (task_id, operator, arguments) in enumerate(
        [
            ("plain", CekatSendWhatsAppOperator, {}),
            ("retried", FailsAfterSending, {"retries": 1, "retry_delay": timedelta(0)}),
            ("once_a_run", CekatSendWhatsAppOperator, {"resend_on_clear": False}),
        ]
    ):
        operator(
            task_id=task_id,
            receiver=f"6281234567{number:03d}",
            conversation_id=f"00000000-0000-4000-8000-{number:012d}",
            message=f"Halo dari {task_id}",
            **arguments,
        )
