"""What the soak runs: asks, waits and alerts at a steady rate, waits that stay, and a look from within; a DAG file."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import psutil
from airflow.providers.common.compat.sdk import DAG, BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from cekat_provider.notifications.cekat import CekatNotifier
from cekat_provider.operators.ask import CekatAskOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

START = datetime(2026, 1, 1)
EVERY = timedelta(seconds=float(os.environ.get("SOAK_EVERY", "60")))
STANDING = json.loads(os.environ.get("SOAK_STANDING", "[]"))
# Every run texts a customer of its own, so that no history grows.
RECEIVER = "62812{{ '%09d' % (logical_date.timestamp() | int % 1000000000) }}"


class LookInside(BaseTrigger):
    """Write down, from within the triggerer's event loop, how many tasks it holds."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "soak_dag.LookInside", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        me = psutil.Process()
        while True:
            seen = {"at": time.time(), "pid": me.pid, "tasks": len(asyncio.all_tasks()), "threads": me.num_threads()}
            with open(os.environ["SOAK_INSIDE"], "a") as file:
                file.write(json.dumps(seen) + "\n")
            await asyncio.sleep(15)
        yield TriggerEvent(None)


class KeepLooking(BaseOperator):
    def execute(self, context: Any) -> None:
        self.defer(trigger=LookInside(), method_name="execute")


class Fails(BaseOperator):
    def execute(self, context: Any) -> None:
        raise RuntimeError("this one is to be told")


with DAG("standing", start_date=START, schedule=None, catchup=False) as standing:
    KeepLooking(task_id="look_inside")
    CekatMessagesSensor.partial(
        task_id="wait", deferrable=True, poke_interval=30, timeout=86400, since=None, contains="never"
    ).expand(conversation_id=STANDING)

with DAG("steady", start_date=START, schedule=EVERY, catchup=False, max_active_runs=10) as steady:
    ask = CekatAskOperator(
        task_id="ask", receiver=RECEIVER, message="Halo! Jadi?", poke_interval=10, response_timeout=600
    )
    wait = CekatMessagesSensor(
        task_id="wait",
        conversation_id="{{ ti.xcom_pull('ask')['conversation_id'] }}",
        contains="sampai",
        deferrable=True,
        poke_interval=10,
        timeout=600,
    )
    ask >> wait
    Fails(task_id="alert", on_failure_callback=CekatNotifier(receivers="6281200000000", quiet_for=0))
