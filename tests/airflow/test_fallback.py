"""A template in the place of a message that comes too late: once, whatever happens around it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from instances import CONVERSATION, RECEIVER, Instance, Killed, Store

from cekat_provider.compat import AirflowFailException, AirflowSkipException
from cekat_provider.core.errors import CannotLookError, DeliveryTimeoutError, RateLimitedError, WindowClosedError
from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.operators.record import SendRecord

INBOX = "5f0c1f9e-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CekatHook, "settle_seconds", (0.0,))


@pytest.fixture(params=["3.3", "before"])
def store(request: pytest.FixtureRequest) -> Store | None:
    return Store() if request.param == "3.3" else None


@pytest.fixture
def closed(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A customer who has not written for a day, and a connection that names the inbox."""
    connection = {**cekat_sandbox.connection, "extra": {"inbox_id": INBOX, "max_wait": 3}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    cekat_sandbox.conversation(receiver=RECEIVER, id=CONVERSATION)
    cekat_sandbox.reply("Halo", conversation_id=CONVERSATION)
    cekat_sandbox.advance(hours=25)
    return cekat_sandbox


def texts(sandbox: Any) -> list[str]:
    return [message["message"] for message in sandbox.sent()]


def posts(sandbox: Any) -> list[str]:
    return [entry["path"] for entry in sandbox.requests() if entry["method"] == "POST"]


def late(store: Store | None = None, **arguments: Any) -> Instance:
    """A task whose message comes too late; its worker's clock is the sandbox's, a day ahead."""
    instance = Instance(store=store, **{"fallback_template": "alert", "message": "Pesanan\n siap", **arguments})
    instance.started = datetime.now(timezone.utc)
    return instance


@pytest.mark.parametrize("asks", [{}, {"check_window": True}])
def test_the_template_goes_where_the_window_is_closed(closed: Any, asks: dict[str, Any]) -> None:
    result = late(**asks).run()
    (sent,) = closed.sent()
    assert (sent["message"], sent["id"]) == ("Pesanan siap", result["message_id"])
    assert sent["request_body"]["phone_number"] == RECEIVER
    assert set(result) == {"message_id", "conversation_id", "receiver", "sent_at", "status", "response"}
    assert (result["receiver"], result["conversation_id"]) == (RECEIVER, CONVERSATION)
    assert posts(closed) == [*([] if asks else ["/messages/whatsapp"]), "/templates/send"]


def test_an_open_window_takes_the_message(closed: Any) -> None:
    closed.reply("Masih ada?", conversation_id=CONVERSATION)
    late().run()
    assert posts(closed) == ["/messages/whatsapp"]


def test_its_own_variables_and_language(closed: Any) -> None:
    late(fallback_template="order_ready", fallback_variables='["Budi", "INV-7"]', language="en").run()
    assert texts(closed) == ["Hello Budi, order INV-7 is ready."]


def test_a_retry_after_it_sends_nothing_again(closed: Any, store: Store | None) -> None:
    instance = late(store)
    first = instance.run()
    assert instance.run()["message_id"] == first["message_id"]
    assert texts(closed) == ["Pesanan siap"]
    instance.clear()
    assert instance.run()["message_id"] != first["message_id"]
    assert len(closed.sent()) == 2


@pytest.mark.parametrize("kind", ["accept_then_drop", "not_json", "truncated", "accept_then_status"])
def test_a_template_whose_answer_is_lost_is_found(closed: Any, store: Store | None, kind: str) -> None:
    closed.faults(on="send", kind=kind, skip=1)
    instance = late(store)
    first = instance.run()
    assert first["message_id"] == closed.sent()[0]["id"]
    assert instance.run()["message_id"] == first["message_id"]
    assert len(closed.sent()) == 1


def test_one_that_may_have_been_sent_and_does_not_show_ends_the_task(closed: Any) -> None:
    closed.faults(on="send", kind="drop", skip=1)
    instance = late(Store())
    for _ in range(2):
        with pytest.raises(AirflowFailException) as caught:
            instance.run()
        assert isinstance(caught.value.__cause__, CannotLookError)
    assert closed.sent() == []
    assert posts(closed) == ["/messages/whatsapp", "/templates/send"]


def test_a_worker_that_died_after_it_left_its_intent(
    closed: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch
) -> None:

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    instance = late(store)
    with monkeypatch.context() as dying:
        dying.setattr(SendRecord, "done", die)
        with pytest.raises(Killed):
            instance.run()
    result = instance.run()
    assert [result["message_id"]] == [message["id"] for message in closed.sent()]


def test_without_a_conversation_a_retry_before_3_3_does_not_send_it_blindly(closed: Any) -> None:
    instance = late(conversation_id=None)
    instance.run()
    with pytest.raises(AirflowFailException, match="may have sent the template") as caught:
        instance.run()
    assert isinstance(caught.value.__cause__, CannotLookError)
    assert len(closed.sent()) == 1


def test_without_a_conversation_the_store_tells(closed: Any) -> None:
    instance = late(Store(), conversation_id=None)
    first = instance.run()
    assert instance.run() == first
    assert len(closed.sent()) == 1


def test_a_refusal_for_now_is_waited_out(closed: Any) -> None:
    closed.faults(on="send", kind="rate_limit", retry_after=0, skip=1)
    late().run()
    assert posts(closed) == ["/messages/whatsapp", "/templates/send", "/templates/send"]
    assert len(closed.sent()) == 1


def test_a_window_that_closes_after_acceptance(cekat_sandbox: Any, store: Store | None, closed: Any) -> None:
    closed.reply("Masih ada?", conversation_id=CONVERSATION)
    closed.delivery(failed_after_seconds=0, error_code=131047, error_message="Re-engagement message")
    instance = late(store, delivery_timeout=0)
    # The template fails alike, and nothing takes its place.
    with pytest.raises(AirflowFailException) as caught:
        instance.run()
    assert isinstance(caught.value.__cause__, WindowClosedError)
    assert posts(closed) == ["/messages/whatsapp", "/templates/send"]


def test_a_template_that_stays_accepted_is_followed_and_not_sent_again(closed: Any, store: Store | None) -> None:
    instance = late(store, delivery_timeout=0)
    with pytest.raises(DeliveryTimeoutError):
        instance.run()
    closed.set_status(closed.sent()[0]["id"], "read")
    assert instance.run()["status"] == "read"
    assert len(closed.sent()) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"receiver": None}, "receiver must be given beside fallback_template"),
        ({"fallback_variables": "Budi"}, "fallback_variables must be a list"),
        ({"fallback_variables": ["a\nb"]}, r"fallback_variables\[0\] must be without a line break"),
        ({"message": "a" * 1025}, "fallback_variables must be given where the message has not 1 to 1024 characters"),
    ],
)
def test_wrong_before_any_request(closed: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(AirflowFailException, match=said):
        late(**wrong).run()
    assert closed.requests() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"fallback_template": "not_yet"}, "fallback_template must be an approved template, got 'not_yet'"),
        ({"fallback_template": "hello"}, "fallback_variables must be 0 for template 'hello', got 1"),
    ],
)
def test_a_wrong_template_is_named_and_not_sent(closed: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(AirflowFailException, match=said):
        late(**wrong).run()
    assert closed.sent() == []


def test_it_comes_before_skipping(closed: Any) -> None:
    late(on_window_closed="skip").run()
    assert len(closed.sent()) == 1
    with pytest.raises(AirflowSkipException):
        Instance(on_window_closed="skip").run()


def test_a_template_s_intent_outlives_a_try_that_could_not_look(closed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second try is refused before it can ask the conversation: that says nothing of what the first one sent."""

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    instance = late(Store())
    with monkeypatch.context() as dying:
        dying.setattr(SendRecord, "done", die)
        with pytest.raises(Killed):
            instance.run()
    closed.faults(on="read", kind="rate_limit")
    with pytest.raises(RateLimitedError):
        instance.run()
    instance.run()
    assert texts(closed) == ["Pesanan siap"]


def test_a_template_after_a_failed_delivery_is_found_by_the_next_try(
    closed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first try left is the template's intent: neither the message that failed, nor nothing."""

    def send_and_die(hook: CekatHook, *arguments: Any, **more: Any) -> Any:
        closed.delivery(delivered_after_seconds=0)
        real(hook, *arguments, **more)
        raise Killed

    closed.reply("Masih ada?", conversation_id=CONVERSATION)
    closed.delivery(failed_after_seconds=0, error_code=131047)
    instance = late(Store(), delivery_timeout=5)
    real = CekatHook.deliver_fallback
    with monkeypatch.context() as dying:
        dying.setattr(CekatHook, "deliver_fallback", send_and_die)
        with pytest.raises(Killed):
            instance.run()
    assert instance.run()["status"] == "delivered"
    assert len(posts(closed)) == 2
