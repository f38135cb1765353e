"""How answers and faults look on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from cekat_provider.sandbox.clock import Clock, http_date
from cekat_provider.sandbox.faults import Fault
from cekat_provider.sandbox.refusal import Answer, Refused, json_answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CHUNK = 65_536
_open: dict[Any, asyncio.BaseTransport] = {}


class HTTPProtocol(H11Protocol):
    """uvicorn's protocol, which also notes each connection's transport so that it can be cut."""

    _ends: Any = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note the connection by the addresses of its two ends, which is what ASGI tells an application."""
        self._ends = tuple(transport.get_extra_info(end)[:2] for end in ("peername", "sockname"))
        _open[self._ends] = transport
        # asyncio leaves this out for a socket made by socket.create_server, and each answer would take 40 ms more:
        # uvicorn writes head and body apart, and the second waits until the first is acknowledged.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def shutdown(self) -> None:
        """Close the connection when the server stops: an answer that is held back must not hold it up."""
        super().shutdown()
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _open.pop(self._ends, None)
        super().connection_lost(exc)


async def cut(scope: Scope, receive: Receive) -> None:
    """Close the connection as it is: what was written goes out, nothing more follows."""
    transport = _open.get((tuple(scope["client"] or ()), tuple(scope["server"] or ())))
    if transport is None:
        raise RuntimeError("this connection cannot be cut: the sandbox runs under another server")
    transport.close()
    # uvicorn takes a return without an answer for a mistake, unless it knows that the connection is gone.
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pause(seconds: float, receive: Receive) -> None:
    """Wait so long, or until the client is gone."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_gone(receive), seconds)


async def write(send: Send, answer: Answer) -> None:
    """Write a whole answer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.header_lines()})
    await send({"type": "http.response.body", "body": answer.body})


def made_up(fault: Fault, clock: Clock) -> Answer | None:
    """Give the answer of the faults that put another one in the place of the right one, else None."""
    if fault.kind == "rate_limit":
        return too_many(fault.retry_after, clock, as_date=fault.retry_after_date)
    if fault.kind in ("status", "accept_then_status"):
        return _status(fault)
    if fault.kind == "error_code":
        return Refused(400, fault.code, fault.message).answer()
    if fault.kind == "not_json":
        return Answer(200, b"<html><body><h1>Cekat</h1></body></html>", content_type="text/html; charset=utf-8")
    if fault.kind == "deep":
        return Answer(200, b'{"success": true, "data": %b%b}' % (b"[" * fault.depth, b"]" * fault.depth))
    return None


def too_many(retry_after: float | None, clock: Clock, *, as_date: bool = False) -> Answer:
    """Give a 429; the rate limit and the fault answer alike."""
    headers = []
    if retry_after is not None:
        value = http_date(clock.now_ms() + int(retry_after * 1000)) if as_date else str(math.ceil(retry_after))
        headers = [("Retry-After", value)]
    refused = Refused(429, None, "Too many requests")
    return json_answer(429, refused.body(), headers)


def _status(fault: Fault) -> Answer:
    headers = list(fault.headers.items())
    if fault.location is not None:
        headers.append(("Location", fault.location))
    content_type = next((value for name, value in headers if name.lower() == "content-type"), None)
    headers = [(name, value) for name, value in headers if name.lower() != "content-type"]
    if isinstance(fault.body, str):
        return Answer(fault.status, fault.body.encode(), headers, content_type or "text/plain; charset=utf-8")
    body = Refused(fault.status, None, "Made to fail").body() if fault.body is None else fault.body
    return Answer(fault.status, json.dumps(body).encode(), headers, content_type or "application/json")


async def play(fault: Fault, right: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Give the faults that spoil the right answer on its way."""
    if fault.kind == "slow":
        await _pause(fault.seconds, receive)
        await write(send, right)
    elif fault.kind == "truncated":
        await send({"type": "http.response.start", "status": right.status, "headers": right.header_lines()})
        await send({"type": "http.response.body", "body": right.body[: len(right.body) // 2], "more_body": True})
        await cut(scope, receive)
    elif fault.kind == "drip":
        pieces = (right.body[i : i + 1] for i in range(len(right.body)))
        await _stream(send, right.status, right.header_lines(), _slowly(pieces, fault.seconds_per_byte, receive))
    elif fault.kind == "huge":
        # No Content-Length: whoever caps what it reads has to count.
        await _stream(send, 200, [(b"content-type", b"application/json")], _huge(fault.bytes))
    else:
        raise AssertionError(fault.kind)


async def _stream(send: Send, status: int, headers: list[tuple[bytes, bytes]], pieces: AsyncIterator[bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _slowly(pieces: Iterable[bytes], seconds_per_byte: float, receive: Receive) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await _pause(seconds_per_byte, receive)


async def _huge(size: int) -> AsyncIterator[bytes]:
    start, end = b'{"success": true, "data": "', b'"}'
    yield start
    left = max(0, size - len(start) - len(end))
    while left:
        piece = min(left, _CHUNK)
        yield b"x" * piece
        left -= piece
        await asyncio.sleep(0)  # or no other client would be served meanwhile
    yield end
