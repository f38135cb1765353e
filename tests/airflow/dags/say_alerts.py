"""DAGs that fail, and tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.messages import Buttons
from cekat_provider.notifications.cekat import CekatNotifier

ALWAYS: dict[str, Any] = {"start_date": datetime(2026, 1, 1), "schedule": None, "catchup": False}
TO = "6281234567890"
RETRY = {"retries": 1, "retry_delay": timedelta(seconds=0)}


def fail_if_asked(**context: Any) -> None:
    if (context["dag_run"].conf or {}).get("fail", True):
        raise ValueError("the warehouse is full\nand this line is not told")


default = CekatNotifier(receivers=TO)
with DAG("alert_default", **ALWAYS) as alert_default:
    task(task_id="load", on_failure_callback=default, on_retry_callback=default, **RETRY)(fail_if_asked)()

shared = CekatNotifier(receivers=TO, message="{{ ti.task_id }} is broken", quiet_for=0)
with DAG("alert_shared", default_args={"on_failure_callback": shared}, **ALWAYS) as alert_shared:
    for name in ("one", "two", "three"):
        task(task_id=name)(fail_if_asked)()

with DAG("alert_mapped", default_args={"on_failure_callback": default}, **ALWAYS) as alert_mapped:

    @task
    def break_down(number: int) -> None:
        raise ValueError(number)

    break_down.expand(number=[1, 2, 3, 4])

across = CekatNotifier(
    receivers=[TO, "6281234567891"], dedupe_key="{{ dag.dag_id }}", quiet_for=timedelta(hours=1), recovery=True
)
with DAG("alert_across", **ALWAYS) as alert_across:
    task(task_id="load", on_failure_callback=across, on_success_callback=across)(fail_if_asked)()

whole = CekatNotifier(receivers=TO, quiet_for=0)
with DAG("alert_dag", on_failure_callback=whole, on_success_callback=whole, **ALWAYS) as alert_dag:
    task(task_id="load")(fail_if_asked)()

with DAG(
    "alert_closed",
    on_failure_callback=CekatNotifier(receivers=TO, message="Line one\nline two", fallback_template="alert"),
    **ALWAYS,
) as alert_closed:
    task(task_id="load")(fail_if_asked)()

with DAG("alert_unrendered", **ALWAYS) as alert_unrendered:
    task(task_id="load", on_failure_callback=CekatNotifier(receivers=TO, message="{{ no_such_name }}"))(fail_if_asked)()

with DAG("alert_nobody", **ALWAYS) as alert_nobody:
    task(task_id="load", on_failure_callback=CekatNotifier(receivers=TO, cekat_conn_id="nowhere"))(fail_if_asked)()

with DAG("alert_buttons", **ALWAYS) as alert_buttons:
    ask = CekatNotifier(receivers=TO, message=Buttons("{{ ti.task_id }}?", ["Retry {{ ti.task_id }}", "Ignore"]))
    task(task_id="load", on_failure_callback=ask)(fail_if_asked)()
