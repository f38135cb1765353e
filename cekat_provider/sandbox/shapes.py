"""The shapes in which Cekat has been seen to answer; the live API's is unknown, so all can be had."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cekat_provider.sandbox.clock import iso_jakarta, iso_utc, naive_jakarta
from cekat_provider.sandbox.store import Conversation, Message

INBOX = {"id": "5f0c1f9e-0000-4000-8000-000000000001", "name": "Sandbox", "type": "whatsapp"}


class Shape(BaseModel):
    """How ``GET /messages`` answers.

    ``pagination`` matters where ``page_size`` is a number: ``pages`` and ``cursor`` say that there is more,
    ``none`` gives the newest ones and keeps silent about the rest. An accepted message is missing from the
    history for ``history_lag_seconds``.
    """

    model_config = ConfigDict(extra="forbid")

    envelope: Literal["data", "data.messages", "data.items", "bare"] = "data"
    messages: Literal["new", "old"] = "new"
    times: Literal["z", "offset", "naive"] = "z"
    order: Literal["oldest_first", "newest_first", "shuffled"] = "oldest_first"
    page_size: int | None = Field(default=None, ge=1)
    pagination: Literal["pages", "cursor", "none"] = "pages"
    history_lag_seconds: float = Field(default=0, ge=0)

    def time(self, at_ms: int) -> str:
        """Write a time as this shape does."""
        return _TIMES[self.times](at_ms)


_TIMES: dict[str, Callable[[int], str]] = {"z": iso_utc, "offset": iso_jakarta, "naive": naive_jakarta}


def status_at(message: Message, now_ms: int) -> tuple[str, int, dict[str, Any] | None]:
    """Tell a message's status at a time, since when, and its error. Set by hand it overrules the ladder."""
    if message.status is not None:
        return message.status, message.status_ms or message.created_ms, message.error
    current: tuple[str, int, dict[str, Any] | None] = ("sent", message.created_ms, None)
    if message.sent_by_type == "user":
        return "delivered", message.created_ms, None
    ladder = message.ladder or {}
    for status in ("delivered", "read", "failed"):  # "failed" last: once due, it is final
        at_ms = ladder.get(f"{status}_ms")
        if at_ms is not None and at_ms <= now_ms:
            current = (status, at_ms, ladder.get("error") if status == "failed" else None)
    return current


def new_message(message: Message, conversation: Conversation, shape: Shape, now_ms: int) -> dict[str, Any]:
    """Write a message as the newer pages do. Why a message failed stands in ``additional_data.error``."""
    content = message.content
    status, since_ms, error = status_at(message, now_ms)
    extra: dict[str, Any] = {"is_private_note": message.sent_by_type == "private_note"}
    if error is not None:
        extra["error"] = error
    return {
        "id": message.id,
        "message": content["message"],
        "conversation_id": message.conversation_id,
        "sent_by": content["sent_by"],
        "sent_by_name": content["sent_by_name"],
        "sent_by_type": message.sent_by_type,
        "media_type": content["media_type"],
        "media_url": content.get("media_url"),
        "status": status,
        "is_template": content.get("is_template", False),
        "created_at": shape.time(message.created_ms),
        "updated_at": shape.time(since_ms),
        "platform_mid": "wamid." + message.id.replace("-", "").upper(),
        "additional_data": extra,
        "contact": {"phone_number": conversation.receiver, "name": conversation.name},
        "inbox": INBOX,
        "location": content.get("location"),
        "interactive": content.get("interactive"),
        "action": content.get("action"),
    }


def old_message(message: Message, conversation: Conversation, shape: Shape) -> dict[str, Any]:
    """Write a message as the older pages do: no status, and a note shows only in ``type``."""
    content = message.content
    inbound = message.sent_by_type == "user"
    said = {"text": content["message"], "url": content.get("media_url"), "location": content.get("location")}
    said["interactive"] = content.get("interactive")
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "direction": "inbound" if inbound else "outbound",
        "type": "private_note" if message.sent_by_type == "private_note" else content["media_type"],
        "content": {key: value for key, value in said.items() if key == "text" or value is not None},
        "sender": {"name": content["sent_by_name"], "phone": conversation.receiver if inbound else None},
        "timestamp": shape.time(message.created_ms),
    }


def history(
    messages: list[Message], conversation: Conversation, shape: Shape, now_ms: int, page: int, cursor: int
) -> Any:
    """Write the answer of ``GET /messages``: ``page`` counts from 1, ``cursor`` is where to go on."""
    lag_ms = int(shape.history_lag_seconds * 1000)
    seen = [m for m in messages if m.request_body is None or m.created_ms + lag_ms <= now_ms]
    total, size = len(seen), shape.page_size
    seen = _ordered(seen, shape)
    meta: dict[str, Any] = {}
    if size is not None and shape.pagination == "pages":
        seen = seen[(page - 1) * size : page * size]
        meta = {
            "current_page": page,
            "current_items": len(seen),
            "total_page": math.ceil(total / size),
            "total_items": total,
        }
    elif size is not None and shape.pagination == "cursor":
        seen = seen[cursor : cursor + size]
        more = cursor + size < total
        meta = {"next_cursor": str(cursor + size) if more else None, "has_more": more}
    elif size is not None:
        newest = {m.seq for m in sorted(seen, key=lambda m: m.seq)[-size:]}
        seen = [m for m in seen if m.seq in newest]
    old = shape.messages == "old"
    items = [old_message(m, conversation, shape) if old else new_message(m, conversation, shape, now_ms) for m in seen]
    return _envelope(items, shape, meta)


def _ordered(messages: list[Message], shape: Shape) -> list[Message]:
    if shape.order == "shuffled":  # the same shuffle each time, or pages would overlap
        return sorted(messages, key=lambda m: hashlib.sha256(m.id.encode()).digest())
    return sorted(messages, key=lambda m: (m.created_ms, m.seq), reverse=shape.order == "newest_first")


def _envelope(items: list[dict[str, Any]], shape: Shape, meta: dict[str, Any]) -> Any:
    if shape.envelope == "bare":  # a bare list has no room to say that there is more
        return items
    data: Any = items if shape.envelope == "data" else {shape.envelope.partition(".")[2]: items}
    answer: dict[str, Any] = {"success": True, "data": data}
    if meta:
        answer["metadata"] = {"pagination": meta}
    return answer
