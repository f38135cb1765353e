"""What the sensor of docs_wait.py looks for."""

from __future__ import annotations

from cekat_provider.core.parse import Message


def is_proof(message: Message) -> bool:
    """Tell whether a message proves a payment."""
    return message.media_type == "image" or "lunas" in message.text.casefold()
