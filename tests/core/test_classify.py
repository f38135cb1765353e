"""Which answer becomes which error: body × status × code."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import GENERATED, answer

from cekat_provider.core import classify, wire
from cekat_provider.core.errors import (
    AuthError,
    BadRequestError,
    CekatResponseError,
    NotFoundError,
    RateLimitedError,
    RedirectError,
    ServerError,
    WindowClosedError,
)

KEY = "key-0123456789-made-up"
TEXT = "Halo Bu Contoh, pesanan Anda siap"
SEND = wire.send_message({"receiver": "6281234567890", "message": TEXT})
READ = wire.get_messages("c-1")

KINDS: dict[int, type[CekatResponseError]] = {
    300: RedirectError,
    301: RedirectError,
    302: RedirectError,
    304: RedirectError,
    307: RedirectError,
    308: RedirectError,
    400: BadRequestError,
    401: AuthError,
    402: BadRequestError,
    403: AuthError,
    404: NotFoundError,
    405: BadRequestError,
    408: ServerError,
    409: BadRequestError,
    413: BadRequestError,
    422: BadRequestError,
    429: RateLimitedError,
    500: ServerError,
    502: ServerError,
    503: ServerError,
    504: ServerError,
    599: ServerError,
}
BODIES: list[tuple[Any, str | None, str | None]] = [
    ({"success": False, "status_code": 401, "error": {"message": "It said no"}}, "It said no", None),
    ({"success": False, "error": {"code": "NO", "message": "It said no", "details": []}}, "It said no", "NO"),
    (
        {
            "success": False,
            "error": {
                "code": "NO",
                "message": "It said no",
                "details": [{"field": "f", "message": "bad"}, {"message": "g"}, 5, {"field": None}],
            },
        },
        "It said no; f: bad; g",
        "NO",
    ),
    ("It said no", "It said no", None),
    (b"It said no", "It said no", None),
    (b"  It said no\n", "It said no", None),
    ({"message": "It said no"}, "It said no", None),
    ({"error": "It said no"}, "It said no", None),
    ({"detail": "It said no", "code": 17}, "It said no", "17"),
    ({"error": {"message": "It said no", "code": 17}}, "It said no", "17"),
    ({"error": {"message": "It said no", "code": True}}, "It said no", None),
    ({"error": {"message": ["no"], "details": "no"}}, None, None),
    ({"error": ["no"]}, None, None),
    ({}, None, None),
    ([], None, None),
    (None, None, None),
    (b"", None, None),
    (b"<html><h1>Bad gateway</h1></html>", None, None),
    (b"\xff\xfe\xfd", "\ufffd" * 3, None),
    (b'{"success": false, "error"', '{"success": false, "error"', None),
]


@pytest.mark.parametrize(("status", "kind"), KINDS.items())
@pytest.mark.parametrize(("body", "said", "code"), BODIES, ids=range(len(BODIES)))
def test_every_body_under_every_status(
    status: int, kind: type[CekatResponseError], body: Any, said: str | None, code: str | None
) -> None:
    error = classify.error_of(answer(body, status), READ)
    assert error is not None
    assert (type(error), error.status, error.said, error.code) == (kind, status, said, code)
    told = str(error)
    assert told.startswith(f"Cekat answered {status} to GET /messages")
    assert told.endswith(error.advice)
    assert error.advice
    assert (repr(said) in told) is (said is not None)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("body", [b"", b"not json", {"success": True}, {"data": []}, [], "text", {"error": "x"}, None])
def test_a_good_status_is_no_error(status: int, body: Any) -> None:
    assert classify.error_of(answer(body, status), READ) is None


@pytest.mark.parametrize(
    ("inner", "kind", "status"),
    [
        ({}, BadRequestError, 400),
        ({"status_code": 401}, AuthError, 401),
        ({"status_code": 404}, NotFoundError, 404),
        ({"status_code": 429}, RateLimitedError, 429),
        ({"status_code": 500}, ServerError, 500),
        ({"status_code": 200}, BadRequestError, 400),
        ({"status_code": "401"}, BadRequestError, 400),
        ({"status_code": True}, BadRequestError, 400),
    ],
)
def test_success_false_under_a_good_status(inner: dict[str, Any], kind: type[CekatResponseError], status: int) -> None:
    error = classify.error_of(answer({"success": False, **inner, "error": {"message": "no"}}, 200), SEND)
    assert type(error) is kind
    assert error.status == status


CODES = {
    WindowClosedError: [131047, 470, 63016],
    RateLimitedError: [130429, 4, 80007, 131056],
    ServerError: [131000, 131016, 135000, 131057],
    BadRequestError: [131026, 131050, *range(132000, 132017)],
    AuthError: [131042, 368, 131031, 190, 10, 3],
}


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes])
@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500])
def test_whatsapps_code_goes_before_the_status(kind: type[CekatResponseError], code: int, status: int) -> None:
    for written in (code, str(code)):
        body = {"success": False, "error": {"code": written, "message": "no"}}
        error = classify.error_of(answer(body, status), SEND)
        # A gateway that gave up has small numbers of its own, so below a 5xx they tell nothing of WhatsApp.
        assert type(error) is (ServerError if status >= 500 and code < 1000 else kind)
        assert error.code == str(code)


def test_the_pair_limit_has_a_wait_of_its_own() -> None:
    body = {"success": False, "error": {"code": 131056}}
    error = classify.error_of(answer(body, 400), SEND)
    assert error is not None
    assert error.retry_after_seconds == 6
    error = classify.error_of(answer(body, 400, retry_after="9"), SEND)
    assert error is not None
    assert error.retry_after_seconds == 9


@pytest.mark.parametrize(
    ("words", "status", "kind"),
    [
        ("Re-engagement message", 400, WindowClosedError),
        ("RE-ENGAGEMENT MESSAGE: more than 24 hours", 400, WindowClosedError),
        ("outside the 24-hour window", 403, WindowClosedError),
        ("outside the 24 hour window", 422, WindowClosedError),
        ("the customer service window is closed", 404, WindowClosedError),
        ("24-hour quota reached", 429, RateLimitedError),
        ("24-hour maintenance", 503, ServerError),
        ("Validation failed", 400, BadRequestError),
    ],
)
def test_the_words_of_a_closed_window(words: str, status: int, kind: type[CekatResponseError]) -> None:
    for body in ({"success": False, "error": {"message": words}}, words, words.encode()):
        assert type(classify.error_of(answer(body, status), SEND)) is kind


def test_permanent_or_not() -> None:
    permanent = {kind for kind in set(KINDS.values()) | set(CODES) if kind.permanent}
    assert permanent == {BadRequestError, WindowClosedError, AuthError, NotFoundError, RedirectError}


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"bad message {TEXT!r} to 6281234567890 with {KEY}"}},
        {"error": {"message": "no", "details": [{"field": KEY, "message": TEXT}]}},
        {"error": {"message": "no", "code": KEY}},
        {"error": {"message": "no", "code": f"a code that is long enough {KEY}"}},
        {"error": {"message": "no", "code": "6281234567890"}},
        {"error": {"message": "no", "code": 6281234567890}},
        f"{TEXT} +62 812-3456-7890 {KEY}",
        f"no: {KEY} {TEXT} 6281234567890".encode(),
    ],
)
def test_nothing_private_is_repeated(body: Any) -> None:
    error = classify.error_of(answer(body, 400), SEND, (KEY,))
    assert error is not None
    for shown in (str(error), repr(error), error.said or "", error.code or ""):
        assert KEY not in shown
        assert TEXT not in shown
        assert "6281234567890" not in shown
        assert "3456" not in shown


def test_long_words_are_cut() -> None:
    error = classify.error_of(answer({"error": {"message": "x" * 100_000}}, 400), SEND)
    assert error is not None
    assert error.said == "x" * 300
    assert len(str(error)) < 600


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://login.example.com/?token=abc", "a redirect to login.example.com."),
        ("/elsewhere", "a redirect to nowhere."),
        ("", "a redirect to nowhere."),
        ("https://[bad", "a redirect to nowhere."),
        ("//user:secret@evil.example.com/", "a redirect to evil.example.com."),
    ],
)
def test_a_redirect_names_the_host_only(location: str, shown: str) -> None:
    error = classify.error_of(answer(b"", 302, location=location), READ)
    assert isinstance(error, RedirectError)
    assert shown in str(error)
    assert "abc" not in str(error)
    assert "secret" not in str(error)


ERRORISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "details", "field", "success", "status_code"]), inner
        )
    ),
    max_leaves=8,
)


@GENERATED
@given(st.binary() | ERRORISH, st.integers(100, 599), st.text(max_size=20), st.text(max_size=20))
@example({}, 302, "http://[", "")
def test_any_answer_gives_an_error_of_ours_or_none(content: Any, status: int, location: str, wait: str) -> None:
    error = classify.error_of(answer(content, status, location=location, retry_after=wait, date=wait), SEND, (KEY,))
    assert error is None or isinstance(error, CekatResponseError)
    assert (error is not None) or 200 <= status < 300
