"""The operator that gives answers from WhatsApp to Airflow's own human-in-the-loop requests."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowException, AirflowFailException, BaseOperator, need_human_in_the_loop
from cekat_provider.core.errors import CekatError

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.hitl import Pending
    from cekat_provider.core.parse import Message
    from cekat_provider.hooks.airflow_api import AirflowApiHook
    from cekat_provider.hooks.cekat import CekatHook


class CekatAnswerHITLOperator(BaseOperator):
    """Look once at the requests that wait, and answer those that were answered on WhatsApp.

    Needs Airflow 3.1 or later, and a request that `CekatHITLNotifier` has put there. Run it every minute or so, one at
    a time (``max_active_runs=1``). Who answers first counts, here or in Airflow's pages. To Airflow the connection's
    user is who responded; who tapped is in what this task returns.

    :param dag_id_to_answer: (templated) answer this DAG's requests only; None: all that the connection's user may see.
    :param airflow_api_conn_id: (templated) id of a connection to Airflow's public API, see `AirflowApiHook`.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    :returns: what was answered: ``[{"dag_id", "run_id", "task_id", "map_index", "chosen_options", "params_input",
        "responded_at", "responded_by_user"}]``.
    :raises AirflowFailException: for a wrong connection.
    :raises AirflowException: after all others were answered, where a request could not be.
    """

    template_fields: Sequence[str] = ("dag_id_to_answer", "airflow_api_conn_id", "cekat_conn_id")
    template_ext: Sequence[str] = ()
    ui_color = "#d9fdd3"

    def __init__(
        self,
        *,
        dag_id_to_answer: str | None = None,
        airflow_api_conn_id: str = "airflow_api_default",
        cekat_conn_id: str = "cekat_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dag_id_to_answer = dag_id_to_answer
        self.airflow_api_conn_id = airflow_api_conn_id
        self.cekat_conn_id = cekat_conn_id

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Look and answer."""
        from cekat_provider.hooks.airflow_api import AirflowApiHook
        from cekat_provider.hooks.cekat import CekatHook

        need_human_in_the_loop()
        airflow, cekat = AirflowApiHook(self.airflow_api_conn_id), CekatHook(self.cekat_conn_id)
        answered: list[dict[str, Any]] = []
        failed: list[str] = []
        histories: dict[str, list[Message]] = {}
        try:
            pending = list(airflow.pending(self.dag_id_to_answer))
            for one in pending:
                try:
                    answered += self._answer(one, airflow, cekat, histories)
                except CekatError as err:
                    self.log.error("%s could not be answered: %s", one.name, err)
                    failed.append(one.name)
        except CekatError as err:
            if err.permanent:
                raise AirflowFailException(str(err)) from err
            raise
        finally:
            airflow.close()
            cekat.close()
        self.log.info("%d requests wait, %d of them were answered now", len(pending), len(answered))
        if failed:
            raise AirflowException(f"{len(failed)} of {len(pending)} requests could not be answered; see the log")
        return answered

    def _answer(
        self, pending: Pending, airflow: AirflowApiHook, cekat: CekatHook, histories: dict[str, list[Message]]
    ) -> list[dict[str, Any]]:
        from cekat_provider.core import hitl

        note = airflow.note(pending)
        if note is None:
            return []
        if note.conversation_id not in histories:
            histories[note.conversation_id] = cekat.get_messages(note.conversation_id)
        answer = hitl.answer(pending, note, histories[note.conversation_id])
        if answer is None:
            return []
        time.sleep(hitl.too_early_seconds(note, time.time()))
        if not airflow.choose(pending, answer.option):
            self.log.info("%s was answered in Airflow before", pending.name)
            return []
        self.log.info("%s is answered with message %s", pending.name, answer.message.id)
        where = {
            "dag_id": pending.dag_id,
            "run_id": pending.run_id,
            "task_id": pending.task_id,
            "map_index": pending.map_index,
        }
        return [{**where, **answer.to_result()}]
