"""One client for a connection: its key, its sockets and its budget, shared by every wait in the process."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from cekat_provider.compat import connection_errors
from cekat_provider.core import classify, flow
from cekat_provider.core.drive import LARGE_BYTES, drive_async
from cekat_provider.core.errors import AuthError, CekatError, NotSentError
from cekat_provider.core.limiter import Limiter
from cekat_provider.core.parse import Message
from cekat_provider.core.wire import Request, Response
from cekat_provider.hooks._aside import aside
from cekat_provider.hooks._connection import limiter_of
from cekat_provider.hooks.cekat_async import CekatAsyncHook

if TYPE_CHECKING:
    from cekat_provider.transports.aio import AsyncTransport

#: After a 429 that says no time, doubled with each in a row up to the longest.
_FIRST_HOLD_SECONDS: Final = 5.0
_LONGEST_HOLD_SECONDS: Final = 60.0
#: Of what ``Retry-After`` asks for: one slip of the server's should not still everything for days.
LONGEST_ASKED_SECONDS: Final = 3600.0


class Read(NamedTuple):
    """A history, or None where it is the known one; and what to know it by."""

    history: list[Message] | None
    name: object


class _SameAgain(Exception):
    pass


class SharedClient:
    """Read histories over one connection, within its budget.

    :param cekat_conn_id: id of a connection of type ``cekat``, looked up when first needed, and again on a 401.
    """

    def __init__(self, cekat_conn_id: str) -> None:
        self.cekat_conn_id = cekat_conn_id
        # Until the connection is known; then that of its key.
        self._limiter = Limiter()
        self._held_until = -math.inf
        self._loop = asyncio.get_running_loop()
        self._connecting = asyncio.Lock()
        self._hook: CekatAsyncHook | None = None
        self._retired: list[CekatAsyncHook] = []
        self._holds = 0

    @property
    def requests_per_minute(self) -> float | None:
        """How many requests a minute fit, or None where no limit is known."""
        return self._limiter.requests_per_minute

    def wait_seconds(self) -> float:
        """Tell how long the next request has to wait; 0 where it may go."""
        now = self._loop.time()
        return max(self._limiter.wait_seconds(now), self._held_until - now)

    def take(self) -> None:
        """Count a request that goes now."""
        self._limiter.take(self._loop.time())

    async def history(self, conversation_id: str, known: object, since: datetime | None) -> Read:
        """Read a conversation; its first request is counted already (`take`).

        :param known: the `name` of a history that need not be read again, or None.
        :param since: leave out messages from before it; or None.
        :raises CekatError: the tree in `cekat_provider.core.errors`.
        """
        transport = await self._transport()
        try:
            return await self._read(transport, conversation_id, known, since)
        except AuthError:
            # A rotated key is picked up; the same key is refused again, and that ends the waits.
            renewed = await self._transport(instead_of=transport)
            if renewed.config == transport.config:
                raise
            await self._turn()
            return await self._read(renewed, conversation_id, known, since)

    async def close(self) -> None:
        """Close all sockets."""
        hooks = [*self._retired, *([self._hook] if self._hook else [])]
        self._retired, self._hook = [], None
        for hook in hooks:
            await hook.aclose()

    async def _read(
        self, transport: AsyncTransport, conversation_id: str, known: object, since: datetime | None
    ) -> Read:
        sent = 0
        name: object = None

        async def send(request: Request) -> Response:
            nonlocal sent, name
            if sent:
                await self._turn()
            sent += 1
            response = await transport.send(request)
            self._learn(response)
            # A whole page is compared before it is parsed: most looks find nothing new. Not where there are
            # further pages, which may have changed while the first has not.
            name = await _name(response.content) if sent == 1 and response.status == 200 else None
            if name is not None and name == known:
                raise _SameAgain
            return response

        try:
            steps = flow.history(transport.config, conversation_id, since)
            history = await drive_async(steps, send, asyncio.sleep, time.time, aside)
        except _SameAgain:
            return Read(None, known)
        return Read(history, name)

    async def _turn(self) -> None:
        while (pause := self.wait_seconds()) > 0:
            await asyncio.sleep(pause)
        self.take()

    def _learn(self, response: Response) -> None:
        now = self._loop.time()
        self._limiter.learn(response.headers, now)
        if response.status != 429:
            self._holds = 0
            return
        asked = classify.retry_after_seconds(response)
        longest = min(_FIRST_HOLD_SECONDS * 2**self._holds, _LONGEST_HOLD_SECONDS)
        self._holds = min(self._holds + 1, 10)
        # Of the looks alone: a send that meets this wall has a `max_wait` of its own.
        pause = min(asked, LONGEST_ASKED_SECONDS) if asked is not None else longest
        self._held_until = max(self._held_until, now + pause)

    async def _transport(self, instead_of: AsyncTransport | None = None) -> AsyncTransport:
        async with self._connecting:
            hook = self._hook
            if hook is None or (instead_of is not None and await hook.get_transport() is instead_of):
                hook = await self._connect(instead_of)
            return await hook.get_transport()

    async def _connect(self, instead_of: AsyncTransport | None) -> CekatAsyncHook:
        hook = CekatAsyncHook(self.cekat_conn_id)
        try:
            transport = await hook.get_transport()
        except CekatError:
            raise
        except connection_errors() as err:
            raise NotSentError(
                f"The connection {self.cekat_conn_id!r} cannot be looked up ({type(err).__name__})."
            ) from err
        if instead_of is not None and self._hook is not None:
            if transport.config == instead_of.config:
                return self._hook
            # Others may still be reading over the old one.
            self._retired.append(self._hook)
        self._hook = hook
        config = transport.config
        self._limiter = limiter_of(config, config.triggerer_requests_per_minute or config.requests_per_minute)
        return hook


async def _name(content: bytes) -> object:
    return await aside(_digest, content) if len(content) > LARGE_BYTES else _digest(content)


def _digest(content: bytes) -> bytes:
    # Not `hash`, which would hold every thread up.
    return blake2b(content, digest_size=16).digest()
