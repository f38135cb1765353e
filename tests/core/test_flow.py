"""What is asked, what an answer means and what comes next: with a list of answers, through both drivers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from samples import CONVERSATION, answer

from cekat_provider.core import flow, parse
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow, drive, drive_async
from cekat_provider.core.errors import (
    AuthError,
    CekatError,
    NotFoundError,
    NotJSONError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ServerError,
    WindowClosedError,
)
from cekat_provider.core.wire import Request, Response

CONFIG = CekatConfig(api_key="key-0123456789-made-up")
DATE = "Fri, 10 Apr 2026 09:24:23 GMT"
AT = datetime(2026, 4, 10, 9, 24, 23, tzinfo=timezone.utc)
BODY = {"receiver": "6281234567890", "message": "halo"}

Run = Callable[..., tuple[Any, list[str]]]


def blocking(steps: Flow[Any], answers: Any) -> tuple[Any, list[str]]:
    asked: list[str] = []
    return drive(steps, lambda request: give(request, asked, answers), no_sleep, no_clock), asked


def asynchronous(steps: Flow[Any], answers: Any) -> tuple[Any, list[str]]:
    asked: list[str] = []

    async def send(request: Request) -> Response:
        await asyncio.sleep(0)
        return give(request, asked, answers)

    async def sleep(seconds: float) -> None:
        no_sleep(seconds)

    return asyncio.run(drive_async(steps, send, sleep, no_clock, asyncio.to_thread)), asked


def no_clock() -> float:
    raise AssertionError("nobody needs the time here")


def give(request: Request, asked: list[str], answers: Any) -> Response:
    asked.append(f"{request.method} {request.target} {(request.content or b'').decode()}".strip())
    given = answers(len(asked)) if callable(answers) else answers[len(asked) - 1]
    if isinstance(given, CekatError):
        raise given
    assert isinstance(given, Response)
    return given


def no_sleep(seconds: float) -> None:
    raise AssertionError(f"nothing here sleeps, and certainly not {seconds} s")


@pytest.fixture(params=[blocking, asynchronous])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param  # type: ignore[no-any-return]


# Sending

SENT = {"success": True, "data": {"message_id": "m-1", "conversation_id": CONVERSATION, "status": "sent", "x": [1]}}


@pytest.mark.parametrize(
    ("content", "message_id", "conversation_id", "status"),
    [
        (SENT, "m-1", CONVERSATION, "sent"),
        ({"success": True, "data": {"id": "m-1"}}, "m-1", None, None),
        ({"success": True, "data": {"id": 7, "status": "queued_somehow"}}, "7", None, "queued_somehow"),
        ({"message_id": "m-1", "status": "sent"}, "m-1", None, "sent"),
        ({"success": True, "data": {"message_id": "", "id": None, "status": True}}, None, None, None),
        ({"success": True, "data": {"message_id": ["m-1"], "conversation_id": {}}}, None, None, None),
        ({"success": True, "data": None}, None, None, None),
        ({"success": True, "data": [1]}, None, None, None),
        ({"success": True}, None, None, None),
        ([], None, None, None),
    ],
)
def test_a_send(run: Run, content: Any, message_id: Any, conversation_id: Any, status: Any) -> None:
    sent, asked = run(flow.send(CONFIG, BODY), [answer(content, date=DATE)])
    assert asked == ['POST /messages/whatsapp {"receiver":"6281234567890","message":"halo"}']
    assert sent == flow.SentMessage(message_id, conversation_id, "6281234567890", AT, status, content)


@pytest.mark.parametrize(("seconds", "earlier"), [(0.0, 0), (0.9, 0), (4.2, 4)])
def test_it_was_sent_when_the_request_left(run: Run, seconds: float, earlier: int) -> None:
    # Cekat writes its ``Date`` with the answer; a customer may have answered before that.
    sent, _ = run(flow.send(CONFIG, BODY), [Response(200, {"date": DATE}, b"", seconds)])
    assert sent.sent_at == AT - timedelta(seconds=earlier)


@pytest.mark.parametrize("content", [b"", b"  \n"])
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_empty_answer_is_acceptance(run: Run, status: int, content: bytes) -> None:
    body = {"conversation_id": CONVERSATION, "message": "halo"}
    sent, _ = run(flow.send(CONFIG, body), [answer(content, status)])
    assert sent == flow.SentMessage(None, None, None, None, None, None)


ERRORS: list[tuple[Any, type[CekatError]]] = [
    (answer(b"<html>", 200), NotJSONError),
    (answer({"success": False, "error": {"message": "no"}, "status_code": 401}, 401), AuthError),
    (answer({"success": False, "error": {"code": 131047}}, 400), WindowClosedError),
    (answer(b"", 404), NotFoundError),
    (answer(b"", 429, retry_after="1"), RateLimitedError),
    (answer(b"", 500), ServerError),
    (NotSentError("no connection"), NotSentError),
    (OutcomeUnknownError("dropped"), OutcomeUnknownError),
]


@pytest.mark.parametrize(("given", "kind"), ERRORS)
@pytest.mark.parametrize("steps", [lambda: flow.send(CONFIG, BODY), lambda: flow.history(CONFIG, CONVERSATION)])
def test_nothing_is_repeated(run: Run, steps: Callable[[], Flow[Any]], given: Any, kind: type[CekatError]) -> None:
    asked = 0

    def once(number: int) -> Any:
        nonlocal asked
        asked = number
        return given

    with pytest.raises(kind):
        run(steps(), once)
    assert asked == 1


def test_a_repr_of_what_was_sent_tells_nothing(run: Run) -> None:
    sent, _ = run(flow.send(CONFIG, BODY), [answer({"data": {"id": "m-1", "echo": "halo 6281234567890"}})])
    assert "6281234567890" not in repr(sent)
    assert "halo" not in repr(sent)


# Reading


def held(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"m-{number}", "message": str(number), "created_at": f"2026-04-10T09:00:{number:02}Z", **fields}


def paged(items: list[Any], current: int, total: int) -> Response:
    pagination = {"current_page": current, "total_page": total}
    return answer({"success": True, "data": items, "metadata": {"pagination": pagination}})


def cursored(items: list[Any], cursor: str | None) -> Response:
    return answer({"success": True, "data": items, "metadata": {"pagination": {"next_cursor": cursor}}})


READ = f"GET /messages?conversation_id={CONVERSATION}"


@pytest.mark.parametrize(
    ("answers", "asked", "texts"),
    [
        ([answer([])], [READ], ""),
        ([answer([held(2), held(3), held(1)])], [READ], "123"),
        # by number
        (
            [paged([held(3)], 1, 3), paged([held(2)], 2, 3), paged([held(1)], 3, 3)],
            [READ, f"{READ}&page=2", f"{READ}&page=3"],
            "123",
        ),
        # by cursor
        (
            [cursored([held(3)], "a&b"), cursored([held(1), held(2)], None)],
            [READ, f"{READ}&cursor=a%26b"],
            "123",
        ),
        # a message that moved to the next page meanwhile is there once
        ([paged([held(3), held(2)], 1, 2), paged([held(2), held(1)], 2, 2)], [READ, f"{READ}&page=2"], "123"),
        # a server that does not know `page` gives the first page again
        ([paged([held(1)], 1, 3), paged([held(1)], 1, 3)], [READ, f"{READ}&page=2"], "1"),
        # the same cursor again
        ([cursored([held(1)], "a"), cursored([held(2)], "a")], [READ, f"{READ}&cursor=a"], "12"),
        # cursors that go round
        (
            [cursored([held(1)], "a"), cursored([held(2)], "b"), cursored([held(1)], "a")],
            [READ, f"{READ}&cursor=a", f"{READ}&cursor=b"],
            "12",
        ),
        # an empty page that says there is more
        ([paged([held(1)], 1, 9), paged([], 2, 9)], [READ, f"{READ}&page=2"], "1"),
        # without a time: at the end, in the order they came
        ([answer([held(2, created_at=None), held(3, created_at="?"), held(1)])], [READ], "123"),
        # the same second: in the order they came
        ([answer([held(1), held(2, created_at=held(1)["created_at"])])], [READ], "12"),
        # the same second, the newest first
        ([answer([held(3), held(2, created_at=held(3)["created_at"]), held(1)])], [READ], "123"),
        (
            [paged([held(3)], 1, 2), paged([held(2, created_at=held(3)["created_at"]), held(1)], 2, 2)],
            [READ, f"{READ}&page=2"],
            "123",
        ),
    ],
)
def test_a_history(run: Run, answers: list[Response], asked: list[str], texts: str) -> None:
    messages, really_asked = run(flow.history(CONFIG, CONVERSATION), answers)
    assert really_asked == asked
    assert "".join(message.text for message in messages) == texts


@pytest.mark.parametrize("pages", [[[1, 2], [3, 4], [5]], [[5, 4], [3, 2], [1]], [[1, 2], [1, 2], [5]]])
def test_a_history_since_a_time(run: Run, pages: list[list[int]]) -> None:
    answers = [paged([held(n) for n in page], index, len(pages)) for index, page in enumerate(pages, 1)]
    whole, asked = run(flow.history(CONFIG, CONVERSATION), list(answers))
    since = parse.message(held(4), parse.UTC).sent_at
    recent, asked_since = run(flow.history(CONFIG, CONVERSATION, since), list(answers))
    # What is left out neither ends the reading early nor changes what comes of it.
    assert asked_since == asked
    assert recent == [message for message in whole if message.sent_at >= since]


def test_a_history_without_an_end(run: Run) -> None:
    messages, asked = run(flow.history(CONFIG, CONVERSATION), lambda n: cursored([held(n % 60, id=str(n))], f"c{n}"))
    assert len(asked) == len(messages) == 1000


def test_two_messages_without_ids_are_two(run: Run) -> None:
    twice = [{"message": "Ya", "created_at": "2026-04-10 16:24:23"}, {"message": "Tidak"}]
    messages, _ = run(flow.history(CONFIG, CONVERSATION), [answer(twice)])
    assert [message.text for message in messages] == ["Ya", "Tidak"]


def test_an_error_on_a_later_page_is_an_error(run: Run) -> None:
    with pytest.raises(RateLimitedError):
        run(flow.history(CONFIG, CONVERSATION), [paged([held(1)], 1, 2), answer(b"", 429)])


# Trying the key


@pytest.mark.parametrize(
    "given",
    [
        answer({"success": False, "error": {"message": "Conversation not found"}}, 404),
        answer({"success": False, "error": {"code": "VALIDATION_ERROR", "message": "no"}}, 400),
        answer({"success": True, "data": []}),
        answer([]),
    ],
)
def test_a_key_that_is_accepted(run: Run, given: Response) -> None:
    accepted, asked = run(flow.check_key(CONFIG, CONVERSATION), [given])
    assert accepted is True
    assert asked == [READ]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer({"success": False, "status_code": 401, "error": {"message": "Not authenticated"}}, 401), AuthError),
        (answer({"success": False, "status_code": 401, "error": {"message": "Not authenticated"}}), AuthError),
        (answer(b"", 403), AuthError),
        (answer(b"", 429), RateLimitedError),
        (answer(b"", 500), ServerError),
        (answer(b"<html>", 200), NotJSONError),
        (answer(b"<html>", 404), NotJSONError),
        (answer(b"", 200), NotJSONError),
        (answer("hello"), NotJSONError),
        (answer({"hello": "world"}), NotJSONError),
        (NotSentError("no connection"), NotSentError),
        (OutcomeUnknownError("dropped"), OutcomeUnknownError),
    ],
)
def test_a_key_that_is_not(run: Run, given: Any, kind: type[CekatError]) -> None:
    with pytest.raises(kind):
        run(flow.check_key(CONFIG, CONVERSATION), [given])


def test_no_error_repeats_the_key(run: Run) -> None:
    echo = {"success": False, "error": {"message": f"bad key {CONFIG.api_key}", "code": CONFIG.api_key}}
    for steps in (flow.send(CONFIG, BODY), flow.history(CONFIG, "c-1"), flow.check_key(CONFIG, "c-1")):
        with pytest.raises(AuthError) as caught:
            run(steps, [answer(json.dumps(echo).encode(), 401)])
        assert CONFIG.api_key not in f"{caught.value!s}{caught.value!r}{caught.value.said}{caught.value.code}"


def test_the_order_within_a_second_is_that_of_the_whole_answer(run: Run) -> None:
    second = held(3)["created_at"]
    newest_first = [answer([held(3), held(2, created_at=second), held(1)])]
    messages, _ = run(flow.history(CONFIG, CONVERSATION, parse.message(held(3), parse.UTC).sent_at), newest_first)
    assert [message.text for message in messages] == ["2", "3"]
