"""Telling open pages what has changed.

The store tells of conversations, the gate of all that a request may have changed besides. Whoever listens gets
topics, not values, and looks for itself: what is missed or heard twice does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

#: Any of these, or the id of a conversation with this before it.
REQUESTS, SETUP, CLEARED, CONVERSATION = "requests", "setup", "cleared", "conversation:"


class Listener:
    """What one listener has not been told yet."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._waiting = asyncio.Event()

    def tell(self, topic: str) -> None:
        """Note a topic; once, however often it is told before it is heard."""
        self._topics.add(topic)
        self._waiting.set()

    async def next(self, patience_seconds: float) -> list[str]:
        """Give the topics since the last call, waiting for one so long; an empty list where none came."""
        try:
            await asyncio.wait_for(self._waiting.wait(), patience_seconds)
        except asyncio.TimeoutError:
            return []
        topics, self._topics = sorted(self._topics), set()
        self._waiting.clear()
        return topics


class Changes:
    """Those who listen. Used by one event loop only, and free where nobody does."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def tell(self, topic: str) -> None:
        """Tell everybody who listens."""
        for listener in self._listeners:
            listener.tell(topic)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Listen for as long as the block lasts."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
