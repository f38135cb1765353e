"""Answers as they have been seen (the letters are those of the wire facts), and what makes up more of them."""

from __future__ import annotations

import json
import os
from typing import Any

from dice import EACH
from hypothesis import HealthCheck, settings

from cekat_provider.core.wire import Response


def generated(examples: int) -> settings:
    """Give the same examples each time, so that a red run is a change; with HUNT in the environment, other ones."""
    return settings(
        max_examples=int(os.environ.get("HUNT", examples)),
        deadline=None,
        derandomize="HUNT" not in os.environ,
        suppress_health_check=[HealthCheck.too_slow],
    )


GENERATED = generated(200)
#: For tests that make `EACH` values of an example: 10,000.
MANY = generated(10_000 // EACH)
CONVERSATION = "0b3c9a52-6f1e-4d0a-9c57-2f1d8b7e6a40"

#: C, D: the newer pages.
NEWER: dict[str, Any] = {
    "id": "5a1f0c7e-1111-4222-8333-444455556666",
    "message": "Ya, benar",
    "conversation_id": CONVERSATION,
    "sent_by": "c-1",
    "sent_by_name": "Made Up",
    "sent_by_type": "user",
    "media_type": "text",
    "media_url": None,
    "status": "delivered",
    "is_template": False,
    "created_at": "2026-04-10T09:24:23.123Z",
    "updated_at": "2026-04-10T09:24:24.000Z",
    "platform_mid": "wamid.MADEUP",
    "additional_data": {"is_private_note": False},
    "contact": {"phone_number": "6281234567890"},
    "inbox": {"id": "i-1"},
    "location": None,
    "interactive": None,
    "action": None,
}
#: C: the older pages.
OLDER: dict[str, Any] = {
    "id": NEWER["id"],
    "conversation_id": CONVERSATION,
    "direction": "inbound",
    "type": "text",
    "content": {"text": "Ya, benar"},
    "sender": {"name": "Made Up", "phone": "6281234567890"},
    "timestamp": "2026-04-10T09:24:23.123Z",
}


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    """Make an answer; a header's name with `_` for `-`."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)
