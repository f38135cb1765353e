"""Tell people when something fails, once, and when it is well again."""

from __future__ import annotations

# --8<-- [start:dag]
from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.notifications.cekat import CekatNotifier

alert = CekatNotifier(
    receivers=["6281234567890", "6281234567891"],
    # Without a run in the key the next run's failure is the same trouble, and its success the end of it.
    dedupe_key="{{ dag.dag_id }} {{ ti.task_id }}",
    quiet_for=timedelta(minutes=30),
    recovery=True,
    # For those who have not written for 24 hours; its only variable is the alert in one line. Needs the connection's
    # extra `inbox_id`.
    fallback_template="alert",
)

with DAG(
    "cekat_alerts",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"full": True},
    default_args={"on_failure_callback": alert, "on_success_callback": alert},
    tags=["cekat"],
) as dag:

    @task
    def load_warehouse(params: dict[str, bool] | None = None) -> None:
        if params and params["full"]:
            raise RuntimeError("The warehouse is full")

    load_warehouse()
# --8<-- [end:dag]
