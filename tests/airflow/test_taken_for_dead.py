"""A worker that Airflow takes for dead, and that lives: the next try sends the message, this one does not."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG
from runs import Run

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

IS_2 = version("apache-airflow").startswith("2.")


class TakenForDead(CekatSendWhatsAppOperator):
    """Sends after the scheduler has begun another try."""

    def execute(self, context: Any) -> Any:
        if IS_2:  # Airflow 3 lets no task at its database, and refuses a worker of an older try itself
            from airflow.models.taskinstance import TaskInstance
            from airflow.utils.session import create_session

            ti = context["ti"]
            with create_session() as session:
                session.query(TaskInstance).filter_by(task_id=ti.task_id, run_id=ti.run_id).update(
                    {"try_number": ti.try_number + 1}
                )
        return super().execute(context)


@pytest.mark.usefixtures("airflow_db")
def test_only_the_latest_try_sends(cekat_sandbox: Any) -> None:
    with DAG("taken_for_dead", start_date=datetime(2026, 1, 1), schedule=None) as dag:
        CekatSendWhatsAppOperator(task_id="lives", receiver="6281234567890", message="Pesanan Anda siap")
        TakenForDead(task_id="taken", receiver="6281234567891", message="Pesanan Anda siap")
    states = Run(dag).states
    assert states["lives"] == "success"
    assert states["taken"] == ("failed" if IS_2 else "success")
    assert len(cekat_sandbox.sent()) == (1 if IS_2 else 2)
