"""An event crosses processes: what is written is read, and nothing else is."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import timezone
from typing import Any

import pytest

from cekat_provider.core import errors, parse
from cekat_provider.core.errors import CekatError, EventError
from cekat_provider.core.outcome import Outcome, read

RAW = {"id": "m-1", "message": "Ya, rahasia", "sent_by_type": "user", "created_at": "2026-04-10 16:24:23"}
MESSAGE = parse.message(RAW, timezone.utc)
UNTIMED = parse.message({"message": "x"}, timezone.utc)
ERRORS: list[CekatError] = [
    errors.ServerError("Cekat answered 503", 503),
    errors.NotSentError("nothing left"),
    errors.AuthError("refused", 401),
    errors.CekatInputError("pattern", "something", "a regular expression"),
    errors.AnswerTooLargeError("too much", 200),
]


def travel(outcome: Outcome) -> Any:
    return json.loads(json.dumps(outcome.to_event()))


@pytest.mark.parametrize("messages", [[MESSAGE], [MESSAGE, UNTIMED], []])
def test_messages_come_back_whole(messages: list[parse.Message]) -> None:
    back = read(travel(Outcome(12.5, messages)))
    assert back.messages == messages
    assert [message.raw for message in back.messages or ()] == [message.raw for message in messages]
    assert (back.deadline, back.error, back.timed_out) == (12.5, None, False)


def test_no_text_is_readable_on_the_way() -> None:
    assert "rahasia" not in json.dumps(travel(Outcome(1, [MESSAGE])))
    assert "rahasia" not in repr(Outcome(1, [MESSAGE]))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("timed_out", [True, False])
def test_an_error_comes_back_as_it_was(error: CekatError, timed_out: bool) -> None:
    back = read(travel(Outcome(1, error=error, timed_out=timed_out)))
    assert type(back.error) is type(error)
    assert (str(back.error), back.timed_out) == (str(error), timed_out)
    assert back.error is not None
    assert back.error.permanent is error.permanent


def test_a_look_that_was_not_made_is_told() -> None:
    assert read(travel(Outcome(1, timed_out=True, looked=False))).looked is False
    assert read(travel(Outcome(1, timed_out=True))).looked is True


GOOD = travel(Outcome(1.0, [MESSAGE]))
BAD: list[Any] = [
    None,
    "",
    [],
    {},
    {"status": "success"},
    {**GOOD, "cekat": 2},
    {**GOOD, "more": 1},
    {**GOOD, "deadline": "soon"},
    {**GOOD, "deadline": None},
    {**GOOD, "deadline": True},
    {**GOOD, "timed_out": "no"},
    {**GOOD, "timed_out": True},
    {**GOOD, "looked": False},
    {**GOOD, "looked": "no"},
    {**GOOD, "error": ["ServerError", "x"]},
    {**GOOD, "messages": "!"},
    {**GOOD, "messages": None},
    {**GOOD, "messages": base64.b64encode(b"not zlib").decode()},
    {**GOOD, "messages": base64.b64encode(zlib.compress(b"{}")).decode()},
    {**GOOD, "messages": base64.b64encode(zlib.compress(b"[{}]")).decode()},
    {**GOOD, "messages": base64.b64encode(zlib.compress(b"[1]")).decode()},
    {"cekat": 1, "deadline": 1, "timed_out": False},
    {"cekat": 1, "deadline": 1, "timed_out": False, "error": ["Exception", "x"]},
    {"cekat": 1, "deadline": 1, "timed_out": False, "error": ["annotations", "x"]},
    {"cekat": 1, "deadline": 1, "timed_out": False, "error": ["ServerError", {"x": 1}]},
    {"cekat": 1, "deadline": 1, "timed_out": False, "error": ["CekatInputError", "x"]},
    {"cekat": 1, "deadline": 1, "timed_out": False, "error": []},
]


@pytest.mark.parametrize("event", BAD, ids=lambda event: repr(event)[:60])
def test_anything_else_fails(event: Any) -> None:
    with pytest.raises(EventError) as caught:
        read(event)
    assert "rahasia" not in str(caught.value)
