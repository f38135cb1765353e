"""How far somebody has read a conversation: a few bytes that tell new messages from those already taken.

A history has no order that can be relied on, and a message may show up later than one that is younger. So a cursor
is not a position: it is the time of the newest message taken and the names of those taken shortly before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cekat_provider.core.parse import UTC, Message, time

#: A message that shows up so much later than a younger one is still noticed.
OVERLAP: Final = timedelta(hours=6)


@dataclass(frozen=True)
class Cursor:
    """What has been taken of one conversation.

    :param newest: the time of the newest message, aware UTC; None where none that has a time was taken.
    :param names: name → time of the messages taken within `OVERLAP` before it, and of those that have no time.
    """

    newest: datetime | None = None
    names: Mapping[str, datetime | None] = field(default_factory=dict)

    @property
    def earliest(self) -> datetime | None:
        """From when on a message may be fresh, or None."""
        return None if self.newest is None else self.newest - OVERLAP

    def fresh(self, messages: Iterable[Message]) -> list[Message]:
        """Return those that have not been taken, in their order."""
        return [
            message for message in messages if self._is_recent(message.sent_at) and name_of(message) not in self.names
        ]

    def after(self, messages: Sequence[Message]) -> Cursor:
        """Return the cursor with these taken too."""
        times = [self.newest, *(message.sent_at for message in messages)]
        newest = max((at for at in times if at is not None), default=None)
        # Those taken before are kept though this history may lack them: it may lag, and they come back.
        names = {**self.names, **{name_of(message): message.sent_at for message in messages}}
        bound = Cursor(newest)
        return Cursor(newest, {name: at for name, at in names.items() if bound._is_recent(at)})

    def _is_recent(self, at: datetime | None) -> bool:
        return self.earliest is None or at is None or at >= self.earliest

    def to_state(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        names = {name: at.isoformat() if at else None for name, at in self.names.items()}
        return {"newest": self.newest.isoformat() if self.newest else None, "names": names}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Cursor:
        """Make a cursor of what `to_state` gave."""
        names = {name: time(at, UTC) for name, at in state["names"].items()}
        return cls(time(state["newest"], UTC), names)


def name_of(message: Message) -> str:
    """Name a message in a few characters, whatever becomes of its status."""
    identity = message.id or repr((message.sent_at, message.direction, message.text))
    return hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Batch:
    """What one DAG run has taken, so that its retries take the same again and other runs do not.

    :param run_id: the DAG run's.
    :param start: the cursor before it.
    :param end: the cursor after it.
    """

    run_id: str
    start: Cursor
    end: Cursor

    @classmethod
    def from_state(cls, state: Any) -> Batch | None:
        """Read what `to_state` gave; None where nothing was kept."""
        if not state:
            return None
        return cls(state["run_id"], Cursor.from_state(state["start"]), Cursor.from_state(state["end"]))

    def to_state(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {"run_id": self.run_id, "start": self.start.to_state(), "end": self.end.to_state()}


def take(before: Batch | None, run_id: str, messages: Sequence[Message]) -> tuple[list[Message], Batch]:
    """Take what is new for a DAG run.

    :param before: what was kept last, or None.
    :param messages: the whole history, as far as it counts.
    :returns: the new messages in their order, and what to keep.
    """
    start = Cursor()
    if before is not None:
        start = before.start if before.run_id == run_id else before.end
    return start.fresh(messages), Batch(run_id, start, start.after(messages))
