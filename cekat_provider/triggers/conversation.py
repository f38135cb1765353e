"""What the shared poll knows of one conversation; not its messages, which are as many as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from cekat_provider.core.errors import CekatError
from cekat_provider.core.parse import Message
from cekat_provider.hooks import _aside
from cekat_provider.triggers.watch import Look, Watch

#: Waits that wake in one step of the event loop, of however many; fewer where each has a long history to judge.
AT_A_TIME: Final = 50


class Conversation:
    """Who waits for a conversation, and what they have seen of it.

    :param conversation_id: an id of Cekat's.
    """

    __slots__ = ("_last", "failures", "id", "timers", "version", "watches")

    def __init__(self, conversation_id: str) -> None:
        self.id = conversation_id
        self.watches: set[Watch] = set()
        self.timers: dict[Watch, asyncio.TimerHandle] = {}
        #: Counts the histories that differed; `_last` names the last one.
        self.version = 0
        self._last: object = None
        self.failures = 0

    @property
    def interval_seconds(self) -> float:
        """How often whoever waits most eagerly wants a look."""
        return min(watch.interval_seconds for watch in self.watches)

    @property
    def since(self) -> datetime | None:
        """From when on a history suffices for all, or None where it must be whole."""
        times = [watch.since for watch in self.watches if watch.since is not None]
        return min(times) if times and len(times) == len(self.watches) else None

    @property
    def known(self) -> object:
        """The name of the history that need not be read again, since every wait has been handed it; or None."""
        everybody = all(watch.seen == self.version for watch in self.watches)
        return self._last if everybody else None

    def changed(self, name: object) -> None:
        """Take note of a history that is another one.

        :param name: what to know it by.
        """
        self.version += 1
        self._last = name

    async def hand(self, history: Sequence[Message] | None, since: datetime | None) -> None:
        """Hand the watches a history from `since` on, or None where it is the known one."""

        def look(watch: Watch) -> Look | None:
            # Who came while the look was under way may need what it has not asked for.
            if not (watch.seen == self.version if history is None else watch.is_served_from(since)):
                return None
            watch.looked()
            watch.seen = self.version
            return Look(history, None, watch.is_over) if history is not None or watch.is_over or watch.every else None

        await self._deal(look, len(history or ()))

    async def hand_error(self, error: CekatError) -> None:
        """Hand the watches a look that failed."""

        def look(watch: Watch) -> Look:
            watch.looked()
            watch.seen = None
            return Look(None, error, watch.is_over)

        await self._deal(look)

    async def hand_bug(self, bug: Exception) -> None:
        """Have every wait raise it: it is not swallowed."""
        await self._deal(lambda _: bug)

    async def _deal(self, look: Callable[[Watch], Look | Exception | None], many: int = 0) -> None:
        """Hand each watch its look, a few at a time: those wake and judge `many` messages each before the next few."""
        few = max(1, min(AT_A_TIME, _aside.MANY // max(many, 1)))
        for number, watch in enumerate(tuple(self.watches), 1):
            # They may leave in between.
            handed = look(watch) if watch in self.watches else None
            if handed is not None:
                watch.hand(handed)
            if number % few == 0:
                await asyncio.sleep(0)
