"""A trigger for asset watchers: a DAG starts when a customer writes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, Final

from cekat_provider.compat import BaseEventTrigger, TriggerEvent
from cekat_provider.core.body import check_conversation_id
from cekat_provider.core.callables import load_callable
from cekat_provider.core.choosing import items
from cekat_provider.core.cursor import Cursor, name_of
from cekat_provider.core.durations import seconds
from cekat_provider.core.match import Criteria, criteria
from cekat_provider.core.parse import Message
from cekat_provider.hooks._aside import nimbly
from cekat_provider.triggers.polling import watching
from cekat_provider.triggers.watch import Watch

#: Airflow starts a watcher that raised anew after two seconds; from ours it waits this long besides.
RESTART_SECONDS: Final = 60.0


class CekatInboundTrigger(BaseEventTrigger):
    """Tell an asset's watcher that messages have come (Airflow 3.0 and later).

    An event is a signal that something came, not the messages: Airflow may merge two events into one run, and lose or
    repeat one when a triggerer dies. Read the messages in the run with `CekatNewMessagesOperator`, and give the DAG a
    schedule besides. After a start without a kept state it tells of what is there already, once.

    Whatever Cekat answers, it goes on: errors are logged and space the looks wider. A bug in `match` ends it, and after
    a minute Airflow starts it anew.

    :param conversation_ids: ids of Cekat's (UUIDs).
    :param direction: ``inbound``, ``outbound`` or ``any``.
    :param contains: a part of the text, whatever the case.
    :param pattern: a regular expression, searched for in the text.
    :param media_type: such as ``image``, whatever the case.
    :param match: the dotted path of a function that takes one message and tells whether it counts; it must not block.
    :param since: ISO 8601: only messages from this time on; or None.
    :param poke_interval: how long between two looks at a conversation; seconds or a timedelta.
    :param cekat_conn_id: id of a connection of type ``cekat``.
    :raises CekatInputError: naming the argument, when Airflow reads the DAG: it shows it as an import error.
    """

    def __init__(
        self,
        *,
        conversation_ids: Sequence[str],
        direction: str = "inbound",
        contains: str | None = None,
        pattern: str | None = None,
        media_type: str | None = None,
        match: str | None = None,
        since: str | None = None,
        poke_interval: float | timedelta = 60.0,
        cekat_conn_id: str = "cekat_default",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # Checked later: whatever is raised here ends a whole triggerer.
        self.conversation_ids = conversation_ids
        self.direction = direction
        self.contains = contains
        self.pattern = pattern
        self.media_type = media_type
        self.match = match
        self.since = since
        self.poke_interval = poke_interval
        self.cekat_conn_id = cekat_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what makes the same trigger in another process.

        :raises CekatInputError: naming the argument. Airflow calls this where it reads the DAG's file.
        """
        self._criteria(None)
        return "cekat_provider.triggers.inbound.CekatInboundTrigger", {
            "conversation_ids": self._ids(),
            "direction": self.direction,
            "contains": self.contains,
            "pattern": self.pattern,
            "media_type": self.media_type,
            "match": self.match,
            "since": self.since,
            "poke_interval": seconds("poke_interval", self.poke_interval),
            "cekat_conn_id": self.cekat_conn_id,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Tell of new messages for ever."""
        try:
            async with aclosing(self._events()) as events:
                async for event in events:
                    yield event
        except Exception as bug:
            self.log.error("%s: ends in %g s, and Airflow starts it anew", type(bug).__name__, RESTART_SECONDS)
            await asyncio.sleep(RESTART_SECONDS)
            raise

    def _ids(self) -> list[str]:
        return list(dict.fromkeys(map(check_conversation_id, items("conversation_ids", self.conversation_ids))))

    def _criteria(self, match: Callable[..., Any] | None) -> Criteria:
        return criteria(
            since=self.since,
            direction=self.direction,
            contains=self.contains,
            pattern=self.pattern,
            media_type=self.media_type,
            match=match,
        )

    async def _events(self) -> AsyncGenerator[TriggerEvent, None]:
        # In a thread: the module that it lies in may import what takes long.
        wanted = self._criteria(await asyncio.to_thread(load_callable, "match", self.match))
        queue: asyncio.Queue[dict[str, Any] | BaseException] = asyncio.Queue()
        tasks = [asyncio.ensure_future(self._follow(one, wanted, queue)) for one in self._ids()]
        for task in tasks:
            task.add_done_callback(lambda done: _tell_bug(done, queue))
        try:
            while True:
                told = await queue.get()
                if isinstance(told, BaseException):
                    raise told
                yield TriggerEvent(told)  # type: ignore[no-untyped-call]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, conversation_id: str, wanted: Criteria, queue: asyncio.Queue[Any]) -> None:
        cursor = await self._kept(conversation_id)
        unkept = False
        interval = seconds("poke_interval", self.poke_interval)
        watch = Watch(conversation_id, interval, since=_earliest(wanted, cursor), every=True)
        async with watching(self.cekat_conn_id, watch):
            while True:
                look = await watch.look()
                # One look late: until then the event may be nowhere but in the triggerer's memory, and a cursor that
                # is past it would let it be lost with that.
                if unkept:
                    await self._keep(conversation_id, cursor)
                    unkept = False
                if look.error is not None:
                    self.log.warning("Looking on after: %s", look.error)
                history = look.history or ()
                cursor, names = await nimbly(len(history), _take, wanted, cursor, history)
                if names:
                    unkept = True
                    watch.since = _earliest(wanted, cursor)
                    await queue.put({"conversation_id": conversation_id, "message_ids": names[-100:]})
                del look, history

    async def _kept(self, conversation_id: str) -> Cursor:
        store = getattr(self, "asset_state_store", None)
        state = None if store is None else await store.aget(self._key(conversation_id))
        return Cursor.from_state(state) if state else Cursor()

    async def _keep(self, conversation_id: str, cursor: Cursor) -> None:
        store = getattr(self, "asset_state_store", None)
        if store is not None:
            await store.aset(self._key(conversation_id), cursor.to_state())

    def _key(self, conversation_id: str) -> str:
        # Watchers of one asset may look for different messages.
        rest = {name: value for name, value in self.serialize()[1].items() if name != "conversation_ids"}
        digest = hashlib.blake2b(repr((conversation_id, sorted(rest.items()))).encode(), digest_size=12).hexdigest()
        return f"cekat_inbound_{digest}"


def _take(wanted: Criteria, cursor: Cursor, history: Sequence[Message]) -> tuple[Cursor, list[str]]:
    """Return the cursor after a history, and the ids of the messages that are new."""
    found = wanted.select(history)
    fresh = cursor.fresh(found)
    return (cursor.after(found) if fresh else cursor), [message.id or name_of(message) for message in fresh]


def _earliest(wanted: Criteria, cursor: Cursor) -> datetime | None:
    """Tell from when on messages may be new."""
    times = [at for at in (wanted.earliest, cursor.earliest) if at is not None]
    return max(times, default=None)


def _tell_bug(done: asyncio.Task[None], queue: asyncio.Queue[Any]) -> None:
    if not done.cancelled() and (bug := done.exception()) is not None:
        queue.put_nowait(bug)
