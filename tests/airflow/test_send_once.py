"""The send operator over real HTTP: what it sends, what it remembers, and how it ends."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from instances import CONVERSATION, RECEIVER, BulkInstance, Instance, Killed, Store, Variables
from runs import AIRFLOW

from cekat_provider.compat import AirflowFailException, AirflowSkipException
from cekat_provider.core.errors import (
    CannotLookError,
    CekatError,
    DeliveryTimeoutError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ServerError,
    SupersededError,
    WindowClosedError,
)
from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.operators.record import SendRecord
from cekat_provider.transports.blocking import BlockingTransport


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a message once, at once: the sandbox's history does not lag unless it is told to."""
    monkeypatch.setattr(CekatHook, "settle_seconds", (0.0,))


@pytest.fixture(params=["3.3", "before"])
def store(request: pytest.FixtureRequest) -> Store | None:
    return Store() if request.param == "3.3" else None


def test_the_result(cekat_sandbox: Any) -> None:
    result = Instance().run()
    (sent,) = cekat_sandbox.sent()
    assert result == {
        "message_id": sent["id"],
        "conversation_id": CONVERSATION,
        "receiver": RECEIVER,
        "sent_at": result["sent_at"],
        "status": "sent",
        "response": result["response"],
    }
    assert datetime.fromisoformat(result["sent_at"]).utcoffset() == timedelta(0)
    json.dumps(result)


@pytest.mark.parametrize("kind", ["accept_then_drop", "not_json", "truncated"])
def test_an_accepted_message_without_an_answer_is_found(cekat_sandbox: Any, store: Store | None, kind: str) -> None:
    cekat_sandbox.faults(on="send", kind=kind)
    result = Instance(store=store).run()
    (sent,) = cekat_sandbox.sent()
    assert result["message_id"] == sent["id"]


@pytest.mark.parametrize("kind", ["drop", "status"])
def test_a_message_that_did_not_arrive_is_sent_again(cekat_sandbox: Any, kind: str) -> None:
    cekat_sandbox.faults(on="send", kind=kind, **({"status": 502} if kind == "status" else {}))
    Instance().run()
    assert len(cekat_sandbox.sent()) == 1


@pytest.mark.parametrize(("on_unknown", "ends"), [("fail", AirflowFailException), ("skip", AirflowSkipException)])
def test_a_message_that_did_not_arrive_may_end_the_task(cekat_sandbox: Any, on_unknown: str, ends: type) -> None:
    cekat_sandbox.faults(on="send", kind="drop")
    with pytest.raises(ends) as caught:
        Instance(on_unknown=on_unknown).run()
    assert isinstance(caught.value.__cause__, OutcomeUnknownError)
    assert cekat_sandbox.sent() == []


def test_without_a_conversation_an_unknown_outcome_fails(cekat_sandbox: Any) -> None:
    cekat_sandbox.faults(on="send", kind="accept_then_drop")
    with pytest.raises(AirflowFailException) as caught:
        Instance(conversation_id=None).run()
    assert isinstance(caught.value.__cause__, CannotLookError)
    assert len(cekat_sandbox.sent()) == 1


def test_a_retry_sends_nothing_again_and_a_clear_does(cekat_sandbox: Any, store: Store | None) -> None:
    instance = Instance(store=store)
    first = instance.run()
    again = instance.run()
    assert again["message_id"] == first["message_id"]
    assert len(cekat_sandbox.sent()) == 1
    instance.clear()
    assert instance.run()["message_id"] != first["message_id"]
    assert len(cekat_sandbox.sent()) == 2
    instance.run()
    assert len(cekat_sandbox.sent()) == 2


@pytest.mark.parametrize("minutes", [0, 90])
def test_once_a_run(cekat_sandbox: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    variables = Variables(monkeypatch)
    instance = Instance(store=store, resend_on_clear=False)
    instance.run()
    instance.clear()
    # Airflow begins a DAG run that was over anew, so its start is no help in the history.
    instance.started += timedelta(minutes=minutes)
    instance.run()
    assert len(cekat_sandbox.sent()) == 1
    assert bool(variables.kept) == (store is None)


@pytest.mark.parametrize("kind", [Instance, BulkInstance])
def test_once_a_run_though_airflow_empties_its_store(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, kind: type[Instance]
) -> None:
    monkeypatch.setenv("AIRFLOW__STATE_STORE__CLEAR_ON_SUCCESS", "True")
    variables, store = Variables(monkeypatch), Store()
    many = {"messages": [{"receiver": RECEIVER, "message": "Halo"}]} if kind is BulkInstance else {}
    for resend_on_clear, sent in ((False, 1), (True, 3)):
        instance = kind(store=store, resend_on_clear=resend_on_clear, **many)
        instance.run()
        assert bool(store) == resend_on_clear
        store.clear()
        instance.clear()
        instance.run()
        assert len(cekat_sandbox.sent()) == sent
        variables.kept.clear()


def test_a_note_stays_as_long_as_its_dag_run(cekat_sandbox: Any) -> None:
    store = Store()
    Instance(store=store).run()
    # `airflow.sdk.NEVER_EXPIRE`, which Airflow knows by its identity.
    assert store.retention is timedelta.max
    if AIRFLOW == "3.3":
        assert import_module("airflow.sdk").NEVER_EXPIRE is timedelta.max


def test_a_dead_worker_left_only_its_intent(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance(store=Store())

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(SendRecord, "done", die)
        with pytest.raises(Killed):
            instance.run()
    assert "result" not in instance.store["cekat_send"]  # type: ignore[index]
    instance.run()
    assert len(cekat_sandbox.sent()) == 1


def killed_while(instance: Instance, cekat_sandbox: Any, moment: str) -> None:
    """Run a try whose worker dies before the request or after it."""

    def die(transport: Any, request: Any) -> Any:
        if request.method == "POST":
            if moment == "after":
                real(transport, request)
            raise Killed
        return real(transport, request)

    real = BlockingTransport.send
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BlockingTransport, "send", die)
        with pytest.raises(Killed):
            instance.run()


def test_the_second_dead_worker_is_looked_for_where_the_first_left_nothing(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance(store=Store())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 7200)
    killed_while(instance, cekat_sandbox, "before")
    monkeypatch.setattr(time, "time", lambda: now)
    killed_while(instance, cekat_sandbox, "after")
    instance.run()
    assert len(cekat_sandbox.sent()) == 1


def test_what_was_sent_before_the_clear_is_not_what_the_clear_asked_for(cekat_sandbox: Any) -> None:
    instance = Instance(store=Store())
    first = instance.run()
    instance.clear()
    killed_while(instance, cekat_sandbox, "before")
    assert instance.run()["message_id"] != first["message_id"]
    assert len(cekat_sandbox.sent()) == 2


def test_a_refusal_after_an_unknown_outcome_does_not_make_it_certain(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history lags: the first try saw nothing, and was refused when it sent again."""
    connection = {**cekat_sandbox.connection, "extra": {"max_wait": 3}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    cekat_sandbox.shape(history_lag_seconds=3600)
    cekat_sandbox.faults(
        {"on": "send", "kind": "accept_then_drop"}, {"on": "send", "kind": "rate_limit", "retry_after": 60}
    )
    instance = Instance(store=Store())
    with pytest.raises(RateLimitedError):
        instance.run()
    cekat_sandbox.shape(history_lag_seconds=0)
    instance.run()
    assert len(cekat_sandbox.sent()) == 1


def test_an_accepted_message_is_not_sent_again_where_nothing_can_remember_it(cekat_sandbox: Any) -> None:
    """Before 3.3, without a conversation: a retry would not know that Cekat has accepted the message."""
    instance = Instance(conversation_id=None, delivery_timeout=0)
    with pytest.raises(AirflowFailException) as caught:
        instance.run()
    assert isinstance(caught.value.__cause__, DeliveryTimeoutError)


def test_another_tasks_twin_is_not_taken_for_ours(cekat_sandbox: Any, store: Store | None) -> None:
    other = Instance().run()
    instance = Instance(store=store)
    instance.others = [other]
    cekat_sandbox.faults(on="send", kind="drop")
    assert instance.run()["message_id"] != other["message_id"]
    assert len(cekat_sandbox.sent()) == 2


def test_a_certain_refusal_leaves_nothing_to_look_for(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"max_wait": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    cekat_sandbox.faults(on="send", kind="rate_limit")
    instance = Instance(store=Store(), conversation_id=None)
    with pytest.raises(RateLimitedError):
        instance.run()
    assert instance.store == {}
    instance.run()
    assert len(cekat_sandbox.sent()) == 1


@pytest.mark.parametrize(("asks", "told"), [({}, 1), ({"check_window": True}, 0)])
@pytest.mark.parametrize(("on", "ends"), [("fail", AirflowFailException), ("skip", AirflowSkipException)])
def test_a_closed_window(cekat_sandbox: Any, asks: dict[str, Any], told: int, on: str, ends: type) -> None:
    cekat_sandbox.conversation(receiver=RECEIVER, id=CONVERSATION)
    cekat_sandbox.reply("Halo", conversation_id=CONVERSATION)
    cekat_sandbox.advance(hours=25)
    with pytest.raises(ends) as caught:
        Instance(on_window_closed=on, **asks).run()
    assert isinstance(caught.value.__cause__, WindowClosedError)
    assert sum(entry["method"] == "POST" for entry in cekat_sandbox.requests()) == told


def test_an_open_window_is_no_obstacle(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(receiver=RECEIVER, id=CONVERSATION)
    cekat_sandbox.reply("Halo", conversation_id=CONVERSATION)
    Instance(check_window=True).run()
    assert len(cekat_sandbox.sent()) == 1


def test_delivery_is_waited_for(cekat_sandbox: Any) -> None:
    cekat_sandbox.delivery(delivered_after_seconds=0)
    assert Instance(delivery_timeout=5).run()["status"] == "delivered"


def test_a_message_that_stays_accepted(cekat_sandbox: Any, store: Store | None) -> None:
    instance = Instance(store=store, delivery_timeout=0)
    with pytest.raises(DeliveryTimeoutError):
        instance.run()
    cekat_sandbox.set_status(cekat_sandbox.sent()[0]["id"], "read")
    assert instance.run()["status"] == "read"
    assert len(cekat_sandbox.sent()) == 1


FAILURES: list[tuple[int, type[Exception], type[CekatError]]] = [
    (131047, AirflowFailException, WindowClosedError),
    (131026, AirflowFailException, CekatError),
]


@pytest.mark.parametrize(("code", "ends", "why"), FAILURES)
def test_a_failed_delivery_tells_whatsapps_reason(cekat_sandbox: Any, code: int, ends: type, why: type) -> None:
    cekat_sandbox.delivery(failed_after_seconds=0, error_code=code, error_message="no")
    with pytest.raises(ends, match=str(code)) as caught:
        Instance(delivery_timeout=5).run()
    assert isinstance(caught.value.__cause__, why)


def test_a_delivery_that_failed_for_a_passing_trouble_is_sent_again(cekat_sandbox: Any) -> None:
    cekat_sandbox.delivery(failed_after_seconds=0, error_code=131016, error_message="overloaded")
    instance = Instance(store=Store(), delivery_timeout=5)
    with pytest.raises(ServerError):
        instance.run()
    cekat_sandbox.delivery(delivered_after_seconds=0)
    assert instance.run()["status"] == "delivered"
    assert len(cekat_sandbox.sent()) == 2


@pytest.mark.parametrize(
    "wrong", [{"on_unknown": "retry"}, {"on_window_closed": "resend"}, {"delivery_timeout": -1}, {"check_window": True}]
)
def test_a_wrong_option_sends_nothing(cekat_sandbox: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException, match=next(iter(wrong))):
        Instance(**wrong, **({"conversation_id": None} if "check_window" in wrong else {})).run()
    assert cekat_sandbox.requests() == []


def test_an_unreachable_cekat_is_the_retries_business(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "cekat", "host": "http://127.0.0.1:9", "password": "key", "extra": {"max_wait": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    with pytest.raises(NotSentError):
        Instance().run()


class Broken(Store):
    """A store whose service is gone after the first write."""

    writes = 0

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self.writes += 1
        if self.writes > 1:
            raise ConnectionError("the API server is gone")
        super().set(key, value)

    def delete(self, key: str) -> None:
        raise ConnectionError("the API server is gone")


def test_a_message_that_was_sent_is_not_lost_with_its_note(
    cekat_sandbox: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a conversation nobody could look, so to fail here would be to fail for good."""
    result = Instance(store=Broken(), conversation_id=None).run()
    assert [sent["id"] for sent in cekat_sandbox.sent()] == [result["message_id"]]
    assert "could not be noted (ConnectionError)" in caplog.text + "".join(capfd.readouterr())


def test_a_refusal_stays_one_where_it_cannot_be_noted(cekat_sandbox: Any) -> None:
    cekat_sandbox.faults(on="send", kind="error_code", code=131047)
    with pytest.raises(AirflowFailException) as caught:
        Instance(store=Broken()).run()
    assert isinstance(caught.value.__cause__, WindowClosedError)


def test_nothing_is_sent_that_could_not_be_noted_before(cekat_sandbox: Any) -> None:
    store = Broken()
    store.writes = 1
    with pytest.raises(ConnectionError):
        Instance(store=store).run()
    assert cekat_sandbox.sent() == []


def test_a_try_that_came_too_late_takes_no_note_of_the_next_one(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that Airflow took for dead stops before its request; the next try's note is not its own to take."""
    instance = Instance(store=Store())

    def meanwhile(ti: Any) -> int:
        # The next try has sent, and its worker dies before it can say what.
        monkeypatch.setattr("cekat_provider.operators.record.later_try_of", lambda ti: None)
        killed_while(instance, cekat_sandbox, "after")
        return 2

    monkeypatch.setattr("cekat_provider.operators.record.later_try_of", meanwhile)
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps({**cekat_sandbox.connection, "extra": {"max_wait": 0}}))
    with pytest.raises(SupersededError):
        instance.run()
    instance.run()
    assert len(cekat_sandbox.sent()) == 1


def test_one_that_is_killed_in_the_pause_after_a_refusal_is_sent_by_the_retry(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a conversation to look in: a note that it may have been sent would fail the retry.
    instance = Instance(store=Store(), conversation_id=None, on_unknown="fail")
    cekat_sandbox.faults(kind="rate_limit", retry_after=30, on="send", times=1)
    instance.dies_in_the_pause(monkeypatch)
    instance.run()
    assert len(cekat_sandbox.sent()) == 1


@pytest.mark.parametrize("timeout", [float("inf"), float("nan"), 1e13, -1, True, "5"])
def test_a_delivery_timeout_is_a_time(cekat_sandbox: Any, timeout: Any) -> None:
    with pytest.raises(AirflowFailException, match="delivery_timeout must be a timedelta or a number of seconds"):
        Instance(store=Store(), delivery_timeout=timeout).run()
    assert cekat_sandbox.requests() == []
