"""What a trigger hands to the task that resumes: a small JSON object, written here and read here.

It crosses processes and a database, and the two ends may be of different versions, so whatever is not exactly
known fails. The triggerer logs every event at INFO: messages travel packed, and no text of a customer's is in a log.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cekat_provider.core import errors
from cekat_provider.core.errors import CekatError, EventError
from cekat_provider.core.parse import Message

_VERSION: Final = 1
_NAMES: Final = {"cekat", "deadline", "timed_out", "messages", "error", "looked"}
#: Far above any history that is read.
_MOST_BYTES: Final = 1 << 30


@dataclass(frozen=True)
class Outcome:
    """How a trigger's part of a wait ended: by messages, by an error, or, with neither, by its deadline.

    :param deadline: epoch seconds; when the whole wait ends, so that the next part keeps it.
    :param messages: those that count, or None.
    :param error: what ended the wait, or what the last look before the deadline met.
    :param timed_out: whether the deadline has passed.
    :param looked: False where there was no time for a look at the deadline: the task is to make it.
    """

    deadline: float
    messages: Sequence[Message] | None = field(default=None, repr=False)
    error: CekatError | None = None
    timed_out: bool = False
    looked: bool = True

    def to_event(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        event: dict[str, Any] = {"cekat": _VERSION, "deadline": self.deadline, "timed_out": self.timed_out}
        if self.messages is not None:
            event["messages"] = _pack([message.to_dict() for message in self.messages])
        if self.error is not None:
            event["error"] = [type(self.error).__name__, *map(str, self.error.args)]
        if not self.looked:
            event["looked"] = False
        return event


def read(event: Any) -> Outcome:
    """Read an event.

    :raises EventError: when it is none, or one of another version.
    """
    try:
        if event["cekat"] != _VERSION or set(event) - _NAMES:
            raise ValueError
        messages = [Message.from_dict(one) for one in _unpack(event["messages"])] if "messages" in event else None
        error = _error(*event["error"]) if "error" in event else None
        timed_out, deadline, looked = event["timed_out"], event["deadline"], event.get("looked", True)
        if not isinstance(looked, bool) or (not looked and not timed_out):
            raise ValueError
        if not isinstance(timed_out, bool) or not isinstance(deadline, int | float) or isinstance(deadline, bool):
            raise ValueError
        if (messages is not None) + timed_out + (error is not None and not timed_out) != 1:
            raise ValueError
    except (TypeError, ValueError, KeyError, zlib.error) as err:
        # Not `repr(event)`: it may hold messages.
        raise EventError(f"The trigger's event cannot be read ({type(err).__name__}): it is none of ours") from None
    return Outcome(float(deadline), messages, error, timed_out, looked)


def _error(name: str, *args: str) -> CekatError:
    """Make the error anew, as pickle does: the same class with the same arguments."""
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, CekatError) and all(isinstance(arg, str) for arg in args)):
        raise ValueError(name)
    made: CekatError = kind(*args)
    return made


def _pack(value: Sequence[Any]) -> str:
    # One by one: all of them in one call would hold every thread up.
    each = (json.dumps(one, separators=(",", ":")) for one in value)
    return base64.b64encode(zlib.compress(f"[{','.join(each)}]".encode())).decode()


def _unpack(packed: str) -> Any:
    content = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), _MOST_BYTES)
    value = json.loads(content)
    if not isinstance(value, list):
        raise ValueError
    return value
