"""The hook for code that runs in an event loop: triggers, and asynchronous tasks."""

from __future__ import annotations

import asyncio
import random
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from cekat_provider import connection_form
from cekat_provider.compat import BaseHook, get_connection_async
from cekat_provider.core import body as bodies
from cekat_provider.core import delivery, flow
from cekat_provider.core.drive import Flow, drive_async
from cekat_provider.core.pace import paced
from cekat_provider.hooks._aside import aside
from cekat_provider.hooks._connection import limiter_of, read_connection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cekat_provider.core.config import CekatConfig
    from cekat_provider.core.flow import SentMessage
    from cekat_provider.core.parse import Message
    from cekat_provider.core.wire import Request, Response
    from cekat_provider.transports.aio import AsyncTransport

T = TypeVar("T")


class CekatAsyncHook(BaseHook):
    """`CekatHook` for an event loop: the same connection, the same flows, the same errors, for messages alone.

    Templates and what a task remembers of its sends (`deliver`, `await_delivery`) are `CekatHook`'s.

    Use it in one event loop, and close it: ``async with CekatAsyncHook() as hook: …``.

    :param cekat_conn_id: id of a connection of type ``cekat``.
    :param at_once: how many requests may be under way, and so how many sockets are open; a further one waits.
    """

    conn_name_attr = "cekat_conn_id"
    default_conn_name = "cekat_default"
    conn_type = connection_form.CONN_TYPE
    hook_name = connection_form.HOOK_NAME

    #: Pauses before each look for a message whose outcome is unknown; the history can lag behind.
    settle_seconds = delivery.Policy.settle_seconds

    def __init__(self, cekat_conn_id: str = default_conn_name, at_once: int = 8) -> None:
        super().__init__()
        self.cekat_conn_id = cekat_conn_id
        self.at_once = at_once
        self._looking_up = asyncio.Lock()
        self._accepted: set[str] = set()
        self._transport: AsyncTransport | None = None

    async def __aenter__(self) -> CekatAsyncHook:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def get_config(self) -> CekatConfig:
        """Look the connection up and check it.

        :raises CekatConfigError: naming the field that is wrong.
        """
        connection, extra = await get_connection_async(self.cekat_conn_id, type(self))
        return read_connection(connection, extra, self.log)

    async def get_transport(self) -> AsyncTransport:
        """Return the hook's client, made of the connection when it is first needed."""
        async with self._looking_up:
            if self._transport is None:
                # In a thread: importing aiohttp takes some hundred milliseconds, in which the loop would stand still.
                aio = await asyncio.to_thread(import_module, "cekat_provider.transports.aio")
                self._transport = aio.AsyncTransport(await self.get_config(), self.at_once)
            return self._transport

    async def send_message(self, *, on_unknown: delivery.OnUnknown = "resend", **fields: Any) -> SentMessage:
        """Send one WhatsApp message, once; the arguments and errors are those of `CekatHook.send_message`."""
        config = (await self.get_transport()).config
        body = bodies.send_body(**fields, default_country_code=config.default_country_code, warn=self._warn)
        policy = delivery.Policy(
            max_wait_seconds=config.max_wait_seconds,
            on_unknown=on_unknown,
            settle_seconds=self.settle_seconds,
            random=random.random,
        )
        sent = await self.run(delivery.deliver(config, body, policy, not_ours=lambda: self._accepted))
        if sent.message_id is not None:
            self._accepted.add(sent.message_id)
        return sent

    async def get_messages(self, conversation_id: str) -> list[Message]:
        """Read a whole conversation, oldest first: ``GET /messages`` (wire facts A, C, D).

        :param conversation_id: an id of Cekat's (a UUID).
        :raises CekatInputError: before anything is asked.
        :raises CekatError: the tree in `cekat_provider.core.errors`.
        """
        config = (await self.get_transport()).config
        return await self.run(flow.history(config, bodies.check_conversation_id(conversation_id)))

    async def run(self, steps: Flow[T], leaving: Callable[[Request], Awaitable[None]] | None = None) -> T:
        """Drive a flow of `cekat_provider.core` with this connection, within its budget.

        :param leaving: awaited with each POST just before it leaves.
        """
        transport = await self.get_transport()

        async def send(request: Request) -> Response:
            if leaving is not None and request.method == "POST":
                await leaving(request)
            return await transport.send(request)

        steps = paced(steps, limiter_of(transport.config, transport.config.requests_per_minute), time.monotonic)
        return await drive_async(steps, send, asyncio.sleep, time.time, aside)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    def _warn(self, said: str) -> None:
        self.log.warning("WhatsApp may refuse this message: %s", said)
