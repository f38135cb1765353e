"""What an inbound message tells besides its text: which button or row was tapped, and who did.

How a tap comes back in the history is not documented, so an id counts wherever it stands in ``message``,
``interactive``, ``action`` or the older pages' ``content``, as a value or inside JSON that was kept as a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.parse import Message
from cekat_provider.core.phone import receiver_digits

#: Every id that this package gives to a button or a row begins with it.
ID_PREFIX: Final = "cekat:"
_FIELDS: Final = ("message", "interactive", "action", "content")
#: WhatsApp's own names of what a tap holds; beside it may stand an echo of the question with all its ids.
_REPLIES: Final = ("button_reply", "list_reply")
#: Where the sender's number may stand, the most telling first; the contact is whom the conversation is with.
_SENDERS: Final = (
    ("sent_by",),
    ("sender", "phone"),
    ("sender", "phone_number"),
    ("sender",),
    ("participant",),
    ("author",),
    ("from",),
    ("contact", "phone_number"),
    ("contact", "phone"),
)
_NAMES: Final = (("sent_by_name",), ("sender", "name"), ("contact", "name"))


def option_id(nonce: str, index: int) -> str:
    """Return the id of a button or a row that answers one request only."""
    return f"{ID_PREFIX}{nonce}:{index}"


def tapped_ids(message: Message) -> set[str]:
    """Return the ids that a message's tap names; none where it is no tap, or nothing of it was kept."""
    fields = [_opened(message.raw.get(name)) for name in _FIELDS]
    replies = {text for field in fields for reply in _replies(field) for text in _texts(reply.get("id"))}
    return replies or {text for field in fields for text in _texts(field) if text.startswith(ID_PREFIX)}


def is_tap(message: Message) -> bool:
    """Tell whether a message shows that it is a tap, on whatever."""
    return bool(tapped_ids(message))


def sender_digits(message: Message) -> str | None:
    """Return the sender's number as digits, or None where nothing in the message is one."""
    for path in _SENDERS:
        value = _at(message.raw, path)
        if isinstance(value, str):
            value = value.partition("@")[0]  # WhatsApp's own form: 62812…@s.whatsapp.net
        try:
            return receiver_digits(value)
        except CekatInputError:
            continue
    return None


def sender_name(message: Message) -> str | None:
    """Return the sender's name, or None."""
    found = (_at(message.raw, path) for path in _NAMES)
    return next((name for name in found if isinstance(name, str) and name), None)


def _at(raw: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        raw = raw.get(name) if isinstance(raw, Mapping) else None
    return raw


def _opened(value: Any) -> Any:
    """Read JSON that was kept as a text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _replies(value: Any) -> Iterator[Mapping[str, Any]]:
    for inner in _mappings(value):
        yield from (inner[name] for name in _REPLIES if isinstance(inner.get(name), Mapping))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (inner for inner in _inside(value) if isinstance(inner, Mapping))


def _texts(value: Any) -> Iterator[str]:
    return (inner for inner in _inside(value) if isinstance(inner, str))


def _inside(value: Any) -> Iterator[Any]:
    """Yield a value and all that is in it. Without recursion: a customer can write JSON of any depth."""
    left = [value]
    while left:
        inner = left.pop()
        yield inner
        if isinstance(inner, Mapping | list):
            left += inner.values() if isinstance(inner, Mapping) else inner
