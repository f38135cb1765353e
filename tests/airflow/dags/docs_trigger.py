"""An operator of your own that waits in the triggerer."""

from __future__ import annotations

# --8<-- [start:operator]
import time
from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator

from cekat_provider.core.outcome import read
from cekat_provider.triggers.cekat import CekatMessagesTrigger


class CollectAnswers(BaseOperator):
    """Wait for three answers in a conversation, or an hour, and return what there is."""

    template_fields = ("conversation_id",)

    def __init__(self, *, conversation_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conversation_id = conversation_id

    def execute(self, context: Any) -> None:
        deadline = time.time() + 60 * 60
        trigger = CekatMessagesTrigger(
            conversation_id=self.conversation_id, deadline=deadline, min_messages=3, poke_interval=5
        )
        self.defer(trigger=trigger, method_name="collect")

    def collect(self, context: Any, event: Any = None) -> list[str]:
        outcome = read(event)
        if outcome.error and not outcome.timed_out:
            raise outcome.error
        return [message.text for message in outcome.messages or ()]


# --8<-- [end:operator]

with DAG(
    "docs_trigger",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"conversation_id": "00000000-0000-4000-8000-000000000000"},
) as dag:
    CollectAnswers(task_id="collect", conversation_id="{{ params.conversation_id }}")
