"""The front door: every request to a Cekat endpoint passes here, in this order.

Log, key, rate limit, fault; then the endpoint. So a new endpoint gets all four by being there.
Requests to ``/sandbox/…`` and to the pages are let through.
"""

from __future__ import annotations

import hmac
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers

from cekat_provider.sandbox.cekat import Cekat
from cekat_provider.sandbox.changes import REQUESTS, SETUP
from cekat_provider.sandbox.clock import iso_utc
from cekat_provider.sandbox.faults import WITHOUT_EFFECT, Fault
from cekat_provider.sandbox.origin import foreign
from cekat_provider.sandbox.refusal import Answer, Refused
from cekat_provider.sandbox.request_log import Entry, Received, masked
from cekat_provider.sandbox.wire import Receive, Scope, Send, cut, made_up, play, too_many, write

#: Not Cekat's, so neither asked for a key nor logged. The page lives at "/", its parts under "/sandbox/".
_OURS = {"/", "/favicon.ico", "/openapi.json"}
MAX_BODY_BYTES = 8 * 1024 * 1024


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: Any, cekat: Cekat, *, loopback_only: bool) -> None:
        self.app = app
        self.cekat = cekat
        self.loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.cekat.settle()
        dated = self._with_headers(send, [("date", self.cekat.clock.http_date)])
        path = scope["path"]
        if path in _OURS or path == "/sandbox" or path.startswith("/sandbox/"):
            await self._ours(scope, receive, dated)
        else:
            await self._cekat(scope, receive, dated)
            self.cekat.changes.tell(REQUESTS)

    async def _ours(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = foreign(Headers(scope=scope), loopback_only=self.loopback_only)
        if refused is not None:
            await write(send, refused.answer())
            return
        await self.app(scope, receive, send)
        if scope["method"] not in ("GET", "HEAD"):
            self.cekat.changes.tell(SETUP)

    async def _cekat(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:  # the client went away before its request was whole
            return
        headers = masked(scope["headers"], self.cekat.api_key)
        at = iso_utc(self.cekat.clock.now_ms())
        query = scope["query_string"].decode("latin-1")
        entry = self.cekat.log.open(at, scope["method"], scope["path"], query, headers, body)
        refused = self._refusal(scope, body)
        if refused is not None:
            await self._finish(entry, refused.answer(), refused.reason(), send)
            return
        waiting_seconds = self.cekat.rate.take(self.cekat.clock.now_ms())
        if waiting_seconds is not None:
            await self._finish(entry, too_many(waiting_seconds, self.cekat.clock), "Too many requests", send)
            return
        fault = self.cekat.faults.pick("send" if scope["method"] == "POST" else "read")
        if fault is None:
            right, reason = await self._right(scope, body, headers)
            await self._finish(entry, right, reason, send)
        else:
            entry.fault = fault.kind
            await self._fail(fault, entry, scope, body, headers, receive, send)

    async def _fail(
        self,
        fault: Fault,
        entry: Entry,
        scope: Scope,
        body: bytes,
        headers: dict[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        right: Answer | None = None
        if fault.kind not in WITHOUT_EFFECT:
            right, entry.reason = await self._right(scope, body, headers)
        if fault.kind in ("drop", "accept_then_drop"):
            entry.reason = entry.reason or f"fault {fault.kind}"
            await cut(scope, receive)
            return
        instead = made_up(fault, self.cekat.clock)
        if instead is not None:
            await self._finish(entry, instead, entry.reason or f"fault {fault.kind}", send)
        elif right is not None:
            entry.status = right.status
            await play(fault, right, scope, receive, self._with_rate(send))

    async def _right(self, scope: Scope, body: bytes, headers: dict[str, str]) -> tuple[Answer, str | None]:
        """Let the application answer, and hold its answer back."""
        received = Received(body, headers)
        state = {**scope.get("state", {}), "received": received}
        status, lines, written = 500, [], bytearray()

        async def give() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def take(message: MutableMapping[str, Any]) -> None:
            nonlocal status, lines
            if message["type"] == "http.response.start":
                status, lines = message["status"], list(message["headers"])
            else:
                written.extend(message.get("body", b""))

        await self.app({**scope, "state": state}, give, take)
        plain = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in lines]
        content_type = next((value for name, value in plain if name == "content-type"), "application/json")
        kept = [(name, value) for name, value in plain if name not in ("content-type", "content-length")]
        return Answer(status, bytes(written), kept, content_type), received.reason

    async def _finish(self, entry: Entry, answer: Answer, reason: str | None, send: Send) -> None:
        entry.status, entry.reason = answer.status, reason
        await write(self._with_rate(send), answer)

    def _refusal(self, scope: Scope, body: bytes) -> Refused | None:
        if not _good_key(Headers(scope=scope), self.cekat.api_key):
            return Refused(401, None, "Not authenticated")
        if len(body) > MAX_BODY_BYTES:
            return Refused(413, "PAYLOAD_TOO_LARGE", f"The body is larger than {MAX_BODY_BYTES} bytes")
        return None

    def _with_rate(self, send: Send) -> Send:
        limit = self.cekat.rate.headers(self.cekat.clock.now_ms())
        return self._with_headers(send, [(name, lambda value=value: value) for name, value in limit])

    @staticmethod
    def _with_headers(send: Send, headers: list[tuple[str, Any]]) -> Send:
        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                more = [(name.lower().encode(), value().encode()) for name, value in headers]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        return with_headers


def _good_key(headers: Headers, api_key: str) -> bool:
    """Tell whether a key came, in either header, and every one that came is right."""
    given = headers.getlist("api_key")
    for value in headers.getlist("authorization"):
        scheme, _, token = value.partition(" ")
        given.append(token.strip() if scheme.lower() == "bearer" else "")
    # Compared as bytes: compare_digest takes no text outside ASCII.
    wanted = api_key.encode()
    return bool(given) and all(hmac.compare_digest(value.encode("latin-1"), wanted) for value in given)


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        # What is too much is read to its end and thrown away, so that the refusal can be answered.
        if len(body) <= MAX_BODY_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
