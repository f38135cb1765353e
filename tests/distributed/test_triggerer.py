"""A real scheduler and a real triggerer: deferred waits end as they should, though the triggerer or a worker dies."""

from __future__ import annotations

from collections import Counter
from typing import Any

from local_airflow import LocalAirflow
from record import deferred, ended, logs, returned, states

WAITS = """
from datetime import datetime, timedelta
from airflow.providers.common.compat.sdk import DAG
from cekat_provider.sensors.cekat import CekatMessagesSensor

def yes(message):
    return message.text.startswith("Ya")

with DAG("waits", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    common = dict(conversation_id="{{ dag_run.conf['id'] }}", deferrable=True, poke_interval=3, since=None, retries=1,
                  retry_delay=timedelta(seconds=1))
    CekatMessagesSensor(task_id="answered", timeout=3600, **common)
    CekatMessagesSensor(task_id="matched", timeout=3600, match=yes, **common)
    CekatMessagesSensor(task_id="by_path", timeout=3600, match="waits.yes", **common)
    CekatMessagesSensor(task_id="too_late", timeout=10, contains="never", **common)
    CekatMessagesSensor(task_id="skipped", timeout=10, contains="never", soft_fail=True, **common)
    CekatMessagesSensor(task_id="broken", timeout=3600, match="waits.no_such", **common)
"""
ASKS = """
import os
import signal
from datetime import datetime, timedelta
from importlib.metadata import version
from airflow.providers.common.compat.sdk import DAG
from cekat_provider.operators.ask import CekatAskOperator
from cekat_provider.operators.record import SendRecord
from cekat_provider.transports.blocking import BlockingTransport

class Dying(CekatAskOperator):
    # The operator as it is, in a worker whose first try is killed right after this.
    after = ""

    def execute(self, context):
        if context["ti"].try_number > 1:
            return super().execute(context)
        owner, name = (BlockingTransport, "send") if self.after == "send" else (SendRecord, "done")
        step = getattr(owner, name)

        def dying(self, subject, *rest):
            result = step(self, subject, *rest)
            if getattr(subject, "method", "POST") == "POST":
                if version("apache-airflow").startswith("3.0."):  # no retry where the task's process alone dies
                    os.kill(os.getppid(), signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(owner, name, dying)
        return super().execute(context)

class DyingAfterSend(Dying):
    after = "send"

class DyingAfterRecord(Dying):
    after = "record"

with DAG("asks", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    def ask(task_id, kind=CekatAskOperator, **more):
        kind(task_id=task_id, conversation_id="{{ dag_run.conf[task.task_id] }}", message="Jadi?", poke_interval=2,
             retries=2, retry_delay=timedelta(seconds=1), **{"response_timeout": 3600, **more})

    ask("answered")
    ask("answered_at_once")
    ask("killed_after_send", DyingAfterSend)
    ask("killed_after_record", DyingAfterRecord)
    ask("fails", response_timeout=5)
    ask("skips", response_timeout=5, on_timeout="skip")
    ask("returns_none", response_timeout=5, on_timeout="none")
"""
DAGS = {"waits": WAITS, "asks": ASKS}


def looks(cekat: Any, *ids: str) -> list[int]:
    """Count the looks at conversations."""
    counts = Counter(entry["query"] for entry in cekat.requests() if entry["method"] == "GET")
    return [counts[f"conversation_id={one}"] for one in ids]


def the_triggerer_dies(airflow: LocalAirflow, cekat: Any, *ids: str, meanwhile: Any) -> None:
    """Kill the triggerer after two more looks at each conversation, and start another one."""
    before = looks(cekat, *ids)
    airflow.wait_for(
        "looks", lambda: all(now >= then + 2 for now, then in zip(looks(cekat, *ids), before, strict=True))
    )
    airflow.kill("triggerer")
    meanwhile()
    airflow.start("triggerer")


def wait_for_the_end(airflow: LocalAirflow, dag_id: str) -> None:
    over = {"success", "failed", "skipped"}
    airflow.wait_for("the end", lambda: set(states(airflow, dag_id).values()) <= over)


def test_waits_go_on_through_the_death_of_the_triggerer(cekat: Any, airflow: LocalAirflow) -> None:
    conversation = cekat.conversation("6281200000000")["id"]
    airflow.trigger("waits", conf={"id": conversation})
    waiting = {"answered", "matched", "by_path"}
    airflow.wait_for(
        "the waits",
        lambda: {task for task, state in states(airflow, "waits").items() if state == "deferred"} >= waiting,
    )

    def answer() -> None:
        cekat.reply("Tidak", conversation_id=conversation)
        cekat.reply("Ya, rahasia besar", conversation_id=conversation)

    the_triggerer_dies(airflow, cekat, conversation, meanwhile=answer)
    wait_for_the_end(airflow, "waits")
    got = ended(airflow, "waits")
    assert states(airflow, "waits") == {
        "answered": "success",
        "matched": "success",
        "by_path": "success",
        "too_late": "failed",
        "skipped": "skipped",
        "broken": "failed",
    }
    # Neither a time-out nor a wrong argument is retried.
    assert got["too_late"][1] == 1
    assert got["broken"][1] == 1
    texts = {task: [message["text"] for message in messages] for task, messages in returned(airflow, "waits").items()}
    both = ["Tidak", "Ya, rahasia besar"]
    assert texts == {"answered": both, "matched": both[1:], "by_path": both[1:]}
    said = logs(airflow.home)
    assert cekat.api_key not in said
    assert "rahasia besar" not in said


def test_a_customer_is_asked_once_whatever_dies(cekat: Any, airflow: LocalAirflow) -> None:
    tasks = ("answered", "answered_at_once", "killed_after_send", "killed_after_record")
    quiet = ("fails", "skips", "returns_none")
    ids = {task: cekat.conversation(f"62812111111{n:02}")["id"] for n, task in enumerate((*tasks, *quiet))}
    # Within the same second as the question, by Cekat's clock.
    cekat.auto_reply("Ya, langsung", conversation_id=ids["answered_at_once"])
    airflow.trigger("asks", conf=ids)
    waiting = {task for task in tasks if task != "answered_at_once"}
    airflow.wait_for("the waits", lambda: deferred(airflow, "asks") >= waiting)

    def answer() -> None:
        for task in waiting:
            cekat.reply("Ya", conversation_id=ids[task])

    the_triggerer_dies(airflow, cekat, *(ids[task] for task in waiting), meanwhile=answer)
    wait_for_the_end(airflow, "asks")
    assert states(airflow, "asks") == {
        **dict.fromkeys(tasks, "success"),
        "fails": "failed",
        "skips": "skipped",
        "returns_none": "success",
    }
    answers = {task: message["text"] for task, message in returned(airflow, "asks").items() if message}
    assert answers == {**dict.fromkeys(tasks, "Ya"), "answered_at_once": "Ya, langsung"}
    got = ended(airflow, "asks")
    # Or nothing was killed, and nothing shown.
    assert got["killed_after_send"][1] > 1
    assert got["killed_after_record"][1] > 1
    # A time-out is not retried.
    assert got["fails"][1] == 1
    asked = Counter(message["conversation_id"] for message in cekat.sent())
    assert asked == dict.fromkeys(ids.values(), 1)
