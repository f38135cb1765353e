"""Functions that say what to send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

ALWAYS: dict[str, Any] = {"start_date": datetime(2026, 1, 1), "schedule": None, "catchup": False}

with DAG("taskflow_mapped", params={"to": "6281234567801"}, **ALWAYS) as taskflow_mapped:

    @task.cekat_whatsapp(receiver="{{ params.to }}", footer="{{ ti.task_id }}")
    def say(number: int, dag_run: Any = None) -> str:
        # Braces of a customer's are no template.
        return f"{{{{ {number} }}}} {dag_run.dag_id}"

    say.expand(number=[1, 2])

with DAG("taskflow_nothing", **ALWAYS) as taskflow_nothing:

    @task.cekat_whatsapp(receiver="6281234567801")
    def nothing() -> Any:
        return None

    nothing()
