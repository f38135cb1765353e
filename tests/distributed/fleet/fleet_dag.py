"""Mapped sends and deferred waits, many at once; the DAG file of `run.py`."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

# What dies here comes back within a minute or two; `retry_delay` times `retries` outlasts that.
COMMON: dict[str, Any] = {"pool": "cekat", "retries": 12, "retry_delay": timedelta(seconds=5)}


def sends(name: str, first: int, many: int) -> list[dict[str, Any]]:
    return [
        {
            "receiver": f"62812{number:08d}",
            "conversation_id": f"00000000-0000-4000-8000-{number:012d}",
            "message": f"Pesanan INV-{number} sudah dikirim ({name}).",
        }
        for number in range(first, first + many)
    ]


def dag(name: str) -> DAG:
    return DAG(name, start_date=datetime(2026, 1, 1), schedule=None, catchup=False, max_active_tasks=1000)


with dag("sends"):
    CekatSendWhatsAppOperator.partial(task_id="send", **COMMON).expand_kwargs(
        sends("sends", 0, int(os.environ.get("FLEET_SENDS", "1")))
    )

with dag("cleared"):
    # A person who clears a task wants its message again; here each customer is to get one, cleared or not.
    CekatSendWhatsAppOperator.partial(task_id="send", resend_on_clear=False, **COMMON).expand_kwargs(
        sends("cleared", 1_000_000, int(os.environ.get("FLEET_CLEARED", "1")))
    )

with dag("waits"):
    CekatMessagesSensor.partial(
        task_id="wait",
        deferrable=True,
        since=None,
        timeout=7200,
        poke_interval=float(os.environ.get("FLEET_INTERVAL", "20")),
        **COMMON,
    ).expand(
        conversation_id=[
            f"00000000-0000-4000-8000-{number:012d}"
            for number in range(2_000_000, 2_000_000 + int(os.environ.get("FLEET_WAITS", "1")))
        ]
    )
