"""What the shared poll knows of one conversation; not its messages, which are as many as they are."""

from __future__ import annotations

import asyncio
from datetime import datetime

from cekat_provider.triggers.watch import Watch


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
