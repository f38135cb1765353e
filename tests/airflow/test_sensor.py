"""The sensor, executed: what counts, what fails, what waits, and Airflow's own switches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.exceptions import TaskDeferralError
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)
from modes import given_up

from cekat_provider.core.outcome import Outcome
from cekat_provider.sensors.cekat import CekatMessagesSensor


def sensor(**arguments: Any) -> CekatMessagesSensor:
    given = {"conversation_id": "c-1", "since": None, "poke_interval": 0.02, "timeout": 0.2, **arguments}
    return CekatMessagesSensor(task_id="wait", **given)


def wait(**arguments: Any) -> Any:
    return sensor(**arguments).execute({})  # type: ignore[arg-type]


@pytest.fixture
def cekat(cekat_sandbox: Any) -> Any:
    cekat_sandbox.conversation(id="c-1")
    return cekat_sandbox


def test_what_it_returns(cekat: Any) -> None:
    for text in ("satu", "dua"):
        cekat.reply(text, conversation_id="c-1")
        cekat.advance(seconds=1)
    first, second = wait(min_messages=2)
    assert (first["text"], second["text"]) == ("satu", "dua")
    kept = cekat.messages("c-1")
    assert [first["id"], second["id"]] == [message["id"] for message in kept]
    assert first["sent_at"] == kept[0]["created_at"].replace("Z", "000+00:00")
    assert first["raw"]["contact"]["phone_number"] == "6281234567890"
    named = {"id", "conversation_id", "direction", "text", "media_type", "media_url", "status", "sent_at"}
    assert set(first) == {*named, "sender_type", "raw"}


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        ({}, ["Ya", "Foto", "ya lagi"]),
        ({"direction": "outbound"}, ["agen"]),
        ({"direction": "any"}, ["Ya", "agen", "Foto", "ya lagi"]),
        ({"contains": "YA"}, ["Ya", "ya lagi"]),
        ({"pattern": "^ya"}, ["ya lagi"]),
        ({"media_type": "image"}, ["Foto"]),
        ({"match": lambda message: len(message.text) > 4}, ["ya lagi"]),
        ({"min_messages": 3}, ["Ya", "Foto", "ya lagi"]),
        ({"min_messages": 4}, None),
        ({"contains": "tidak"}, None),
        ({"direction": "outbound", "contains": "catatan"}, None),
    ],
    ids=range(11),
)
def test_what_counts(cekat: Any, arguments: dict[str, Any], texts: list[str] | None) -> None:
    for say in (
        lambda: cekat.reply("Ya", conversation_id="c-1"),
        lambda: cekat.note("agen", conversation_id="c-1", sent_by_type="agent"),
        lambda: cekat.note("catatan", conversation_id="c-1"),
        lambda: cekat.reply(
            "Foto", conversation_id="c-1", media_type="image", media_url="https://files.example.com/a.png"
        ),
        lambda: cekat.reply("ya lagi", conversation_id="c-1"),
    ):
        say()
        cekat.advance(seconds=1)
    if texts is None:
        with pytest.raises(AirflowSensorTimeout):
            wait(**arguments)
    else:
        assert [message["text"] for message in wait(**arguments)] == texts


def test_it_waits_until_the_answer_comes(cekat: Any) -> None:
    cekat.auto_reply("ya", after_seconds=0.1, conversation_id="c-1")
    from cekat_provider.hooks.cekat import CekatHook

    hook = CekatHook()
    hook.send_message(conversation_id="c-1", message="Setuju?")
    hook.close()
    assert [message["text"] for message in wait(timeout=600)] == ["ya"]


FAIL, TIMEOUT, SKIP = AirflowFailException, AirflowSensorTimeout, AirflowSkipException
SOFT, NEVER, SILENT = {"soft_fail": True}, {"never_fail": True}, {"silent_fail": True}
GONE = {"kind": "status", "times": None}


@pytest.mark.parametrize(
    ("fault", "arguments", "kind", "looks"),
    [
        # at once
        *[({**GONE, "status": status}, {}, FAIL, 1) for status in (400, 401, 403, 404)],
        ({**GONE, "status": 302, "location": "https://x.example/"}, {}, FAIL, 1),
        ({**GONE, "status": 401}, SOFT, SKIP, 1),
        ({**GONE, "status": 401}, NEVER, SKIP, 1),
        ({**GONE, "status": 401}, SILENT, FAIL, 1),
        # not yet
        *[({**GONE, "status": status}, {}, TIMEOUT, None) for status in (429, 500, 502, 503)],
        ({"kind": "drop", "times": None}, {}, TIMEOUT, None),
        ({"kind": "not_json", "times": None}, {}, TIMEOUT, None),
        ({**GONE, "status": 500}, SOFT, SKIP, None),
        ({**GONE, "status": 500}, SILENT, TIMEOUT, None),
        # nothing wrong, and nothing there
        (None, {}, TIMEOUT, None),
        (None, SOFT, SKIP, None),
        (None, SILENT, TIMEOUT, None),
        (None, {"timeout": timedelta(seconds=0.1)}, TIMEOUT, None),
        (None, {"timeout": 0}, TIMEOUT, 1),
    ],
    ids=range(21),
)
def test_every_end_but_a_good_one(
    cekat: Any, fault: dict[str, Any] | None, arguments: dict[str, Any], kind: type, looks: int | None
) -> None:
    if fault:
        cekat.faults(fault)
    with pytest.raises(AirflowException) as caught:
        wait(**arguments)
    assert type(caught.value) is kind
    assert len(cekat.requests()) == looks if looks else cekat.requests()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 429},
        {"kind": "drop"},
        {"kind": "truncated"},
        {"kind": "not_json"},
        {"kind": "rate_limit", "retry_after": 0},
    ],
    ids=lambda fault: fault["kind"],
)
def test_trouble_that_passes(cekat: Any, fault: dict[str, Any]) -> None:
    cekat.reply("ya", conversation_id="c-1")
    cekat.faults({**fault, "times": 2})
    assert [message["text"] for message in wait(timeout=600)] == ["ya"]
    assert len(cekat.requests()) == 3


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [({}, ZeroDivisionError), (SOFT, ZeroDivisionError), (NEVER, AirflowSkipException), (SILENT, AirflowSensorTimeout)],
)
def test_a_bug_in_match(cekat: Any, arguments: dict[str, Any], kind: type) -> None:
    cekat.reply("ya", conversation_id="c-1")
    with pytest.raises(kind):
        wait(match=lambda message: 1 // 0, **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"conversation_id": ""}, "conversation_id must be"),
        ({"conversation_id": "None"}, "conversation_id must be"),
        ({"conversation_id": "a\r\nb"}, "conversation_id must be"),
        ({"since": "soon"}, "since must be"),
        ({"since": "None"}, "since must be"),
        ({"direction": "in"}, "direction must be"),
        ({"contains": ""}, "contains must be"),
        ({"pattern": "("}, "pattern must be"),
        ({"match": "ya"}, "match must be"),
        ({"min_messages": 0}, "min_messages must be"),
        ({"min_messages": "2"}, "min_messages must be"),
    ],
)
def test_a_wrong_argument_fails_before_any_request(cekat: Any, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(AirflowFailException, match=f"^{words}"):
        wait(**arguments)
    assert cekat.requests() == []


@pytest.mark.parametrize(
    ("retry_after", "arguments", "ran_seconds", "pause"),
    [
        (7, {"timeout": 100}, 0, 7),
        (7, {"timeout": 100, "poke_interval": 30}, 0, 30),
        (7, {"timeout": 100, "poke_interval": 30, "mode": "reschedule"}, 0, 30),
        (60, {"timeout": 100, "mode": "reschedule"}, 0, 60),
        (None, {"timeout": 100, "poke_interval": 3}, 0, 3),
        # never beyond the sensor's own end
        (500, {"timeout": 100}, 40, 60),
        (500, {"timeout": 100}, 140, 0.02),
    ],
)
def test_retry_after_delays_the_next_look(
    cekat: Any, retry_after: int | None, arguments: dict[str, Any], ran_seconds: float, pause: float
) -> None:
    cekat.faults(kind="rate_limit", retry_after=retry_after)
    waiting = sensor(**arguments)
    assert not waiting.poke({})  # type: ignore[arg-type]
    assert waiting._get_next_poke_interval(0.0, lambda: ran_seconds, 1) == pause
    # It is forgotten after the next look.
    assert not waiting.poke({})  # type: ignore[arg-type]
    assert waiting._get_next_poke_interval(0.0, lambda: 0.0, 1) == waiting.poke_interval


@pytest.mark.parametrize("value", ["1e300", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_out_of_this_world(cekat: Any, value: str) -> None:
    cekat.faults(kind="status", status=429, headers={"Retry-After": value}, times=None)
    with pytest.raises(AirflowSensorTimeout):
        wait()


def test_exponential_backoff_goes_on_working(cekat: Any) -> None:
    cekat.faults(kind="rate_limit", retry_after=7)
    waiting = sensor(exponential_backoff=True, poke_interval=10, timeout=1000, max_wait=60)
    waiting.poke({})  # type: ignore[arg-type]
    pauses = [waiting._get_next_poke_interval(0.0, lambda: 0.0, count) for count in range(1, 9)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 7
    assert pauses[-1] == 60


def test_template_fields_are_arguments() -> None:
    fields = CekatMessagesSensor.template_fields
    assert tuple(fields) == ("conversation_id", "since", "contains", "pattern", "cekat_conn_id")
    assert CekatMessagesSensor(task_id="wait", conversation_id="c-1").since == "{{ dag_run.start_date }}"
    assert not CekatMessagesSensor.template_ext


@pytest.mark.parametrize("answered", [True, False])
def test_a_last_look_where_no_triggerer_was_there_at_the_deadline(cekat: Any, answered: bool) -> None:
    if answered:
        cekat.reply("ya", conversation_id="c-1")
    no_time = Outcome(1.0, timed_out=True, looked=False).to_event()
    for resume in (
        lambda: sensor(deferrable=True).resume_execution(*given_up(), {}),  # type: ignore[arg-type]
        lambda: sensor(deferrable=True).execute_complete({}, no_time),  # type: ignore[arg-type]
    ):
        if answered:
            assert [message["text"] for message in resume()] == ["ya"]
        else:
            with pytest.raises(AirflowSensorTimeout):
                resume()
    assert len(cekat.requests()) == 2


def test_an_execution_timeout_is_no_last_look(cekat: Any) -> None:
    # Airflow 2.11 has the same words for both.
    struck: Any = ("__fail__", {"error": "Trigger/execution timeout"}, {})
    with pytest.raises(TaskDeferralError):
        sensor(deferrable=True, timeout=3600, execution_timeout=timedelta(seconds=60)).resume_execution(*struck)
    assert cekat.requests() == []
