"""What the sandbox knows and does, with no HTTP in it."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from cekat_provider.sandbox.changes import Changes
from cekat_provider.sandbox.clock import Clock
from cekat_provider.sandbox.customer import Rule, inbound_content, tap
from cekat_provider.sandbox.faults import FaultPlan
from cekat_provider.sandbox.outbound import Delivery, outbound_content
from cekat_provider.sandbox.rate import RateLimit
from cekat_provider.sandbox.refusal import Refused
from cekat_provider.sandbox.request_log import RequestLog
from cekat_provider.sandbox.shapes import Shape, new_message
from cekat_provider.sandbox.store import Conversation, Message, Store
from cekat_provider.sandbox.templates import first_templates


@dataclass
class Settings:
    """What the sandbox is started with, and falls back to when it is cleared."""

    api_key: str = "sandbox-key"
    db: str = ":memory:"
    rules: list[Rule] = field(default_factory=list)
    requests_per_minute: int | None = None


class Cekat:
    """One local Cekat: a store, a clock, and what has been set up about it. Used by one event loop only."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.api_key = settings.api_key
        self.changes = Changes()
        self.store = Store(settings.db, self.changes)
        self.clock = Clock(int(self.store.setting("clock_offset_ms", "0")))
        self.log = RequestLog()
        self._start_afresh()

    def _start_afresh(self) -> None:
        self.shape = Shape()
        self.rules = [Rule(**asdict(rule)) for rule in self.settings.rules]
        self.delivery = Delivery()
        self.faults = FaultPlan()
        self.rate = RateLimit(self.settings.requests_per_minute)
        self.templates = first_templates()

    def clear(self) -> None:
        """Forget all that happened and was set up since the start, the clock's offset too; the key stays."""
        self.store.clear()
        self.log.clear()
        self.clock.offset_ms = 0
        self._start_afresh()

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.offset_ms += int(seconds * 1000)
        self.store.set_setting("clock_offset_ms", str(self.clock.offset_ms))

    def settle(self) -> None:
        """Let the customer give the answers that are due.

        Called before every request is looked at, so no thread has to wait for them; each carries the time at
        which it was due, not the one at which it was noticed.
        """
        due = deque(self.store.due(self.clock.real_ms()))
        while due:
            seq, due_real_ms, conversation_id, text = due.popleft()
            conversation = self.store.conversation(conversation_id)
            with self.store.transaction():
                self.store.drop_due(seq)
                if conversation is not None:
                    content = inbound_content(conversation, text)
                    self._add(conversation, "user", content, at_ms=due_real_ms + self.clock.offset_ms)

    def accept(self, body: dict[str, Any], request_headers: dict[str, str]) -> tuple[Message, Conversation]:
        """Take a send that keeps the limits: find or open its conversation, check its window, keep it."""
        now_ms = self.clock.now_ms()
        with self.store.transaction():
            conversation = self._conversation_for(body, now_ms)
            if now_ms >= conversation.window_ends_ms:
                raise _closed_window()
            message = self._add(
                conversation,
                "api",
                outbound_content(body),
                at_ms=now_ms,
                ladder=self.delivery.ladder(now_ms),
                request_body=body,
                request_headers=request_headers,
            )
            for rule in self.rules:
                if rule.takes(conversation, str(body.get("message", ""))):
                    due = self.clock.real_ms() + int(rule.after_seconds * 1000)
                    self.store.schedule(due, conversation.id, rule.message)
        return message, conversation

    def reply(
        self,
        conversation: Conversation,
        text: str | None,
        media_type: str | None = None,
        media_url: str | None = None,
        button_id: str | None = None,
        row_id: str | None = None,
    ) -> Message:
        """Write a message of the customer's."""
        more: dict[str, Any] = {"media_url": media_url} if media_url else {}
        if button_id is not None or row_id is not None:
            tapped = tap(self.store.messages(conversation.id), button_id=button_id, row_id=row_id)
            if tapped is None:
                wanted = f"button {button_id!r}" if button_id is not None else f"row {row_id!r}"
                raise Refused(404, "NOT_FOUND", f"No message of this conversation has a {wanted}")
            more["interactive"] = tapped
            text = text if text is not None else tapped[tapped["type"]]["title"]
            media_type = media_type or "interactive"
        content = inbound_content(conversation, text or "", media_type or "text", **more)
        with self.store.transaction():
            return self._add(conversation, "user", content)

    def write_inside(self, conversation: Conversation, sent_by_type: str, text: str, name: str) -> Message:
        """Write a message that neither the customer nor the API sent: an agent's, or a private note."""
        content = {"message": text, "media_type": "text", "sent_by": sent_by_type, "sent_by_name": name}
        with self.store.transaction():
            return self._add(conversation, sent_by_type, content)

    def shown(self, message: Message) -> dict[str, Any]:
        """Show a message as the control endpoints do: in the newer form, with the request it came from."""
        conversation = self.store.conversation(message.conversation_id)
        if conversation is None:
            raise LookupError(message.conversation_id)
        return {
            **new_message(message, conversation, Shape(), self.clock.now_ms()),
            "seq": message.seq,
            "receiver": conversation.receiver,
            "request_body": message.request_body,
            "request_headers": message.request_headers,
        }

    def _conversation_for(self, body: dict[str, Any], now_ms: int) -> Conversation:
        wanted, receiver = body.get("conversation_id"), body.get("receiver")
        if wanted is None:
            return self.store.conversation_of(receiver or "") or self.store.open_conversation(receiver or "", now_ms)
        known = self.store.conversation(wanted)
        if known is not None:
            if receiver not in (None, known.receiver):
                detail = {"field": "receiver", "message": "is not the receiver of this conversation"}
                raise Refused(404, "NOT_FOUND", "Conversation not found", [detail])
            return known
        if receiver is None:
            raise Refused(404, "NOT_FOUND", "Conversation not found")
        if self.store.conversation_of(receiver) is not None:
            detail = {"field": "conversation_id", "message": "is unknown, and the receiver has another conversation"}
            raise Refused(404, "NOT_FOUND", "Conversation not found", [detail])
        return self.store.open_conversation(receiver, now_ms, wanted)

    def _add(
        self,
        conversation: Conversation,
        sent_by_type: str,
        content: dict[str, Any],
        at_ms: int | None = None,
        **more: Any,
    ) -> Message:
        at_ms = self.clock.now_ms() if at_ms is None else at_ms
        message = Message(str(uuid.uuid4()), conversation.id, sent_by_type, at_ms, content, **more)
        self.store.add(message)
        return message


def _closed_window() -> Refused:
    said = "Re-engagement message: more than 24 hours have passed since the customer last replied to this number"
    detail = {"field": "conversation_id", "message": "is outside the 24-hour customer service window"}
    return Refused(400, 131047, said, [detail])
