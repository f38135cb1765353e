"""Tasks that use the hook, with the retry policy of Airflow 3.3 and later; a DAG file for `test_clear.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator

from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.retry_policy import CekatRetryPolicy


class Texts(BaseOperator):
    """A DAG author's own task: it raises what the hook raises, and leaves the rest to the policy."""

    def __init__(self, cekat_conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cekat_conn_id = cekat_conn_id

    def execute(self, context: Any) -> None:
        CekatHook(self.cekat_conn_id).send_message(receiver="6281234567890", message="Pesanan Anda sudah dikirim.")


# Without the policy none would be tried again while the test waits.
settings = {"retries": 2, "retry_delay": timedelta(days=1), "retry_policy": CekatRetryPolicy()}
with DAG("retrying", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, default_args=settings) as dag:
    asked_to_wait = Texts(task_id="asked_to_wait", cekat_conn_id="cekat_impatient")
    window_closed = Texts(task_id="window_closed", cekat_conn_id="cekat_impatient")
    locked_out = Texts(task_id="locked_out", cekat_conn_id="cekat_locked_out")
    asked_to_wait >> window_closed
