"""What a task says of a message in its log: the kind and the size of what is sent, and no word of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cekat_provider.core import check, limits
from cekat_provider.core.match import Criteria
from cekat_provider.core.parse import Message
from cekat_provider.core.privacy import mask_number


def sending(body: Mapping[str, Any]) -> str:
    """Tell of a body what it is, how long, and to whom: ``2 reply buttons (9 characters) to the number …90``."""
    return f"{_kind(body)} to {_whom(body)}"


def waiting(wanted: Criteria, min_messages: int) -> str:
    """Tell which messages a wait is for."""
    which = "" if wanted.direction == "any" else f" {wanted.direction}"
    narrowed = [name for name in ("contains", "pattern", "media_type", "match") if getattr(wanted, name) is not None]
    since = f" since {wanted.since.isoformat(timespec='seconds')}" if wanted.since else ""
    return _many(min_messages, f"{which} message".strip()) + since + (f", by {', '.join(narrowed)}" if narrowed else "")


def arrived(messages: Sequence[Message], since: datetime | None = None) -> str:
    """Tell of messages what they are, and how long after `since` the last one came."""
    shown = [f"{message.media_type or limits.PLAIN}, {_characters(message.text)}" for message in messages[:3]]
    more = ["…"] if len(messages) > len(shown) else []
    said = f"{_many(len(messages), 'message')} ({'; '.join(shown + more)})"
    last = messages[-1].sent_at if messages else None
    # Whole seconds: some of Cekat's times have no fraction.
    return said if since is None or last is None else f"{said} within {max((last - since).total_seconds(), 0):.0f} s"


def _kind(body: Mapping[str, Any]) -> str:
    kind = check.kind_of(body)
    text = body.get("message")
    size = f" ({_characters(text)})" if isinstance(text, str) else ""
    named = {
        limits.PLAIN: "a text",
        limits.ATTACHMENT: "a file",
        "location": "a location",
        "cta_url": "a link button",
        "button": _many(len(_inner(body.get("action"), "buttons")), "reply button"),
        "list": f"a list of {_many(_rows(body), 'row')}",
    }
    return named.get(kind, f"a message of type {kind}") + size


def _whom(body: Mapping[str, Any]) -> str:
    receiver, conversation_id = body.get("receiver"), body.get("conversation_id")
    who = [f"the number {mask_number(receiver)}"] if receiver is not None else []
    where = [f"conversation {conversation_id}"] if conversation_id is not None else []
    return " in ".join(who + where) or "nobody"


def _rows(body: Mapping[str, Any]) -> int:
    return sum(len(_inner(section, "rows")) for section in _inner(body.get("action"), "sections"))


def _inner(holder: Any, name: str) -> Sequence[Any]:
    value = holder.get(name) if isinstance(holder, Mapping) else None
    return value if isinstance(value, list | tuple) else ()


def _characters(text: str) -> str:
    return _many(limits.length(text), "character")


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
