"""Everything that is set and everybody who talks, at one look: what the page draws first and after every change."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.clock import iso_utc
from cekat_provider.sandbox.control import told_clock
from cekat_provider.sandbox.control_people import TheCekat, shown
from cekat_provider.sandbox.shapes import status_at
from cekat_provider.sandbox.store import Message
from cekat_provider.sandbox.version import version

router = APIRouter(prefix="/sandbox", tags=["Sandbox"])
_PREVIEW_CHARACTERS = 200


@router.get("/overview")
async def overview(cekat: TheCekat) -> dict[str, Any]:
    """Tell the conversations with their newest message, the last active first, and all that is set up."""
    now_ms = cekat.clock.now_ms()
    latest = cekat.store.latest()
    listed = []
    for place, conversation in enumerate(cekat.store.conversations()):
        message, count = latest.get(conversation.id, (None, 0))
        seen = {**shown(cekat, conversation), "count": count, "last": message and _preview(message, now_ms)}
        listed.append((message.created_ms if message else conversation.opened_ms, place, seen))
    return {
        "version": version(),
        "clock": told_clock(cekat),
        "conversations": [seen for _, _, seen in sorted(listed, key=lambda one: one[:2], reverse=True)],
        "faults": [fault.model_dump(exclude_unset=True) for fault in cekat.faults.left()],
        "rules": [asdict(rule) for rule in cekat.rules],
        "delivery": asdict(cekat.delivery),
        "rate_limit": cekat.rate.per_minute,
        "refused": cekat.log.count_refused(),
        # For the line that the page offers; a key of somebody's own is on no page.
        "key": cekat.api_key if cekat.api_key == Settings.api_key else None,
    }


def _preview(message: Message, now_ms: int) -> dict[str, Any]:
    content = message.content
    return {
        "seq": message.seq,
        "sent_by_type": message.sent_by_type,
        "message": content["message"][:_PREVIEW_CHARACTERS],
        "media_type": content["media_type"],
        "status": status_at(message, now_ms)[0],
        "created_at": iso_utc(message.created_ms),
    }
