"""Start when a customer writes (Airflow 3.0 and later), and read what is new; a schedule catches what an event lost.

The conversations to listen to stand in the environment variable CEKAT_CONVERSATIONS, separated by commas.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.cekat import CekatNewMessagesOperator

CONVERSATIONS = os.environ.get("CEKAT_CONVERSATIONS", "00000000-0000-4000-8000-000000000000").split(",")

try:
    from airflow.sdk import Asset, AssetWatcher
    from airflow.timetables.assets import AssetOrTimeSchedule
    from airflow.timetables.trigger import CronTriggerTimetable
except ImportError:
    # Airflow 2.11 has no watchers: the schedule alone.
    customer_wrote = None
    schedule: Any = "*/15 * * * *"
else:
    from cekat_provider.triggers.cekat import CekatInboundTrigger

    customer_wrote = Asset(
        "cekat_customer_wrote",
        watchers=[
            AssetWatcher(
                name="cekat_conversations",
                trigger=CekatInboundTrigger(conversation_ids=CONVERSATIONS, poke_interval=30),
            )
        ],
    )
    schedule = AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/15 * * * *", timezone="UTC"), assets=[customer_wrote]
    )

with DAG(
    "cekat_inbound",
    start_date=datetime(2026, 1, 1),
    schedule=schedule,
    catchup=False,
    max_active_runs=1,
    tags=["cekat"],
) as dag:
    new_messages = CekatNewMessagesOperator(
        task_id="new_messages", conversation_ids=CONVERSATIONS, inlets=[customer_wrote] if customer_wrote else None
    )

    @task
    def handle(messages: list[dict[str, Any]]) -> int:
        return len(messages)

    handle(new_messages.output)
