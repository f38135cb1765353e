"""The connection's time-out is for the whole of a request and its answer, however slowly it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from both import BOTH, configured
from peers import drip, http, peer, send_one, silence

from cekat_provider.core.errors import NotSentError, OutcomeUnknownError
from cekat_provider.core.wire import send_message
from cekat_provider.hooks.cekat import CekatHook

Connect = Callable[..., CekatHook]
BODY = http(b" " * 10_000)


@pytest.mark.parametrize(
    "answer",
    [
        silence,
        drip(b"HTTP/1.1 200 OK\r\nX: y"),
        drip(b"H"),
        drip(BODY[BODY.index(b"\r\n\r\n") + 4 :]),
        lambda sock, over: (sock.sendall(BODY[:100]), drip(b" ")(sock, over)),
        lambda sock, over: (sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n"), drip(b" ")(sock, over)),
        lambda sock, over: (
            sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            drip(b"1\r\n \r\n" * 1000)(sock, over),
        ),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    ],
    ids=["silence", "header", "status", "garbage", "body", "endless", "chunks", "continue"],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda hook: send_one(hook, receiver="6281234567890", message="halo"),
        lambda hook: hook.get_messages("c-1"),
    ],
    ids=["send", "read"],
)
def test_a_slow_answer_is_cut(connect: Connect, answer: Any, call: Callable[[CekatHook], Any]) -> None:
    # Every byte comes well within the time-out, so only the total can end it: without it, this test never ends.
    with peer(answer) as cekat:
        hook = connect(cekat.url, timeout=0.3)
        with pytest.raises(OutcomeUnknownError, match="no whole answer came"):
            call(hook)


def test_the_sandbox_being_slow(cekat_sandbox: Any, connect: Connect) -> None:
    cekat_sandbox.faults(kind="slow", seconds=2, on="send")
    hook = connect(cekat_sandbox.url, cekat_sandbox.api_key, timeout=0.3)
    with pytest.raises(OutcomeUnknownError):
        send_one(hook, receiver="6281234567890", message="halo")
    # The truth that the error tells: it was accepted all the same.
    assert len(cekat_sandbox.sent()) == 1


def test_the_sandbox_dripping(cekat_sandbox: Any, connect: Connect) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.faults(kind="drip", seconds_per_byte=0.05, on="read")
    hook = connect(cekat_sandbox.url, cekat_sandbox.api_key, timeout=0.3)
    with pytest.raises(OutcomeUnknownError):
        hook.get_messages("c-1")


def test_each_request_has_a_time_out_of_its_own(connect: Connect) -> None:
    """What an earlier request left of its time is not what the next one gets."""

    def slowly(sock: Any, over: Any) -> None:
        over.wait(0.4)
        sock.sendall(http())

    with peer(slowly) as cekat:
        hook = connect(cekat.url, timeout=1)
        for _ in range(4):
            assert hook.get_messages("c-1") == []
        assert cekat.connections == 1


def test_a_host_that_does_not_answer_at_all(connect: Connect) -> None:
    # 192.0.2.0/24 is for documentation: nothing is there, or the network says so at once.
    hook = connect("https://192.0.2.1", timeout=0.3)
    with pytest.raises(NotSentError):
        hook.get_messages("c-1")


@BOTH
def test_how_long_an_answer_took_is_told(cekat_sandbox: Any, transport: Any) -> None:
    config = configured(cekat_sandbox.url, timeout=30)
    config = replace(config, api_key=cekat_sandbox.api_key)
    cekat_sandbox.faults(kind="slow", seconds=1.2, on="send", skip=1)
    body = {"receiver": "6281234567890", "message": "halo"}
    quick, slow = transport(config, [send_message(body), send_message(body)])
    assert slow.seconds >= 1.2
    assert quick.seconds > 0
