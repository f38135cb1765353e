"""Every way a send can fail, and what is done about it: the flow alone, on a clock of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from cekat_provider.core import delivery, lookup, receipt, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import drive
from cekat_provider.core.errors import (
    AuthError,
    BadRequestError,
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
from cekat_provider.core.flow import SentMessage
from cekat_provider.core.wire import Request, Response

CONFIG = CekatConfig(api_key="key-of-the-test")
START = datetime(2026, 4, 10, 9, 0, 0, tzinfo=timezone.utc)
BODY = {"conversation_id": "c-1", "receiver": "6281234567890", "message": "Halo"}

Answer = Response | CekatError


class Cekat:
    """A scripted Cekat: an answer for each request, a clock that only sleeping moves.

    :param server_ahead: how far Cekat's clock is ahead of the worker's.
    """

    def __init__(self, *answers: Answer | Callable[[Cekat], Answer], server_ahead: float = 0.0) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.slept: list[float] = []
        self.seconds = 0.0
        self.server_ahead = server_ahead

    @property
    def server_now(self) -> datetime:
        return START + timedelta(seconds=self.seconds + self.server_ahead)

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        answer = answer(self) if callable(answer) else answer
        if isinstance(answer, CekatError):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def deliver(self, body: dict[str, Any] | None = None, **kwargs: Any) -> SentMessage:
        policy = kwargs.pop("policy", delivery.Policy(random=lambda: 1.0))
        flow = delivery.deliver(CONFIG, BODY if body is None else body, policy, **kwargs)
        return drive(flow, self.send, self.sleep, lambda: START.timestamp() + self.seconds)

    @property
    def sends(self) -> int:
        return sum(request.method == "POST" for request in self.requests)


def response(status: int, body: Any, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def accepted(cekat: Cekat) -> Response:
    return response(200, {"success": True, "data": {"message_id": "m-new", "status": "sent"}})


def history(*messages: dict[str, Any]) -> Callable[[Cekat], Response]:
    """Answer a history; `ago` in a message is seconds before Cekat's now."""

    def answer(cekat: Cekat) -> Response:
        data = [
            {
                "sent_by_type": "api",
                "message": "Halo",
                **{key: value for key, value in message.items() if key != "ago"},
                "created_at": (cekat.server_now - timedelta(seconds=message.get("ago", 0.0))).isoformat(),
            }
            for message in messages
        ]
        date = format_datetime(cekat.server_now.replace(microsecond=0), usegmt=True)
        return response(200, {"success": True, "data": data}, date=date)

    return answer


DROPPED = OutcomeUnknownError("dropped")
UNREACHABLE = NotSentError("refused")

#: What is certainly not accepted: repeated, after the pause that stands beside it.
REPEATED: list[tuple[Answer, float]] = [
    (UNREACHABLE, 1.0),
    (response(429, {}), 1.0),
    (response(429, {}, retry_after="7"), 8.0),
    (
        response(429, {}, retry_after="Fri, 10 Apr 2026 09:00:20 GMT", date="Fri, 10 Apr 2026 09:00:00 GMT"),
        21.0,
    ),
    (response(503, {}, retry_after="2"), 3.0),
    (response(400, {"success": False, "error": {"code": 131056, "message": "pair rate limit"}}), 7.0),
    (response(400, {"success": False, "error": {"code": "131016", "message": "overloaded"}}), 1.0),
]


@pytest.mark.parametrize(("failure", "pause"), REPEATED)
def test_what_was_certainly_not_accepted_is_sent_again(failure: Answer, pause: float) -> None:
    cekat = Cekat(failure, accepted)
    assert cekat.deliver().message_id == "m-new"
    assert cekat.sends == 2
    assert cekat.slept == [pause]


FINAL: list[tuple[Answer, type[CekatError]]] = [
    (response(400, {}), BadRequestError),
    (response(401, {}), AuthError),
    (response(200, {"success": False, "error": {"message": "no"}}), BadRequestError),
    (response(400, {"success": False, "error": {"code": 131047}}), WindowClosedError),
    (response(400, {"error": "outside the 24-hour window"}), WindowClosedError),
    (response(400, {"success": False, "error": {"code": 131026}}), BadRequestError),
]


@pytest.mark.parametrize(("failure", "error"), FINAL)
def test_an_answer_is_final(failure: Answer, error: type[CekatError]) -> None:
    cekat = Cekat(failure)
    with pytest.raises(error) as caught:
        cekat.deliver()
    assert type(caught.value) is error
    assert cekat.slept == []


UNKNOWN: list[Answer] = [
    DROPPED,
    response(500, {}),
    response(502, b"<html>"),
    response(503, {}),
    response(504, {}),
    response(408, {}),
    response(200, b"<html>"),
    response(200, b'{"success": tr'),
    response(500, {"success": False, "error": {"code": 131000}}),
    # Not one of WhatsApp's codes: whoever gave up waiting may say it in an answer of JSON too.
    response(408, {"error": {"code": "REQUEST_TIMEOUT", "message": "timed out"}}),
    response(504, {"code": 4, "message": "context deadline exceeded", "details": []}),
    response(500, {"code": 3, "message": "upstream"}),
    response(503, {"success": False, "error": {"code": "4"}}),
]


@pytest.mark.parametrize("failure", UNKNOWN)
def test_an_unknown_outcome_is_looked_up_and_not_repeated(failure: Answer) -> None:
    cekat = Cekat(failure, history({"id": "m-seen", "status": "delivered"}))
    sent = cekat.deliver()
    assert (sent.message_id, sent.status, sent.found) == ("m-seen", "delivered", True)
    assert cekat.sends == 1


@pytest.mark.parametrize("failure", UNKNOWN)
def test_an_unknown_outcome_that_the_history_does_not_show_is_sent_again(failure: Answer) -> None:
    cekat = Cekat(failure, *[history()] * 4, accepted)
    assert cekat.deliver().message_id == "m-new"
    assert cekat.sends == 2
    assert cekat.slept == [1.0, 2.0, 4.0, 1.0]


def test_a_history_that_lags_is_waited_for() -> None:
    cekat = Cekat(DROPPED, history(), UNREACHABLE, history({"id": "m-seen", "ago": 3.0}))
    assert cekat.deliver().message_id == "m-seen"
    assert cekat.sends == 1


def test_fail_sends_nothing_again() -> None:
    cekat = Cekat(DROPPED, *[history()] * 4)
    with pytest.raises(OutcomeUnknownError):
        cekat.deliver(policy=delivery.Policy(on_unknown="fail"))
    assert cekat.sends == 1


def test_a_history_that_cannot_be_read_is_no_proof_of_absence() -> None:
    cekat = Cekat(DROPPED, history(), *[response(500, {})] * 3)
    with pytest.raises(OutcomeUnknownError):
        cekat.deliver()
    assert cekat.sends == 1


def test_a_conversation_that_is_not_there_does_not_hold_the_message() -> None:
    cekat = Cekat(DROPPED, *[response(404, {})] * 4, accepted)
    assert cekat.deliver().message_id == "m-new"


def test_without_a_conversation_nobody_guesses() -> None:
    cekat = Cekat(DROPPED)
    with pytest.raises(CannotLookError):
        cekat.deliver({"receiver": "6281234567890", "message": "Halo"})
    assert cekat.sends == 1


#: A message of the history, and whether it can be the one that was sent.
TRACES: list[tuple[dict[str, Any], bool]] = [
    ({"id": "m"}, True),
    ({"id": "m", "message": " Halo\r\n"}, True),
    ({"id": "m", "message": "Halo!"}, False),
    ({"id": "m", "sent_by_type": "user"}, False),
    ({"id": "m", "sent_by_type": "agent", "additional_data": {"is_private_note": True}}, False),
    ({"id": "m", "ago": 60.0}, False),
    ({"id": "m-other-task"}, False),
    ({"id": "m", "action": {"buttons": []}}, False),
    ({"id": "m", "status": "failed"}, False),
]


@pytest.mark.parametrize("server_ahead", [0.0, 3600.0, -3600.0])
@pytest.mark.parametrize(("message", "ours"), TRACES)
def test_only_our_own_message_is_taken_for_it(message: dict[str, Any], ours: bool, server_ahead: float) -> None:
    cekat = Cekat(DROPPED, history(message), *[history()] * 3, accepted, server_ahead=server_ahead)
    sent = cekat.deliver(not_ours=lambda: {"m-other-task"})
    assert sent.found is ours
    assert cekat.sends == (1 if ours else 2)


def buttons(nonce: str) -> dict[str, Any]:
    return {"buttons": [{"type": "reply", "reply": {"id": f"yes-{nonce}", "title": "Ya"}}]}


def test_buttons_are_told_apart_by_what_they_offer() -> None:
    body = {**BODY, "media_type": "button", "action": buttons("1")}
    cekat = Cekat(DROPPED, history({"id": "a", "action": buttons("2")}, {"id": "b", "action": buttons("1")}))
    assert cekat.deliver(body).message_id == "b"


#: What was sent, and how a history may keep it: the same with more, with less, or with numbers for strings.
KEPT: list[tuple[str, Any, Any, bool]] = [
    ("action", buttons("1"), {**buttons("1"), "name": "reply", "nonce": None}, True),
    ("action", {"name": "cta_url", "parameters": {"url": "u"}}, {"parameters": {"url": "u"}}, True),
    ("action", {"parameters": {"url": "u"}}, {"parameters": {"url": "v"}}, False),
    ("action", {"buttons": [{"id": 1}, {"id": 2}]}, {"buttons": [{"id": 1}]}, False),
    ("location", {"latitude": "-6.20", "longitude": "106"}, {"latitude": -6.2, "longitude": 106.0, "name": ""}, True),
    ("location", {"latitude": "-6.20", "longitude": "106"}, {"latitude": "-6.3", "longitude": "106"}, False),
    ("location", {"latitude": "1"}, {"latitude": "nan"}, False),
]


@pytest.mark.parametrize(("field", "asked", "kept", "same"), KEPT)
def test_a_field_that_was_kept_otherwise_is_no_other_message(field: str, asked: Any, kept: Any, same: bool) -> None:
    cekat = Cekat(DROPPED, history({"id": "m", field: kept}), *[history()] * 3, accepted)
    assert cekat.deliver({**BODY, field: asked}).found is same


def test_a_cekat_that_tells_no_time_is_believed_within_two_minutes() -> None:
    def undated(cekat: Cekat) -> Response:
        answer = history({"id": "m", "ago": 0.0})(cekat)
        return Response(answer.status, {}, answer.content)

    cekat = Cekat(DROPPED, undated, *[history()] * 3, accepted, server_ahead=-60.0)
    assert cekat.deliver().found is True


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0101 00:00:00 GMT"])
def test_a_clock_out_of_this_world_is_none(date: str) -> None:
    def dated(cekat: Cekat) -> Response:
        answer = history({"id": "m"})(cekat)
        return Response(answer.status, {"date": date}, answer.content)

    earlier = delivery.Earlier(START.timestamp() - 10.0, START.timestamp() + 600.0)
    assert Cekat(dated).deliver(earlier=earlier).found is True


@pytest.mark.parametrize(("ago", "found"), [(0.0, True), (300.0, True), (500.0, False)])
def test_an_earlier_try_is_looked_for_before_anything_is_sent(ago: float, found: bool) -> None:
    earlier = delivery.Earlier(since=START.timestamp() - 310.0)
    cekat = Cekat(history({"id": "m-seen", "ago": ago}), *[history()] * 3, accepted)
    sent = cekat.deliver(earlier=earlier)
    assert sent.found is found
    assert cekat.sends == (0 if found else 1)


def test_a_message_from_long_after_the_earlier_try_is_not_its() -> None:
    earlier = delivery.Earlier(since=START.timestamp() - 7200.0, until=START.timestamp() - 7000.0)
    cekat = Cekat(*[history({"id": "m-later", "ago": 60.0})] * 4, accepted)
    assert cekat.deliver(earlier=earlier).message_id == "m-new"


def test_an_earlier_try_that_left_no_trace_is_not_repeated_with_fail() -> None:
    cekat = Cekat(*[history()] * 4)
    with pytest.raises(OutcomeUnknownError):
        cekat.deliver(earlier=delivery.Earlier(START.timestamp()), policy=delivery.Policy(on_unknown="fail"))
    assert cekat.sends == 0


@pytest.mark.parametrize(
    ("failures", "error"),
    [([UNREACHABLE], NotSentError), ([response(429, {}, retry_after="500")], RateLimitedError)],
)
def test_the_pauses_are_bounded(failures: list[Answer], error: type[CekatError]) -> None:
    cekat = Cekat(*failures * 100)
    with pytest.raises(error):
        cekat.deliver()
    assert sum(cekat.slept) <= 120.0
    assert all(pause <= 30.0 for pause in cekat.slept)


@pytest.mark.parametrize("on_unknown", ["resend", "fail"])
def test_what_a_later_try_sends_is_not_repeated(on_unknown: delivery.OnUnknown) -> None:
    cekat = Cekat(SupersededError("a later try sends it"), accepted)
    with pytest.raises(SupersededError):
        cekat.deliver(policy=delivery.Policy(on_unknown=on_unknown))
    assert (len(cekat.requests), cekat.slept) == (1, [])


def test_each_repeat_is_told_with_its_reason() -> None:
    told: list[str] = []
    cekat = Cekat(response(429, {}, retry_after="7"), accepted)
    cekat.deliver(policy=delivery.Policy(random=lambda: 1.0, tell=told.append))
    (said,) = told
    assert said.startswith("Not sent: Cekat answered 429 to POST /messages/whatsapp")
    assert said.endswith("Again in 8.0 s.")
    assert "6281234567890" not in said
    assert "Halo" not in said


def test_the_jitter_is_full() -> None:
    policy = delivery.Policy(random=lambda: 0.25)
    assert [policy.pause(attempt, UNREACHABLE) for attempt in range(7)] == [0.25, 0.5, 1.0, 2.0, 4.0, 7.5, 7.5]


ALL: Iterable[CekatError] = [DROPPED, UNREACHABLE, ServerError("", 500), ServerError("", 503), AuthError("", 401)]


@pytest.mark.parametrize("error", ALL)
def test_no_error_is_of_two_kinds(error: CekatError) -> None:
    assert not (delivery.repeatable(error) and delivery.unknown(error))


def test_a_conversation_that_cekat_does_not_name_is_the_one_that_its_sender_knows() -> None:
    assert Cekat(response(200, {"data": {"message_id": "m-1"}})).deliver().conversation_id == "c-1"
    assert Cekat(response(200, {"data": {"conversation_id": "c-2"}})).deliver().conversation_id == "c-2"
    cekat = Cekat(response(200, {"success": True, "data": {"message_id": "t-1"}}))
    parcel = lookup.Parcel({"phone_number": "6281234567890"}, "c-1", lambda message: False, wire.send_template)
    flow = delivery.ship(CONFIG, parcel, delivery.Policy())
    sent = drive(flow, cekat.send, cekat.sleep, lambda: START.timestamp())
    assert (sent.message_id, sent.conversation_id, sent.by_template) == ("t-1", "c-1", True)


def test_a_delivery_is_waited_for_by_the_clock_and_no_faster_than_cekat_asks() -> None:
    def slow(cekat: Cekat) -> Response:
        cekat.seconds += 30
        return history()(cekat)

    def await_delivery(*answers: Any) -> Cekat:
        cekat = Cekat(*answers)
        flow = receipt.await_delivery(CONFIG, "c-1", "m-1", 300)
        with pytest.raises(DeliveryTimeoutError, match="within 300 s"):
            drive(flow, cekat.send, cekat.sleep, lambda: START.timestamp() + cekat.seconds)
        return cekat

    hanging = await_delivery(*[slow] * 20)
    assert hanging.seconds < 300 + 60
    held = await_delivery(*[response(429, {}, retry_after="120")] * 4)
    assert held.slept == [120, 120, 60]
    assert len(held.requests) == 4
