"""Runs one sensor to its end in each mode, as Airflow would: every part in new objects, all that travels as JSON."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib import import_module
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

from airflow.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)
from airflow.providers.common.compat.sdk import DAG, BaseSensorOperator
from virtual import Clock, run_virtually

from cekat_provider.sensors.cekat import CekatMessagesSensor

IS_2 = version("apache-airflow").startswith("2.")
MODES = ("poke", "reschedule", "deferrable")


class Memory(dict[str, Any]):
    """What Airflow 3.3 keeps for a task."""

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self[key] = json.loads(json.dumps(value))

    def delete(self, key: str) -> None:
        del self[key]


def given_up() -> tuple[str, dict[str, Any]]:
    """Return what a task resumes with that no triggerer has woken in time, in the installed Airflow's own words."""
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    source = inspect.getsource(SchedulerJobRunner.check_trigger_timeouts)
    written = re.search(r'"error": "([^"]+)"', source)
    if written is not None:
        return "__fail__", {"error": written[1]}
    assert '"error": TriggerFailureReason.TRIGGER_TIMEOUT' in source
    reasons = import_module("airflow.models.trigger").TriggerFailureReason
    return "__fail__", {"error": str(reasons.TRIGGER_TIMEOUT.value)}


@dataclass
class TI:
    """The little that a sensor asks of its task instance."""

    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    dag_id: str = "d"
    task_id: str = "t"
    run_id: str = "r"
    map_index: int = -1
    try_number: int = 1
    max_tries: int = 0

    def get_first_reschedule_date(self, context: Any) -> datetime:
        return self.started


@dataclass
class End:
    """How a wait ended, as the scheduler sees it: done, skipped, failed (for good) or retry."""

    state: str
    xcom: Any = None
    error: BaseException | None = None
    triggers: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


def run(mode: str, clock: Clock, monkeypatch: Any, **arguments: Any) -> End:
    """Run a sensor to its end, on a clock that takes no time."""
    ti, memory, end = TI(clock.utcnow()), Memory(), End("")
    airflows = import_module(BaseSensorOperator.__module__)
    monkeypatch.setattr(airflows, "time", clock)
    monkeypatch.setattr(airflows, "timezone", SimpleNamespace(utcnow=clock.utcnow))
    # Airflow 2.11 reads it from its database.
    if hasattr(airflows, "_orig_start_date"):
        monkeypatch.setattr(airflows, "_orig_start_date", lambda **_: ti.started)
    context: dict[str, Any] = {"ti": ti}
    if not IS_2:  # which keeps it in a Variable of its database
        context["task_state_store"] = memory

    def sensor() -> CekatMessagesSensor:
        # A new one for each process.
        with DAG("d", start_date=datetime(2026, 1, 1), schedule=None):
            return CekatMessagesSensor(
                task_id="t",
                mode="reschedule" if mode == "reschedule" else "poke",
                deferrable=mode == "deferrable",
                **{"since": None, "poke_interval": 2.0, "timeout": 800.0, **arguments},
            )

    def step() -> Any:
        return sensor().execute(context)

    try:
        while True:
            try:
                end.xcom = json.loads(json.dumps(step()))
                end.state = "done"
                return end
            except AirflowRescheduleException as err:
                clock.sleep(err.reschedule_date.timestamp() - clock.time())
            except TaskDeferred as err:
                path, kwargs = json.loads(json.dumps(err.trigger.serialize()))
                end.triggers.append(kwargs)
                step = _resume(sensor, err.method_name, path, kwargs, context, end, clock)
    except AirflowSkipException as err:
        end.state, end.error = "skipped", err
    except (AirflowFailException, AirflowSensorTimeout) as err:
        end.state, end.error = "failed", err
    except Exception as err:
        end.state, end.error = "retry", err
    return end


def _resume(
    sensor: Any, method: str, path: str, kwargs: dict[str, Any], context: Any, end: End, clock: Clock
) -> Callable[[], Any]:
    module, _, name = path.rpartition(".")
    trigger = getattr(import_module(module), name)(**kwargs)

    async def first() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    try:
        events = run_virtually(first(), clock)
    except Exception as err:  # what the triggerer makes of a bug
        error = {"error": "Trigger failure", "traceback": [repr(err)]}
        return lambda: sensor().resume_execution("__fail__", error, context)
    (event,) = json.loads(json.dumps(events))
    end.events.append(event)
    return lambda: sensor().resume_execution(method, {"event": event}, context)
