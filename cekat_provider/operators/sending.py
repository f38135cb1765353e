"""One task's send: what an earlier try did, the message or the template in its place, and its delivery."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException
from cekat_provider.core.delivery import unknown
from cekat_provider.core.errors import (
    CannotLookError,
    CekatError,
    CekatInputError,
    CekatResponseError,
    DeliveryTimeoutError,
    WindowClosedError,
)
from cekat_provider.core.story import sending
from cekat_provider.links import link_conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cekat_provider.compat import Context
    from cekat_provider.core.fallback import Fallback
    from cekat_provider.core.flow import SentMessage
    from cekat_provider.hooks.cekat import CekatHook
    from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
    from cekat_provider.operators.record import SendRecord


class Sending:
    """The send of one task instance.

    :param task: the operator, rendered.
    :param record: what earlier tries of it did.
    """

    def __init__(self, task: CekatSendWhatsAppOperator, hook: CekatHook, record: SendRecord, context: Context) -> None:
        self._task = task
        self._hook = hook
        self._record = record
        self._context = context

    def run(self) -> dict[str, Any]:
        """Send, unless an earlier try did, and wait for the delivery where that is asked for."""
        result = self._record.sent
        if result is not None:
            self._task.log.info("An earlier try sent message %s: not sent again", result["message_id"])
        else:
            result = self._send()
        link_conversation(self._context, self._hook.config, result["conversation_id"])
        if self._task.delivery_timeout is None:
            return result
        try:
            return self._delivered(result)
        except WindowClosedError:
            # WhatsApp may say so only after Cekat accepted the message.
            if self._fallback is None or self._record.template:
                raise
        return self._delivered(self._send_template(self._fallback))

    @cached_property
    def _body(self) -> dict[str, Any]:
        return self._task._body(self._hook, self._record)

    @cached_property
    def _fallback(self) -> Fallback | None:
        task = self._task
        if task.fallback_template is None:
            return None
        return self._hook.fallback(
            self._body,
            template=task.fallback_template,
            variables=task.fallback_variables,
            inbox_id=task.inbox_id,
            language=task.language,
        )

    def _send(self) -> dict[str, Any]:
        task, record, body, fallback = self._task, self._record, self._body, self._fallback
        # For a task that fails below, too.
        link_conversation(self._context, self._hook.config, body.get("conversation_id"))
        earlier = record.earlier
        if earlier is not None and not record.has_store and "conversation_id" not in body:
            # Most retries follow a refusal, not a death in the middle of the request, so this mostly sends once.
            if task.on_unknown != "resend":
                raise CannotLookError("An earlier try may have sent it, and without a conversation_id nobody can look.")
            task.log.warning("This is a retry, and without a conversation_id nobody can look whether it was sent")
            earlier = None
            fallback = fallback and replace(fallback, blind=True)
        if task.check_window and earlier is None and "conversation_id" not in body:
            raise CekatInputError("check_window", "no conversation_id", "given with a conversation_id")
        task.log.info("Sending %s, by %s as %r", sending(body), self._hook.config.base_url, task.cekat_conn_id)
        return self._recorded(
            lambda: self._hook.deliver(
                body,
                on_unknown="resend" if task.on_unknown == "resend" else "fail",
                earlier=earlier,
                not_ours=record.not_ours,
                fallback=fallback,
                check_window=task.check_window,
                leaving=record.intend,
                repeating=record.refused,
            )
        )

    def _send_template(self, fallback: Fallback) -> dict[str, Any]:
        self._task.log.info("The 24-hour window is closed: the template goes in the message's place")
        return self._recorded(
            lambda: self._hook.deliver_fallback(
                self._body,
                fallback,
                not_ours=self._record.not_ours,
                leaving=self._record.intend,
                repeating=self._record.refused,
            )
        )

    def _recorded(self, send: Callable[[], SentMessage]) -> dict[str, Any]:
        began = time.monotonic()
        try:
            sent = send()
        except CekatError as err:
            if not unknown(err):
                self._record.refused()
            raise
        self._task.log.info("Cekat answered after %.1f s", time.monotonic() - began)
        self._task.log.info(
            "Cekat %s %s %s in conversation %s (status %s)",
            "shows in its history" if sent.found else "accepted",
            "template message" if sent.by_template else "message",
            sent.message_id,
            sent.conversation_id,
            sent.status,
        )
        result = sent_to_xcom(sent)
        self._record.done(result, template=sent.by_template)
        return result

    def _delivered(self, result: dict[str, Any]) -> dict[str, Any]:
        if result["conversation_id"] is None or result["message_id"] is None:
            raise CannotLookError("Cekat accepted the message without naming it, so its delivery cannot be followed.")
        timeout_seconds = self._task.delivery_seconds() or 0.0
        self._task.log.info("Waiting until it is delivered, for at most %g s", timeout_seconds)
        began = time.monotonic()
        try:
            message = self._hook.await_delivery(result["conversation_id"], result["message_id"], timeout_seconds)
        except CekatResponseError as err:
            if not err.permanent:
                # WhatsApp gave up on this message for a passing trouble: a retry is to send another.
                self._record.forget()
            raise
        except DeliveryTimeoutError as err:
            if not self._record.has_store and self._task.conversation_id is None:
                # A retry could not know that Cekat has accepted the message, and would send another.
                raise AirflowFailException(str(err)) from err
            raise
        self._task.log.info("Message %s: %s after %.1f s", message.id, message.status, time.monotonic() - began)
        return {**result, "status": message.status}


def sent_to_xcom(sent: SentMessage) -> dict[str, Any]:
    """Return what a send leaves in XCom: JSON-able, `sent_at` on Cekat's clock or, without a ``Date``, this one's."""
    return {
        "message_id": sent.message_id,
        "conversation_id": sent.conversation_id,
        "receiver": sent.receiver,
        "sent_at": (sent.sent_at or datetime.now(timezone.utc)).isoformat(),
        "status": sent.status,
        "response": sent.response,
    }
