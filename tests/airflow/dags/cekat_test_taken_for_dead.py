"""A task that lives, and one whose worker Airflow takes for dead before it has sent."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.hooks.task_memory import TaskMemory
from cekat_provider.operators.ask import CekatAskOperator
from cekat_provider.operators.bulk import CekatBulkSendOperator
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator


def take_for_dead(context: Any) -> None:
    """Begin another try, as the scheduler does."""
    # Airflow 3 lets no task at its database, and refuses a worker of an older try itself.
    if version("apache-airflow").startswith("2."):
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session

        ti = context["ti"]
        with create_session() as session:
            session.query(TaskInstance).filter_by(task_id=ti.task_id, run_id=ti.run_id).update(
                {"try_number": ti.try_number + 1}
            )


class TakenForDead(CekatSendWhatsAppOperator):
    """Sends after the scheduler has begun another try."""

    def execute(self, context: Any) -> Any:
        take_for_dead(context)
        return super().execute(context)


class BulkTakenForDead(CekatBulkSendOperator):
    """The same with two messages."""

    def execute(self, context: Any) -> Any:
        take_for_dead(context)
        return super().execute(context)


class AskTakenForDead(CekatAskOperator):
    """The same where the other try has noted by then that it asks."""

    def execute(self, context: Any) -> Any:
        self._context = context
        return super().execute(context)

    def _body(self, *args: Any) -> dict[str, Any]:
        take_for_dead(self._context)
        if version("apache-airflow").startswith("2."):
            TaskMemory(self._context, "send").set({"since": 1.0})
        return super()._body(*args)


with DAG("cekat_test_taken_for_dead", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    CekatSendWhatsAppOperator(task_id="lives", receiver="6281234567890", message="Pesanan Anda siap")
    TakenForDead(task_id="taken", receiver="6281234567891", message="Pesanan Anda siap")
    BulkTakenForDead(
        task_id="bulk", messages=[{"receiver": f"628123456780{n}", "message": "Pesanan Anda siap"} for n in range(2)]
    )
    AskTakenForDead(task_id="ask", receiver="6281234567892", message="Jadi?", poke_interval=1, on_unknown="skip")
