"""Everything that goes wrong between here and Cekat, and which error it becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from peers import drop, free_port, half, http, peer, send_one

from cekat_provider.core import errors
from cekat_provider.core.errors import CekatError, CekatResponseError
from cekat_provider.hooks.cekat import CekatHook

Connect = Callable[..., CekatHook]


def send(hook: CekatHook) -> Any:
    return send_one(hook, receiver="6281234567890", message="halo")


def read(hook: CekatHook) -> Any:
    return hook.get_messages("c-1")


FAULTS: list[tuple[dict[str, Any], type[CekatError], dict[str, Any]]] = [
    ({"kind": "rate_limit", "retry_after": 2}, errors.RateLimitedError, {"status": 429, "retry_after_seconds": 2}),
    (
        {"kind": "rate_limit", "retry_after": 60, "retry_after_date": True},
        errors.RateLimitedError,
        {"status": 429, "retry_after_seconds": 60},
    ),
    ({"kind": "rate_limit", "retry_after": None}, errors.RateLimitedError, {"retry_after_seconds": None}),
    *[
        ({"kind": "status", "status": status}, kind, {"status": status})
        for status, kind in {
            400: errors.BadRequestError,
            401: errors.AuthError,
            403: errors.AuthError,
            404: errors.NotFoundError,
            422: errors.BadRequestError,
            429: errors.RateLimitedError,
            500: errors.ServerError,
            502: errors.ServerError,
            503: errors.ServerError,
        }.items()
    ],
    ({"kind": "status", "status": 503, "headers": {"Retry-After": "7"}}, errors.ServerError,
     {"retry_after_seconds": 7}),
    ({"kind": "status", "status": 502, "body": "<html>Bad gateway</html>"}, errors.ServerError, {"said": None}),
    ({"kind": "error_code", "code": 131047}, errors.WindowClosedError, {"status": 400, "code": "131047"}),
    ({"kind": "error_code", "code": 131056}, errors.RateLimitedError, {"retry_after_seconds": 6}),
    ({"kind": "error_code", "code": 131000}, errors.ServerError, {"code": "131000"}),
    ({"kind": "error_code", "code": 131026}, errors.BadRequestError, {"code": "131026"}),
    ({"kind": "drop"}, errors.OutcomeUnknownError, {}),
    ({"kind": "accept_then_drop"}, errors.OutcomeUnknownError, {}),
    ({"kind": "accept_then_status", "status": 500}, errors.ServerError, {"status": 500}),
    ({"kind": "not_json"}, errors.NotJSONError, {"status": 200}),
    ({"kind": "truncated"}, errors.OutcomeUnknownError, {}),
    ({"kind": "deep"}, errors.NotJSONError, {"status": 200}),
    ({"kind": "deep", "depth": 2_000_000}, errors.NotJSONError, {"status": 200}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "attributes"), FAULTS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("call", [send, read])
def test_every_fault(
    cekat_sandbox: Any, call: Callable[[CekatHook], Any], fault: dict[str, Any], kind: Any, attributes: dict[str, Any]
) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.faults(fault)
    hook = CekatHook()
    try:
        with pytest.raises(CekatError) as caught:
            call(hook)
        assert type(caught.value) is kind
        assert {name: getattr(caught.value, name) for name in attributes} == attributes
        # It was asked once, and the hook works on.
        assert len(cekat_sandbox.requests()) == 1
        call(hook)
    finally:
        hook.close()


def test_an_answer_above_32_mib(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.faults(kind="huge")
    hook = CekatHook()
    try:
        with pytest.raises(errors.AnswerTooLargeError) as caught:
            read(hook)
        assert caught.value.status == 200
        assert read(hook) == []
    finally:
        hook.close()


def test_an_answer_below_32_mib(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.faults(kind="huge", bytes=32 * 1024 * 1024)
    hook = CekatHook()
    try:
        with pytest.raises(errors.NotJSONError, match="without a list of messages"):
            read(hook)
    finally:
        hook.close()


def test_a_packed_answer_that_unpacks_to_too_much(connect: Connect) -> None:
    import gzip

    packed = gzip.compress(b" " * (100 * 1024 * 1024), 9)
    assert len(packed) < 200_000
    with peer(http(packed, "200 OK", "Content-Encoding: gzip")) as cekat, pytest.raises(errors.AnswerTooLargeError):
        read(connect(cekat.url))


def test_a_packed_answer(connect: Connect) -> None:
    import gzip

    packed = gzip.compress(b'[{"id":"m-1","message":"ya"}]')
    with peer(http(packed, "200 OK", "Content-Encoding: gzip")) as cekat:
        (message,) = read(connect(cekat.url))
    assert message.text == "ya"


@pytest.mark.parametrize("call", [send, read])
@pytest.mark.parametrize(
    "answer",
    [
        drop,
        half(b"HTTP/1.1 200 OK\r\n"),
        half(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"),
        half(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
        half(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"),
        half(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
        half(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
        half(b"\x15\x03\x01\x00\x02\x02\x28"),
        half(b"HTTP/1.1 abc\r\n\r\n"),
        half(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"),
        half(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"),
    ],
    ids=["drop", "head", "short", "chunk", "size", "gzip", "ssh", "tls", "status", "headers", "long"],
)
def test_half_an_answer_leaves_the_outcome_open(connect: Connect, call: Any, answer: Any) -> None:
    with peer(answer) as cekat:
        with pytest.raises(errors.OutcomeUnknownError) as caught:
            call(connect(cekat.url))
        assert len(cekat.requests) == 1
    assert str(cekat.port) not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize("call", [send, read])
@pytest.mark.parametrize("host", ["http://127.0.0.1:{port}", "http://no-such-host.localhost.invalid:1"])
def test_no_connection_is_not_sent(connect: Connect, call: Any, host: str) -> None:
    hook = connect(host.format(port=free_port()), allow_http=True)
    with pytest.raises(errors.NotSentError) as caught:
        call(hook)
    assert "no connection was made" in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_dropped_connection_after_a_good_answer(connect: Connect) -> None:
    """A second request on a kept connection that the server cuts may have been acted on."""
    with peer(http(), drop) as cekat:
        hook = connect(cekat.url)
        read(hook)
        with pytest.raises(errors.OutcomeUnknownError):
            send(hook)
        assert [request[:4] for request in cekat.requests] == [b"GET ", b"POST"]


def test_a_connection_that_was_closed_meanwhile_is_made_anew(connect: Connect) -> None:
    with peer(half(http()), http()) as cekat:
        hook = connect(cekat.url)
        read(hook)
        assert cekat.hung_up.wait(10)
        send(hook)
        assert (cekat.connections, len(cekat.requests)) == (2, 2)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [send, read])
@pytest.mark.parametrize("scheme", ["api_key", "bearer", "both"])
def test_a_redirect_is_never_followed(connect: Connect, call: Any, status: int, scheme: str) -> None:
    with peer(http()) as other, peer(http(b"", f"{status} Moved", f"Location: {other.url}/login?t=1")) as cekat:
        with pytest.raises(errors.RedirectError) as caught:
            call(connect(cekat.url, auth_scheme=scheme))
        assert (len(cekat.requests), other.connections) == (1, 0)
    assert isinstance(caught.value, CekatResponseError)
    assert caught.value.status == status
    assert "127.0.0.1" in str(caught.value)
    assert "login" not in str(caught.value)


def test_a_redirect_to_nowhere(connect: Connect) -> None:
    with peer(http(b"", "302 Moved", "Location: http://[bad")) as cekat, pytest.raises(errors.RedirectError):
        read(connect(cekat.url))


def test_the_closed_window(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.advance(hours=25)
    hook = CekatHook()
    try:
        with pytest.raises(errors.WindowClosedError) as caught:
            send_one(hook, conversation_id="c-1", message="halo")
    finally:
        hook.close()
    assert (caught.value.status, caught.value.code) == (400, "131047")
    assert cekat_sandbox.sent() == []


def test_the_rate_limit(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.rate_limit(1)
    hook = CekatHook()
    try:
        read(hook)
        with pytest.raises(errors.RateLimitedError) as caught:
            read(hook)
    finally:
        hook.close()
    assert 0 < (caught.value.retry_after_seconds or 0) <= 60
