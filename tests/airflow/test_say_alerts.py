"""Alerts in real DAG runs: what is told, once, to whom, and that nothing of it fails a task."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from runs import AIRFLOW

from cekat_provider.messages import Buttons
from cekat_provider.notifications.cekat import CekatNotifier

pytestmark = pytest.mark.usefixtures("airflow_db")
FOLDER = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], "tests")
INBOX = "5f0c1f9e-0000-4000-8000-000000000001"


@pytest.fixture
def dags(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    connection = {**cekat_sandbox.connection, "extra": {"inbox_id": INBOX}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    spec = importlib.util.spec_from_file_location("say_alerts", FOLDER / "say_alerts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(dag: Any, **conf: Any) -> Any:
    return dag.test(run_conf=conf or None)


def told(cekat_sandbox: Any) -> list[str]:
    return [message["message"] for message in cekat_sandbox.sent()]


def memory(dag_id: str, change: Any = None) -> dict[str, Any]:
    """Read the alerts' Variable from the database, and change it."""
    from airflow.models import Variable
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        row = session.scalar(select(Variable).where(Variable.key == f"cekat_alerts__{dag_id}"))
        value: dict[str, Any] = json.loads(row.get_val()) if row is not None else {}
        if change is not None:
            change(value)
            row.set_val(json.dumps(value))
        return value


def test_the_default_text_is_told_once_for_all_tries(cekat_sandbox: Any, dags: Any) -> None:
    dag_run = run(dags.alert_default)
    assert dag_run.state == "failed"
    (text,) = told(cekat_sandbox)
    heading, run_line, tries, *more = text.split("\n")
    assert heading == "🔁 Failed, will be tried again: alert_default › load"
    assert run_line == f"Run: {dag_run.run_id}"
    assert tries == "Try: 1 of 2"
    # Unlike their workers, `dag.test` of 3.0 to 3.2 tells a callback no exception, and that of 3.0 no log.
    cause = [line for line in more if line.startswith("Cause: ")]
    assert cause == (["Cause: ValueError: the warehouse is full"] if AIRFLOW in ("2.11", "3.3") else [])
    log = [line for line in more if line.startswith("Log: http")]
    assert len(log) == (AIRFLOW != "3.0")
    assert more == cause + log
    (entry,) = memory("alert_default").values()
    assert entry["more"] == 1


def test_a_shared_notifier_tells_each_its_own(cekat_sandbox: Any, dags: Any) -> None:
    run(dags.alert_shared)
    assert sorted(told(cekat_sandbox)) == ["one is broken", "three is broken", "two is broken"]
    assert dags.shared.message == "{{ ti.task_id }} is broken"


def test_mapped_tasks_make_no_storm(cekat_sandbox: Any, dags: Any) -> None:
    run(dags.alert_mapped)
    (text,) = told(cekat_sandbox)
    assert text.startswith("❌ Failed: alert_mapped › break_down [")
    (entry,) = memory("alert_mapped").values()
    assert entry["more"] == 3


def test_quiet_then_still_failing_then_well_again(cekat_sandbox: Any, dags: Any) -> None:
    for _ in range(3):
        run(dags.alert_across, fail=True)
    assert len(told(cekat_sandbox)) == 2  # one for each receiver

    def age(entries: dict[str, Any]) -> None:
        for entry in entries.values():
            entry["at"] -= 3601

    memory("alert_across", age)
    run(dags.alert_across, fail=True)
    assert len(told(cekat_sandbox)) == 4
    assert told(cekat_sandbox)[-1].endswith("\nStill failing, 2 more times.")

    run(dags.alert_across, fail=True)
    dag_run = run(dags.alert_across, fail=False)
    assert dag_run.state == "success"
    well = told(cekat_sandbox)[4:]
    assert well == [f"✅ Well again: alert_across › load\nRun: {dag_run.run_id}\nIt had failed 2 times."] * 2
    assert memory("alert_across") == {}
    run(dags.alert_across, fail=False)
    assert len(told(cekat_sandbox)) == 6  # well all along: nothing to tell


def test_a_whole_dag(cekat_sandbox: Any, dags: Any) -> None:
    failed = run(dags.alert_dag, fail=True)
    fine = run(dags.alert_dag, fail=False)
    first, second = told(cekat_sandbox)
    assert first.startswith(f"❌ Failed: alert_dag\nRun: {failed.run_id}\nCause: ")
    assert second == f"✅ Succeeded: alert_dag\nRun: {fine.run_id}"


def test_outside_the_window_a_template_tells_it(cekat_sandbox: Any, dags: Any) -> None:
    cekat_sandbox.conversation(dags.TO, opened_hours_ago=25)
    run(dags.alert_closed)
    (sent,) = cekat_sandbox.sent()
    assert (sent["message"], sent["is_template"]) == ("Line one line two", True)


def test_a_text_that_cannot_be_rendered_gives_way_to_the_default(cekat_sandbox: Any, dags: Any) -> None:
    run(dags.alert_unrendered)
    (text,) = told(cekat_sandbox)
    assert text.startswith("❌ Failed: alert_unrendered › load\nRun: ")


def test_a_message_with_buttons(cekat_sandbox: Any, dags: Any) -> None:
    run(dags.alert_buttons)
    (sent,) = cekat_sandbox.sent()
    wanted = Buttons("load?", ["Retry load", "Ignore"]).to_body()
    assert sent["request_body"] == {"receiver": dags.TO, **wanted}


def test_no_alert_changes_the_task_and_it_is_logged_once(
    cekat_sandbox: Any, dags: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    dag_run = run(dags.alert_nobody)
    assert {str(ti.state) for ti in dag_run.get_task_instances()} == {"failed"}
    logged = caplog.text + "".join(capfd.readouterr())
    lines = [line for line in logged.splitlines() if "The alert could not be told" in line]
    # On some Airflows the test sees the same line in two places.
    assert lines
    assert len({line.partition("The alert could")[2].partition(" [")[0] for line in lines}) == 1
    assert "nowhere" in lines[0]
    assert "Failed to run task callback" not in logged
    assert dags.TO not in logged


def test_a_refused_alert_is_not_remembered_as_told(cekat_sandbox: Any, dags: Any) -> None:
    cekat_sandbox.faults(kind="status", status=400, on="send")
    run(dags.alert_across, fail=True)  # the first receiver is refused, the second told
    assert len(told(cekat_sandbox)) == 1
    memory("alert_across", dict.clear)
    cekat_sandbox.faults({"kind": "status", "status": 400, "on": "send", "times": 2})
    run(dags.alert_across, fail=True)
    assert len(told(cekat_sandbox)) == 1
    assert memory("alert_across") == {}
    run(dags.alert_across, fail=True)
    assert len(told(cekat_sandbox)) == 3


def process_callbacks(*requests: Any) -> None:
    """Run DAG callbacks where Airflow 3 does: in a process that the DAG processor forks, over its API."""
    import structlog
    from airflow.dag_processing.processor import DagFileProcessorProcess
    from airflow.sdk.api.client import Client
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    api = in_process_api_server()
    client = Client(base_url=None, token="", dry_run=True, transport=api.transport)
    client.base_url = "http://in-process.invalid./"
    process = DagFileProcessorProcess.start(
        id="1",
        path=FOLDER / "say_alerts.py",
        bundle_path=FOLDER,
        **({} if AIRFLOW in ("3.0", "3.1") else {"bundle_name": "dags-folder", "dag_file_rel_path": "say_alerts.py"}),
        callbacks=list(requests),
        client=client,
        logger=structlog.get_logger(),
        logger_filehandle=io.BytesIO(),
    )
    while not process.is_ready:
        process._service_subprocess(0.1)


def test_in_the_dag_processor_three_failures_are_told_as_three(cekat_sandbox: Any, dags: Any) -> None:
    pytest.importorskip("airflow.sdk")
    from airflow.callbacks.callback_requests import DagCallbackRequest

    process_callbacks(
        *(
            DagCallbackRequest(
                filepath="say_alerts.py",
                dag_id=dag_id,
                run_id=run_id,
                bundle_name="dags-folder",
                bundle_version=None,
                msg="task_failure",
            )
            for dag_id, run_id in (("alert_dag", "a"), ("alert_dag", "b"), ("alert_closed", "c"), ("alert_closed", "c"))
        )
    )
    first, second, third = told(cekat_sandbox)
    assert first == "❌ Failed: alert_dag\nRun: a\nCause: task_failure"
    assert second == "❌ Failed: alert_dag\nRun: b\nCause: task_failure"
    assert third == "Line one\nline two"
    (entry,) = memory("alert_closed").values()
    assert entry["more"] == 1


def test_a_missed_deadline_is_told_from_the_triggerer(cekat_sandbox: Any, dags: Any) -> None:
    module, name = ("deadline", "DeadlineCallbackTrigger") if AIRFLOW == "3.1" else ("callback", "CallbackTrigger")
    callbacks = pytest.importorskip(f"airflow.triggers.{module}", reason="Airflow 3.1 and later")
    trigger = getattr(callbacks, name)(
        "cekat_provider.notifications.cekat.CekatNotifier",
        {
            "receivers": dags.TO,
            "fallback_template": "alert",
            "context": {
                "dag_run": {"dag_id": "daily", "dag_run_id": "manual__1", "logical_date": None},
                "deadline": {"id": "1", "deadline_time": "2026-11-23T00:00:00Z"},
            },
        },
    )

    async def events() -> list[Any]:
        return [event.payload["state"] async for event in trigger.run()]

    assert [str(getattr(state, "value", state)) for state in asyncio.run(events())] == ["running", "success"]
    assert told(cekat_sandbox) == ["⏰ Missed its deadline: daily\nRun: manual__1"]


def test_an_async_alert_that_fails_raises_nothing(cekat_sandbox: Any, dags: Any) -> None:
    pytest.importorskip("airflow.sdk.definitions.deadline", reason="Airflow 3.1 and later")
    from cekat_provider.notifications.cekat import CekatNotifier

    async def tell() -> None:
        await CekatNotifier(receivers="none at all", context={"deadline": {}})

    asyncio.run(tell())
    assert cekat_sandbox.requests() == []


@pytest.mark.parametrize("quiet_for", [-1, timedelta(seconds=-1), "soon", None, float("nan")])
def test_a_wrong_quiet_time_costs_no_alert(cekat_sandbox: Any, quiet_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = logged(monkeypatch)
    notifier = CekatNotifier(receivers="6281234567890", message="Gagal", quiet_for=quiet_for)
    notifier({"exception": ValueError("x")})
    assert told(cekat_sandbox) == ["Gagal"]
    assert lines[0].startswith("quiet_for must be a timedelta or a number of seconds, from 0 and at most")


WRONG = [
    ({"receivers": None}, "receivers must be one phone number, or a list of them, got a NoneType"),
    ({"receivers": ", "}, "receivers must be one phone number or several, got none"),
    ({"message": {"text": "x"}}, "message must be a text, got a dict"),
    ({"cekat_conn_id": "nowhere"}, "nowhere"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_what_is_wrong_with_an_alert_is_named_once(
    cekat_sandbox: Any, arguments: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = logged(monkeypatch)
    CekatNotifier(**{"receivers": "6281234567890", "quiet_for": 0, **arguments})({"exception": ValueError("x")})
    assert [line for line in lines if line.startswith("The alert could not be told: ") and words in line] == lines
    assert len(lines) == 1
    assert cekat_sandbox.sent() == []


def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what the notifier logs; Airflow 3.3 does not write with `logging`."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger = logging.Logger("told", logging.WARNING)
    logger.addHandler(Lines())
    monkeypatch.setattr(CekatNotifier, "log", logger)
    return lines


def test_from_an_event_loop_airflow_finds_the_way_back_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # As Airflow's triggerer does for whoever asks it for a Variable or a connection.
    from asgiref.sync import async_to_sync

    from cekat_provider.notifications.cekat import CekatNotifier

    async def here() -> Any:
        return asyncio.get_running_loop()

    seen: list[Any] = []
    notifier = CekatNotifier(receivers="6281234567890")
    monkeypatch.setattr(notifier, "notify", lambda context: seen.append(async_to_sync(here)()))

    async def tell() -> Any:
        await notifier.async_notify({})  # type: ignore[arg-type]
        return asyncio.get_running_loop()

    loop = asyncio.run(tell())
    assert seen == [loop]
