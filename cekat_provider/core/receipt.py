"""What became of a message after it was accepted, and whether one can be sent at all: both read from the history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from cekat_provider.core import classify, flow, lookup
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CekatError, DeliveryTimeoutError, WindowClosedError
from cekat_provider.core.parse import Message
from cekat_provider.core.privacy import scrub
from cekat_provider.core.wire import Sleep

#: WhatsApp's customer service window (M).
WINDOW: Final = timedelta(hours=24)
_DELIVERED: Final = ("delivered", "read")
_LOOK_EVERY_SECONDS: Final = 2.0


def check_window(config: CekatConfig, conversation_id: str) -> Flow[None]:
    """Refuse where the history shows that the customer has not written for 24 hours.

    A history without a message of the customer's says nothing: it may not be whole, and a conversation that the
    customer began is open.

    :raises WindowClosedError: before anything is sent.
    """
    history, server_now = yield from flow.history_at(config, conversation_id)
    inbound = [message.sent_at for message in history if message.direction == "inbound" and message.sent_at]
    if inbound and server_now is not None and server_now - max(inbound) > WINDOW:
        hours = (server_now - max(inbound)) / timedelta(hours=1)
        raise WindowClosedError(
            f"The customer's last message is {hours:.0f} hours old. {WindowClosedError.advice}", code="131047"
        )


def await_delivery(config: CekatConfig, conversation_id: str, message_id: str, timeout_seconds: float) -> Flow[Message]:
    """Wait until a message is delivered or read.

    Looks every 2 seconds, or later where Cekat asks for it; an error that a retry may mend is "not yet".

    :returns: the message with its last status.
    :raises CekatResponseError: WhatsApp's reason, where the status is ``failed``.
    :raises DeliveryTimeoutError: when it is neither after `timeout_seconds`.
    """
    waited, status = 0.0, None
    started = yield from lookup.now()
    while True:
        asked: float | None = None
        try:
            history = yield from flow.history(config, conversation_id)
        except CekatError as error:
            if error.permanent:
                raise
            history, asked = [], getattr(error, "retry_after_seconds", None)
        for message in history:
            if message.id == message_id:
                status = message.status
                if status in _DELIVERED:
                    return message
                if status == "failed":
                    raise _failure(message)
        if waited >= timeout_seconds:
            raise DeliveryTimeoutError(
                f"Message {message_id} was accepted and not delivered within {timeout_seconds:g} s "
                f"(its status: {status}). It may still arrive."
            )
        pause = min(max(_LOOK_EVERY_SECONDS, asked or 0.0), timeout_seconds - waited)
        yield Sleep(pause)
        # Looks take time too; and a clock that is set back makes no wait longer.
        waited = max(waited + pause, (yield from lookup.now()) - started)


def _failure(message: Message) -> CekatError:
    """Read why a message failed. Where the history says it is not documented (guess)."""
    code, said = None, None
    for holder in (message.raw, message.raw.get("additional_data")):
        error = _first(holder, "error", "errors", "failed_reason", "failure_reason")
        error = error[0] if isinstance(error, list) and error else error
        if isinstance(error, Mapping):
            code = code or _first(error, "code")
            said = said or _first(error, "message", "title")
        elif isinstance(error, str):
            said = said or error
    kind = classify.error_kind(None if code is None else str(code))
    words = f": {scrub(said, (message.text,))[:200]!r}" if isinstance(said, str) else ""
    named = f" (code {code})" if code is not None else ""
    return kind(
        f"Message {message.id} was accepted and then failed{named}{words}. {kind.advice}",
        code=None if code is None else str(code),
    )


def _first(holder: Any, *names: str) -> Any:
    if isinstance(holder, Mapping):
        return next((holder[name] for name in names if holder.get(name)), None)
    return None
