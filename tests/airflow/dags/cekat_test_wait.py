"""A sensor in each mode, with its default `since`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.sensors.cekat import CekatMessagesSensor

with DAG(
    "cekat_test_wait",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"words": "ya"},
) as dag:
    poked = CekatMessagesSensor(
        task_id="poked",
        conversation_id="{{ 'c-' ~ 1 }}",
        contains="{{ params.words }}",
        pattern="(?i)^{{ params.words }}",
        poke_interval=0.1,
        timeout=600,
    )
    rescheduled = CekatMessagesSensor(
        task_id="rescheduled",
        conversation_id="c-2",
        mode="reschedule",
        min_messages=2,
        match=lambda message: message.text.endswith("!"),
        poke_interval=0.5,
        timeout=600,
    )
    poked >> rescheduled

    @task
    def read(messages: list[dict[str, Any]]) -> list[str]:
        return [message["text"] for message in messages]

    read(rescheduled.output)
