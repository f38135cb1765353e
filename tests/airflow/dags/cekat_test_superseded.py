"""A task that asks, whose worker Airflow takes for dead while it makes the message: the next try has noted its own."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.hooks.task_memory import TaskMemory
from cekat_provider.operators.ask import CekatAskOperator


class Superseded(CekatAskOperator):
    """Asks after the scheduler has begun another try, and that one has noted that it asks."""

    def execute(self, context: Any) -> Any:
        self._context = context
        return super().execute(context)

    def _body(self, *args: Any) -> dict[str, Any]:
        # Airflow 3 lets no task at its database, and refuses a worker of an older try itself.
        if version("apache-airflow").startswith("2."):
            from airflow.models.taskinstance import TaskInstance
            from airflow.utils.session import create_session

            ti = self._context["ti"]
            with create_session() as session:
                session.query(TaskInstance).filter_by(task_id=ti.task_id, run_id=ti.run_id).update(
                    {"try_number": ti.try_number + 1}
                )
            TaskMemory(self._context, "send").set({"since": 1.0})
        return super()._body(*args)


with DAG("cekat_test_superseded", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    Superseded(
        task_id="ask",
        receiver="6281234567890",
        message="Jadi?",
        poke_interval=1,
        on_unknown="skip",
        response_timeout=60,
    )
