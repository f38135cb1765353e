"""One poll for a conversation and one client for a connection, however many waits share them.

Each event loop has one `Poller` for a connection as long as something waits on it. A poller has no task of its own:
a timer starts the looks that are due, each a task, and ends with the last wait.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from cekat_provider.core.errors import CekatError, RateLimitedError
from cekat_provider.core.schedule import Schedule
from cekat_provider.core.wait import backoff_seconds
from cekat_provider.triggers.client import LONGEST_ASKED_SECONDS, SharedClient
from cekat_provider.triggers.conversation import Conversation
from cekat_provider.triggers.watch import Look, Watch

log = logging.getLogger(__name__)

#: Looks under way at once for one connection.
AT_ONCE: Final = 8
#: How long the look at the deadline may take before the wait ends without it.
LAST_LOOK_SECONDS: Final = 20.0

_POLLERS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Poller]]
_POLLERS = weakref.WeakKeyDictionary()


@asynccontextmanager
async def watching(cekat_conn_id: str, watch: Watch) -> AsyncIterator[Watch]:
    """Have a watch handed the looks at its conversation."""
    pollers = _POLLERS.setdefault(asyncio.get_running_loop(), {})
    poller = pollers.get(cekat_conn_id)
    if poller is None:
        poller = pollers[cekat_conn_id] = Poller(cekat_conn_id)
    poller.join(watch)
    try:
        yield watch
    finally:
        poller.leave(watch)
        if poller.idle:
            # First out of the table, so that whoever comes while it closes gets another.
            del pollers[cekat_conn_id]
            await poller.close()


class Poller:
    """Looks at the conversations of one connection.

    :param cekat_conn_id: id of a connection of type ``cekat``.
    """

    def __init__(self, cekat_conn_id: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = SharedClient(cekat_conn_id)
        self._schedule = Schedule()
        self._conversations: dict[str, Conversation] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._told = False
        # Empty: in the first wait's, everybody's log lines would be in that one task's log.
        self._context = contextvars.Context()
        self._handing = asyncio.Lock()

    @property
    def idle(self) -> bool:
        """Whether nothing waits any more."""
        return not self._conversations

    def join(self, watch: Watch) -> None:
        """Hand a watch every look from now on."""
        conversation = self._conversations.get(watch.conversation_id)
        if conversation is None:
            conversation = self._conversations[watch.conversation_id] = Conversation(watch.conversation_id)
            self._schedule.add(conversation.id, watch.interval_seconds, self._loop.time())
        conversation.watches.add(watch)
        if watch.deadline is not None:
            conversation.timers[watch] = self._call_at(watch.deadline, self._look_last, conversation, watch)
        self._set_interval(conversation)
        self._fit()

    def leave(self, watch: Watch) -> None:
        """Hand a watch nothing more."""
        conversation = self._conversations[watch.conversation_id]
        conversation.watches.discard(watch)
        timer = conversation.timers.pop(watch, None)
        if timer is not None:
            timer.cancel()
        if conversation.watches:
            self._set_interval(conversation)
        else:
            del self._conversations[conversation.id]
            self._schedule.remove(conversation.id)
            task = self._looking.get(conversation.id)
            if task is not None:
                task.cancel()
        self._fit()

    async def close(self) -> None:
        """End what is under way and close the client."""
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def _set_interval(self, conversation: Conversation) -> None:
        self._schedule.change(conversation.id, conversation.interval_seconds, self._loop.time())

    def _fit(self) -> None:
        """Stretch the intervals to the budget, say so once, and set the timer anew."""
        budget = self._client.requests_per_minute
        stretch = self._schedule.fit(budget)
        if stretch > 1 and not self._told:
            self._told = True
            log.warning(
                "Connection %r: %d conversations ask for %.0f looks a minute and the budget has room for %.0f, so each "
                "is looked at %.1f times less often than asked for",
                self._client.cekat_conn_id,
                len(self._schedule),
                self._schedule.per_minute(),
                budget,
                stretch,
            )
        elif stretch <= 1:
            self._told = False
        self._arm()

    def _arm(self) -> None:
        """Set the timer to the next look that may be started."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._schedule.next_at()
        if at is not None and len(self._looking) < AT_ONCE:
            now = self._loop.time()
            self._timer = self._call_at(max(at, now + self._client.wait_seconds()), self._tick)

    def _tick(self) -> None:
        """Start the looks that are due, as far as the budget goes."""
        self._timer = None
        now = self._loop.time()
        while len(self._looking) < AT_ONCE and self._client.wait_seconds() <= 0:
            at = self._schedule.next_at()
            # asyncio's timers may be early by its clock's resolution.
            if at is None or at > now + 0.001:
                break
            key = self._schedule.take(now)
            if key not in self._looking:
                self._client.take()
                self._looking[key] = self._loop.create_task(self._look(self._conversations[key]))
        self._arm()

    def _call_at(self, when: float, callback: Any, *args: Any) -> asyncio.TimerHandle:
        return self._loop.call_at(when, callback, *args, context=self._context)

    async def _look(self, conversation: Conversation) -> None:
        since = conversation.since
        try:
            try:
                read = await self._client.history(conversation.id, conversation.known, since)
            except CekatError as err:
                self._failed(conversation, err)
                await conversation.hand_error(err)
            except Exception as bug:
                await conversation.hand_bug(bug)
            else:
                conversation.failures = 0
                if read.history is not None:
                    conversation.changed(read.name)
                # One at a time: what wakes at once is to be few, whatever answers come together.
                async with self._handing:
                    await conversation.hand(read.history, since)
        finally:
            del self._looking[conversation.id]
            if not self.idle:
                if conversation.watches:
                    self._set_interval(conversation)
                    # Its deadline has passed since it was handed this look, or it came after.
                    if any(watch.is_over and not watch.ended for watch in conversation.watches):
                        self._schedule.hurry(conversation.id, self._loop.time())
                self._fit()

    def _failed(self, conversation: Conversation, error: CekatError) -> None:
        if not conversation.watches:
            return
        now = self._loop.time()
        conversation.failures += 1
        asked = min(getattr(error, "retry_after_seconds", None) or 0.0, LONGEST_ASKED_SECONDS)
        pause = max(backoff_seconds(conversation.interval_seconds, conversation.failures), asked)
        if not isinstance(error, RateLimitedError):  # which holds everything, and so needs no place further back
            self._schedule.postpone(conversation.id, pause, now)

    def _look_last(self, conversation: Conversation, watch: Watch) -> None:
        """Look once more at the deadline, as a sensor that pokes does; and end the wait soon after in any case."""
        now = self._loop.time()
        unmade = Look(None, None, last=True, made=False)
        conversation.timers[watch] = self._call_at(now + LAST_LOOK_SECONDS, watch.hand, unmade)
        self._schedule.hurry(conversation.id, now)
        self._arm()
