"""Asking and waiting in one task: sent once, waited for without a worker, and every way it can end."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.exceptions import TaskDeferralError
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException, TaskDeferred
from asks import Asked
from instances import Variables
from modes import given_up
from runs import Run, load

from cekat_provider.core.errors import AuthError, CekatError, EventError, ServerError
from cekat_provider.core.outcome import Outcome
from cekat_provider.core.parse import UTC, message
from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.operators.ask import CekatAskOperator

ANSWER = message({"id": "m-2", "conversation_id": "c-1", "sent_by_type": "user", "message": "Ya"}, UTC)


def ask(**arguments: Any) -> CekatAskOperator:
    given = {"receiver": "6281234567890", "conversation_id": "c-1", "message": "Jadi?", **arguments}
    return CekatAskOperator(task_id="ask", **given)  # type: ignore[arg-type]


@pytest.mark.usefixtures("airflow_db")
def test_a_dag_asks_and_acts_on_the_answer(cekat_sandbox: Any) -> None:
    cekat_sandbox.auto_reply("Ya", after_seconds=0.1)
    dag = load("examples", "cekat_ask")
    dag.get_task("ask_customer").poke_interval = 1
    run = Run(dag)
    assert run.states == {"ask_customer": "success", "act_on": "success"}
    assert run.xcom("act_on") == "Ya"
    (sent,) = cekat_sandbox.sent()
    assert [button["reply"]["title"] for button in sent["request_body"]["action"]["buttons"]] == ["Ya", "Tidak"]


def test_it_defers_from_the_moment_of_the_send(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    with pytest.raises(TaskDeferred) as deferred:
        ask(response_timeout=timedelta(minutes=5), poke_interval=7).execute({})  # type: ignore[arg-type]
    _, waits = deferred.value.trigger.serialize()
    since = datetime.fromisoformat(waits["since"])
    assert waits["conversation_id"] == "c-1"
    assert waits["deadline"] == since.timestamp() + 300
    assert waits["poke_interval"] == 7
    assert cekat_sandbox.api_key not in str(waits)


@pytest.mark.usefixtures("airflow_db")
def test_a_retry_goes_on_waiting_and_does_not_ask_again(cekat_sandbox: Any) -> None:
    # Without a conversation to look in.
    asked = Asked(CekatAskOperator, receiver="6281234567890", message="Jadi?", retries=1)
    first = asked.defers()
    assert asked.defers(retry=True) == first
    assert len(cekat_sandbox.sent()) == 1


LEFT = [
    ({"retries": 1}, 1),  # the retry goes by it
    ({"retries": 0}, 0),
    ({"retries": 1, "on_unknown": "fail"}, 0),
]


@pytest.mark.parametrize(("arguments", "left"), LEFT)
def test_before_3_3_no_variable_is_left_where_no_try_follows(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], left: int
) -> None:
    variables = Variables(monkeypatch)
    monkeypatch.setattr(CekatHook, "settle_seconds", (0.0,))
    connection = {**cekat_sandbox.connection, "extra": {"max_wait": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    cekat_sandbox.conversation(id="c-1", receiver="6281234567890")
    cekat_sandbox.faults(kind="status", status=500, on="send", times=9)
    asked = Asked(CekatAskOperator, receiver="6281234567890", conversation_id="c-1", message="Jadi?", **arguments)
    asked.context.pop("task_state_store", None)
    task = asked.operator()
    asked.context |= {"task": task, "dag": task.dag}
    with pytest.raises(CekatError if arguments.get("on_unknown") is None else AirflowFailException):
        asked.operator().execute(asked.context)
    assert len(variables.kept) == left
    # After the send, in the triggerer's hands, and after an event that nobody can read.
    cekat_sandbox.clear_faults()
    asked.defers(retry=True)
    assert len(variables.kept) == 1
    asked.ti.try_number = max(asked.ti.try_number, asked.ti.max_tries + 1)
    with pytest.raises(EventError):
        asked.resumes({})
    assert variables.kept == {}


def test_the_answer_is_the_first_message() -> None:
    event = Outcome(1.0, messages=[ANSWER]).to_event()
    returned = ask().execute_complete({}, event)  # type: ignore[arg-type]
    assert returned is not None
    assert (returned["id"], returned["text"], returned["direction"]) == ("m-2", "Ya", "inbound")


@pytest.mark.parametrize(("on_timeout", "ends"), [("fail", AirflowFailException), ("skip", AirflowSkipException)])
def test_no_answer(on_timeout: str, ends: type) -> None:
    event = Outcome(1.0, timed_out=True).to_event()
    with pytest.raises(ends, match="No answer came within 60 seconds"):
        ask(on_timeout=on_timeout, response_timeout=60).execute_complete({}, event)  # type: ignore[arg-type]


def test_no_answer_may_be_an_answer() -> None:
    event = Outcome(1.0, timed_out=True, error=ServerError("sorry", 500)).to_event()
    assert ask(on_timeout="none").execute_complete({}, event) is None  # type: ignore[arg-type]


GIVEN_UP = given_up()


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize("on_timeout", ["skip", "none"])
def test_a_triggerer_that_is_away_changes_no_time_out(cekat_sandbox: Any, on_timeout: str) -> None:
    asked = Asked(
        CekatAskOperator, receiver="6281234567890", message="Jadi?", response_timeout=1e-3, on_timeout=on_timeout
    )
    asked.defers()
    if on_timeout == "none":
        assert asked.operator().resume_execution(*GIVEN_UP, asked.context) is None
    else:
        with pytest.raises(AirflowSkipException, match="No answer came"):
            asked.operator().resume_execution(*GIVEN_UP, asked.context)
    assert len(cekat_sandbox.sent()) == 1


@pytest.mark.usefixtures("airflow_db")
def test_an_answer_counts_though_no_triggerer_saw_it(cekat_sandbox: Any) -> None:
    asked = Asked(CekatAskOperator, receiver="6281234567890", message="Jadi?", response_timeout=1e-3)
    conversation_id = asked.defers()["conversation_id"]
    cekat_sandbox.reply(conversation_id=conversation_id, text="Ya")
    assert asked.operator().resume_execution(*GIVEN_UP, asked.context)["text"] == "Ya"


@pytest.mark.usefixtures("airflow_db")
def test_an_execution_timeout_is_no_answer(cekat_sandbox: Any) -> None:
    # Airflow 2.11 has the same words for both.
    asked = Asked(
        CekatAskOperator,
        receiver="6281234567890",
        message="Jadi?",
        execution_timeout=timedelta(hours=1),
        on_timeout="none",
    )
    asked.defers()
    with pytest.raises(TaskDeferralError):
        asked.operator().resume_execution("__fail__", {"error": "Trigger/execution timeout"}, asked.context)


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize("answered", [True, False])
def test_a_look_for_which_the_triggerer_had_no_time_is_made_here(cekat_sandbox: Any, answered: bool) -> None:
    asked = Asked(CekatAskOperator, receiver="6281234567890", message="Jadi?", response_timeout=1e-3, on_timeout="none")
    conversation_id = asked.defers()["conversation_id"]
    if answered:
        cekat_sandbox.reply(conversation_id=conversation_id, text="Ya")
    ended = asked.resumes(Outcome(1.0, timed_out=True, looked=False).to_event())
    assert (ended or {}).get("text") == ("Ya" if answered else None)


def test_without_a_record_the_time_out_is_all_there_is() -> None:
    operator = ask(on_timeout="none")
    assert operator.resume_execution(*GIVEN_UP, {}) is None  # type: ignore[arg-type]


@pytest.mark.usefixtures("airflow_db")
def test_a_trigger_with_a_bug_is_retried(cekat_sandbox: Any) -> None:
    asked = Asked(CekatAskOperator, receiver="6281234567890", message="Jadi?", on_timeout="none")
    asked.defers()
    with pytest.raises(TaskDeferralError):
        asked.operator().resume_execution("__fail__", {"error": "Trigger failure", "traceback": ["bug"]}, asked.context)
    assert len(cekat_sandbox.sent()) == 1


ENDS: list[tuple[CekatError, type[Exception]]] = [
    (AuthError("no"), AirflowFailException),
    (ServerError("x"), ServerError),
]


@pytest.mark.parametrize(("error", "ends"), ENDS)
def test_an_error_ends_the_wait(error: CekatError, ends: type[Exception]) -> None:
    with pytest.raises(ends):
        ask().execute_complete({}, Outcome(1.0, error=error).to_event())  # type: ignore[arg-type]


@pytest.mark.parametrize("event", [None, {}, {"cekat": 2}])
def test_a_foreign_event_fails(event: Any) -> None:
    with pytest.raises(EventError):
        ask().execute_complete({}, event)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"response_timeout": 0}, {"response_timeout": True}, {"on_timeout": "shrug"}])
def test_a_wrong_option_asks_nobody(cekat_sandbox: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException, match=next(iter(wrong))):
        ask(**wrong).execute({})  # type: ignore[arg-type]
    assert cekat_sandbox.requests() == []


@pytest.mark.parametrize("interval", ["60", 0, True, None])
def test_a_wrong_interval_asks_nobody(cekat_sandbox: Any, interval: Any) -> None:
    with pytest.raises(AirflowFailException, match="poke_interval must be a timedelta or a number of seconds, above 0"):
        ask(poke_interval=interval).execute({})  # type: ignore[arg-type]
    assert cekat_sandbox.requests() == []


def test_an_interval_may_be_a_timedelta_as_a_sensors(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    with pytest.raises(TaskDeferred) as deferred:
        ask(poke_interval=timedelta(minutes=2)).execute({})  # type: ignore[arg-type]
    assert deferred.value.trigger.serialize()[1]["poke_interval"] == 120
