"""A real asset watcher: a customer's message starts a DAG, though the triggerer dies between the two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from local_airflow import IS_2, LocalAirflow

pytestmark = pytest.mark.skipif(IS_2, reason="Airflow 2.11 has no watchers")

DAG = """
import os
from datetime import datetime
from airflow.sdk import DAG, Asset, AssetWatcher
from cekat_provider.operators.cekat import CekatNewMessagesOperator
from cekat_provider.triggers.cekat import CekatInboundTrigger

IDS = os.environ["CEKAT_CONVERSATIONS"].split(",")
trigger = CekatInboundTrigger(conversation_ids=IDS, poke_interval=2)
wrote = Asset("wrote", watchers=[AssetWatcher(name="w", trigger=trigger)])

with DAG("inbound", start_date=datetime(2026, 1, 1), schedule=[wrote], catchup=False, max_active_runs=1) as dag:
    CekatNewMessagesOperator(task_id="new_messages", conversation_ids=IDS, inlets=[wrote])
"""


def taken(airflow: LocalAirflow) -> list[str]:
    texts: list[str] = []
    for (value,) in airflow.sql("SELECT value FROM xcom WHERE key = 'return_value' ORDER BY timestamp"):
        found = json.loads(value)
        found = json.loads(found) if isinstance(found, str) else found
        texts += [message["text"] for message in found]
    return texts


def test_a_message_starts_a_run_though_the_triggerer_dies(cekat_sandbox: Any, tmp_path: Path) -> None:
    ids = [cekat_sandbox.conversation(f"62812{n:08}")["id"] for n in range(3)]
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "cekat_under_test.py").write_text(DAG)
    settings = {
        "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(cekat_sandbox.connection),
        "CEKAT_CONVERSATIONS": ",".join(ids),
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    }
    with LocalAirflow(tmp_path, settings, triggerer=True) as airflow:
        airflow.up()
        airflow.wait_for("the watcher looks", lambda: len(cekat_sandbox.requests()) >= 3)
        cekat_sandbox.reply("satu", conversation_id=ids[0])
        airflow.wait_for("the first run", lambda: taken(airflow) == ["satu"])

        # Killed right after the look that has seen the message, before its event can be anywhere but in memory.
        cekat_sandbox.reply("dua", conversation_id=ids[1])
        before = len(cekat_sandbox.requests())
        airflow.wait_for("a look", lambda: len(cekat_sandbox.requests()) >= before + 3)
        airflow.kill("triggerer")
        cekat_sandbox.reply("tiga", conversation_id=ids[2])
        airflow.start("triggerer")
        # Airflow may merge the two events into one run, or one of them may wait for the next.
        airflow.wait_for("the second and the third", lambda: {"dua", "tiga"} <= set(taken(airflow)))
        assert sorted(taken(airflow)) == ["dua", "satu", "tiga"]
        extras = [extra for (extra,) in airflow.sql("SELECT extra FROM asset_event")]
        assert extras
        assert not any(text in str(extras) for text in ("satu", "dua", "tiga", cekat_sandbox.api_key))
