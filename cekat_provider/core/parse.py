"""Answers to values: every shape that has been seen, read by one parser (wire facts A, C, D).

Nothing is required of a message but that it is an object; what cannot be read stays in `Message.raw`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import accumulate
from typing import Any, Final, Literal

from cekat_provider.core.errors import NotJSONError
from cekat_provider.core.wire import Response

UTC: Final = timezone.utc

Direction = Literal["inbound", "outbound", "note"]

#: `direction` or `sent_by_type` → direction (wire facts B, C; incoming and outgoing are a guess). A type that is not
#: here counts as outbound, so that an unknown one never passes for a customer's answer.
_DIRECTIONS: Final[Mapping[str, Direction]] = {
    "user": "inbound",
    "inbound": "inbound",
    "incoming": "inbound",
    "outbound": "outbound",
    "outgoing": "outbound",
}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Above this a number of seconds lies after the year 5000, so it is milliseconds.
_LARGEST_EPOCH_SECONDS: Final = 1e11
#: No answer nests this deep; Airflow cannot store one that does as XCom.
_DEEPEST: Final = 100
_BRACKETS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKET: Final = bytes(set(range(256)) - set(_BRACKETS))
#: What JSON can say and a database's JSON column cannot hold, NUL and halves of a surrogate pair: escaped, or raw
#: in UTF-8. A NUL byte means UTF-16 or 32, where this pattern would miss them.
_UNSTORABLE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\xed[\xa0-\xbf]|\x00")
#: An answer is gone through in pieces and objects, never in one long step of C's: where a thread reads a history of
#: megabytes, the event loop beside it gets its turn between two of them.
_PIECE_BYTES: Final = 1 << 20
#: The longest that `_UNSTORABLE` finds.
_OVERLAP_BYTES: Final = 6
_DIGITS: Final = re.compile(r"[0-9]{9,13}")
#: An offset after a time of day; Python 3.10 wants the colon.
_OFFSET: Final = re.compile(r"(:\d\d(?:\.\d+)?)\s*([+-]\d\d):?(\d\d)?$")


@dataclass(frozen=True)
class Message:
    """One message of a conversation, in one shape whatever the answer's was.

    :param id: Cekat's id, or None where the answer gave none.
    :param conversation_id: the conversation, or None.
    :param direction: ``inbound`` is the customer, ``outbound`` the business, ``note`` a private note.
    :param text: what it says; empty where it has no words.
    :param media_type: ``text``, ``image``, ``button``, …; kept as Cekat wrote it, ``text`` where it is absent.
    :param media_url: the attachment, or None.
    :param status: ``sent``, ``delivered``, ``read``, ``failed``, or any other word of Cekat's, or None.
    :param sent_at: aware UTC, or None where the answer gave no readable time.
    :param sender_type: `sent_by_type` as Cekat wrote it, or None.
    :param raw: the object as it came.
    """

    id: str | None
    conversation_id: str | None
    direction: Direction
    text: str = field(repr=False)
    media_type: str
    media_url: str | None = field(repr=False)
    status: str | None
    sent_at: datetime | None
    sender_type: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able values, `sent_at` in ISO 8601: what a sensor leaves in XCom."""
        return {
            "id": self.id,
            "conversation_id": self.conversation_id,
            "direction": self.direction,
            "text": self.text,
            "media_type": self.media_type,
            "media_url": self.media_url,
            "status": self.status,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "sender_type": self.sender_type,
            "raw": dict(self.raw),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Message:
        """Make a message of what `to_dict` gave."""
        return cls(**{**values, "sent_at": time(values["sent_at"], UTC)})


@dataclass(frozen=True)
class Page:
    """One answer to ``GET /messages``.

    :param next_page: the query that asks for the next one, or None.
    :param older: the ids of messages that were left out.
    :param newest_first: whether it begins with its newest message, and so does each second of it.
    """

    messages: tuple[Message, ...]
    next_page: Mapping[str, str] | None
    older: tuple[str, ...] = ()
    newest_first: bool = False


def load_json(response: Response) -> Any:
    """Read an answer's JSON into values that any JSON column can store again.

    :raises NotJSONError: when it is none, or nested too deep to read.
    """
    content = response.content
    try:
        value = json.loads(content, parse_constant=str, parse_float=_finite, object_hook=_as_it_is)
        if _may_be_deeper(content) and _is_deeper(value):
            raise RecursionError
        return _storable(value) if _is_unstorable(content) else value
    except (ValueError, RecursionError):
        raise NotJSONError(
            f"Cekat answered {response.status} with {len(content)} bytes that are not JSON. {NotJSONError.advice}",
            response.status,
        ) from None


def page(response: Response, zone: tzinfo, since: datetime | None = None) -> Page:
    """Read one answer of ``GET /messages``.

    :param zone: what naive times mean.
    :param since: leave out messages from before it, which costs a fraction of reading them; or None.
    :raises NotJSONError: when there is no list of messages in it.
    """
    body = load_json(response)
    found = _message_list(body)
    if found is None:
        raise NotJSONError(
            f"Cekat answered {response.status} without a list of messages. {NotJSONError.advice}",
            response.status,
        )
    next_page = _next_page(body)
    messages: list[Message] = []
    older: list[str] = []
    ends = [_sent_at(raw, zone) for raw in (found[:1] + found[-1:]) if isinstance(raw, Mapping)]
    first, last = ends if len(ends) == 2 else (None, None)
    newest_first = first is not None and last is not None and first > last
    found.reverse()
    while found:
        # Taken out, so that what is left out is freed one by one: to free all at once is one long step too.
        raw = found.pop()
        if not isinstance(raw, Mapping):
            continue
        if since is not None and (at := _sent_at(raw, zone)) is not None and at < since:
            name = _id(raw)
            if name is not None:
                older.append(name)
                continue
        messages.append(message(raw, zone))
    return Page(tuple(messages), next_page, tuple(older), newest_first)


def message(raw: Mapping[str, Any], zone: tzinfo) -> Message:
    """Read one message, newer or older shape."""
    content = raw.get("content")
    additional = raw.get("additional_data")
    sender_type = _text(raw.get("sent_by_type"))
    is_note = isinstance(additional, Mapping) and additional.get("is_private_note") is True
    kinds = [(_text(raw.get(name)) or "").casefold() for name in ("direction", "sent_by_type", "type")]
    is_note = is_note or "private_note" in kinds
    kind = kinds[0] if kinds[0] in _DIRECTIONS else kinds[1]
    return Message(
        id=_id(raw),
        conversation_id=_text(raw.get("conversation_id")),
        direction="note" if is_note else _DIRECTIONS.get(kind, "outbound"),
        text=_first_text(raw.get("message"), content, raw.get("text"), raw.get("body")),
        media_type=_text(raw.get("media_type")) or _text(raw.get("type")) or "text",
        media_url=_text(raw.get("media_url")) or _text(raw.get("file_url")),
        status=_text(raw.get("status")),
        sent_at=_sent_at(raw, zone),
        sender_type=sender_type,
        raw=raw,
    )


def to_utc(value: datetime, zone: tzinfo) -> datetime:
    """Make a time aware UTC; a naive one is read in `zone`.

    :raises OverflowError: at the edges of the calendar.
    """
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def time(value: Any, zone: tzinfo) -> datetime | None:
    """Read a time in any of the seen forms: ISO 8601 with or without a zone, or an epoch; else None."""
    try:
        if isinstance(value, str) and len(value) == 24 and value[19] == "." and value[23] == "Z":
            # As nearly all are, and ten times as fast: 2026-04-10T09:24:23.000Z
            return datetime.fromisoformat(value[:23]).replace(tzinfo=UTC)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, str):
            # Python 3.10 reads neither "Z" nor fractions of other than 3 or 6 digits.
            text = re.sub(r"\.(\d+)", lambda m: "." + m[1][:6].ljust(6, "0"), value.strip())
            text = _OFFSET.sub(lambda m: f"{m[1]}{m[2]}:{m[3] or '00'}", re.sub(r"[zZ]$", "+00:00", text))
            return to_utc(datetime.fromisoformat(text), zone)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return EPOCH + timedelta(seconds=value / 1000 if abs(value) > _LARGEST_EPOCH_SECONDS else value)
    except (ValueError, OverflowError):
        pass
    return None


def _message_list(body: Any) -> list[Any] | None:
    """Find the list: the whole body, or `data`, `data.messages`, `data.items`, `messages`, `items`."""
    for candidate in (body, _get(body, "data")):
        if isinstance(candidate, list):
            return candidate
        for key in ("messages", "items"):
            inner = _get(candidate, key)
            if isinstance(inner, list):
                return inner
    # A server that has nothing may write null for an empty list (guess).
    return [] if _get(body, "success") is True and _get(body, "data") is None else None


def _next_page(body: Any) -> Mapping[str, str] | None:
    """Read `metadata.pagination`, by number (C, D) or by cursor (C; its name is a guess)."""
    for holder in (_get(body, "metadata"), body, _get(body, "data"), _get(_get(body, "data"), "metadata")):
        pagination = _get(holder, "pagination")
        for place in (pagination, holder):
            cursor = _get(place, "next_cursor")
            if isinstance(cursor, str) and cursor:
                return {"cursor": cursor}
        current, total = _get(pagination, "current_page"), _get(pagination, "total_page")
        if isinstance(current, int) and isinstance(total, int) and current < total:
            return {"page": str(current + 1)}
    return None


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _first_text(*values: Any) -> str:
    """Take the first that says something: a string, or an object with `text` or `body`."""
    for value in values:
        text = _text(value) or _text(_get(value, "text")) or _text(_get(value, "body"))
        if text:
            return text
    return ""


def _id(raw: Mapping[str, Any]) -> str | None:
    return _text(raw.get("id")) or _text(raw.get("message_id"))


def _sent_at(raw: Mapping[str, Any], zone: tzinfo) -> datetime | None:
    for name in ("created_at", "timestamp", "sent_at"):
        found = time(raw.get(name), zone)
        if found is not None:
            return found
    return None


def _finite(number: str) -> float | str:
    value = float(number)
    return value if math.isfinite(value) else number


def _as_it_is(value: dict[str, Any]) -> dict[str, Any]:
    # Called for each object: another thread can take over here.
    return value


def _pieces(content: bytes) -> Iterator[int]:
    return iter(range(0, len(content), _PIECE_BYTES))


def _is_unstorable(content: bytes) -> bool:
    search = _UNSTORABLE.search
    return any(search(content, start, start + _PIECE_BYTES + _OVERLAP_BYTES) for start in _pieces(content))


def _may_be_deeper(content: bytes) -> bool:
    """Tell quickly, counting the brackets inside texts too."""
    depth = 0
    for start in _pieces(content):
        brackets = content[start : start + _PIECE_BYTES].translate(None, _NO_BRACKET)
        depths = list(accumulate(map(_BRACKETS.__getitem__, brackets), initial=depth))
        if max(depths) > _DEEPEST:
            return True
        depth = depths[-1]
    return False


def _is_deeper(value: Any) -> bool:
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return bool(level)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    return value
