"""The customer's side: answers typed by hand, taps on buttons and rows, rules that answer by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cekat_provider.sandbox.store import Conversation, Message


@dataclass
class Rule:
    """Answer ``message`` to outbound ones, ``after_seconds`` of real time later; ``times`` None: always."""

    message: str
    after_seconds: float = 0.0
    conversation_id: str | None = None
    receiver: str | None = None
    contains: str | None = None
    times: int | None = None

    def takes(self, conversation: Conversation, text: str) -> bool:
        """Tell whether the rule answers this message, and count it."""
        if self.times == 0:
            return False
        if self.conversation_id not in (None, conversation.id) or self.receiver not in (
            None,
            conversation.receiver,
        ):
            return False
        if self.contains is not None and self.contains not in text:
            return False
        if self.times is not None:
            self.times -= 1
        return True


def inbound_content(conversation: Conversation, text: str, media_type: str = "text", **more: Any) -> dict[str, Any]:
    """Make the content of a message from the customer."""
    return {
        "message": text,
        "media_type": media_type,
        "sent_by": conversation.receiver,
        "sent_by_name": conversation.name,
        **more,
    }


def tap(messages: list[Message], *, button_id: str | None, row_id: str | None) -> dict[str, Any] | None:
    """Find the newest stored message that has this button or row, and make what a tap on it sends."""
    for message in reversed(messages):
        action = message.content.get("action") or {}
        if button_id is not None:
            for button in action.get("buttons", []):
                if button["reply"]["id"] == button_id:
                    return {"type": "button_reply", "button_reply": button["reply"]}
        for section in action.get("sections", []):
            for row in section["rows"]:
                if row["id"] == row_id:
                    return {"type": "list_reply", "list_reply": row}
    return None
