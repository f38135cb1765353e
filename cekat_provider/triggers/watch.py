"""One wait's place at the shared poll: it is handed each look at its conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cekat_provider.core.errors import CekatError
from cekat_provider.core.parse import Message

#: Conversations are not looked at more often, whatever is asked for.
SHORTEST_INTERVAL_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Look:
    """What came of looking at a conversation once.

    :param history: oldest first, from the watch's `since` on; None where nothing has changed or the look failed.
    :param error: why it failed, or None.
    :param last: whether the deadline has passed, so that no further look comes.
    :param made: False where there was no time to look at the deadline.
    """

    history: Sequence[Message] | None
    error: CekatError | None
    last: bool
    made: bool = True


class Watch:
    """Hands one wait the looks at its conversation, the newest first where it is slow.

    :param conversation_id: an id of Cekat's.
    :param interval_seconds: how often it wants one.
    :param deadline: on the event loop's clock; or None.
    :param growth: by what the interval is multiplied after each look.
    :param longest_interval_seconds: up to what.
    :param since: what it can do without is from before that, aware UTC; or None. It may be moved on.
    :param every: whether it wants to be told of looks that found nothing new.
    """

    __slots__ = (
        "_future",
        "_growth",
        "_longest",
        "_look",
        "conversation_id",
        "deadline",
        "ended",
        "every",
        "interval_seconds",
        "seen",
        "since",
    )

    def __init__(
        self,
        conversation_id: str,
        interval_seconds: float,
        deadline: float | None = None,
        growth: float = 1.0,
        longest_interval_seconds: float | None = None,
        *,
        since: datetime | None = None,
        every: bool = False,
    ) -> None:
        self.conversation_id = conversation_id
        self.interval_seconds = max(interval_seconds, SHORTEST_INTERVAL_SECONDS)
        self.deadline = deadline
        self.since = since
        self.every = every
        self._growth = growth
        self._longest = max(longest_interval_seconds or float("inf"), SHORTEST_INTERVAL_SECONDS)
        #: The version of the history that it was handed last, or None where it was handed an error or nothing.
        self.seen: int | None = None
        #: Whether it was handed its last look.
        self.ended = False
        self._look: Look | Exception | None = None
        self._future: asyncio.Future[None] | None = None

    async def look(self) -> Look:
        """Wait for the next look.

        :raises Exception: a bug of ours that the look met; Cekat's errors are in the look.
        """
        if self._look is None:
            self._future = asyncio.get_running_loop().create_future()
            try:
                await self._future
            finally:
                self._future = None
        look, self._look = self._look, None
        if isinstance(look, Exception):
            raise look
        if look is None:
            raise asyncio.CancelledError
        return look

    @property
    def is_over(self) -> bool:
        """Whether its deadline has passed."""
        return self.deadline is not None and asyncio.get_running_loop().time() >= self.deadline

    def hand(self, look: Look | Exception) -> None:
        """Hand it a look; one that it has not taken yet is replaced, but for a history that the new one lacks."""
        self.ended = not isinstance(look, Look) or look.last
        waiting = self._look
        if (
            isinstance(look, Look)
            and look.history is None
            and isinstance(waiting, Look)
            and waiting.history is not None
        ):
            # Nobody hands that history over again until the conversation changes.
            look = replace(waiting, last=look.last, made=look.made)
        self._look = look
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def is_served_from(self, since: datetime | None) -> bool:
        """Tell whether a history from then on has all that it needs."""
        return since is None or (self.since is not None and since <= self.since)

    def looked(self) -> None:
        """Count a look at its conversation."""
        self.interval_seconds = max(self.interval_seconds, min(self.interval_seconds * self._growth, self._longest))
