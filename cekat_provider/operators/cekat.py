"""Operators: tasks that say something through Cekat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from cekat_provider.compat import AirflowFailException, AirflowSkipException, BaseOperator
from cekat_provider.core.errors import CekatError, CekatInputError, OutcomeUnknownError, WindowClosedError
from cekat_provider.links import CekatConversationLink
from cekat_provider.operators.inbound import CekatNewMessagesOperator
from cekat_provider.templating import DependsOnMessages, RendersMessages

if TYPE_CHECKING:
    from datetime import timedelta

    from cekat_provider.compat import Context
    from cekat_provider.core.check import Validate
    from cekat_provider.core.messages import OutboundMessage
    from cekat_provider.hooks.cekat import CekatHook
    from cekat_provider.operators.record import SendRecord

__all__ = ["CekatNewMessagesOperator", "CekatSendWhatsAppOperator"]

#: The arguments that make the request's body.
_BODY = (
    "receiver",
    "message",
    "conversation_id",
    "media_type",
    "file_url",
    "location",
    "header",
    "footer",
    "action",
    "choices",
    "choices_label",
    "extra_fields",
    "validate",
)


class CekatSendWhatsAppOperator(RendersMessages, DependsOnMessages, BaseOperator):
    """Send one WhatsApp message, once: ``POST /messages/whatsapp``.

    Free-form messages reach a customer only within 24 hours of their last message (WhatsApp's window). What is
    None is left out of the request. Everything is checked when the task runs, before any request, and a mistake
    that no retry can mend fails the task at once.

    A retry does not repeat a message that was sent, whatever became of the worker, and does not drop one that was
    not; a person who clears the task has it sent again. Where a connection drops or a worker dies between the
    request and its answer, the conversation's history tells, so give `conversation_id` where it is known: without it
    such a task fails rather than guess.

    :param receiver: (templated) a phone number in any usual notation: ``+62 812-3456-7890``, ``6281234567890``, and
        ``081234567890`` where the connection has a default country code. This, `conversation_id`, or both.
    :param message: (templated) the text, 1 to 4,096 characters (less beside buttons, a link or a file); or one of
        `cekat_provider.messages`, such as ``Buttons("Jadi?", ["Ya", "Tidak"])``, whose fields are templates too.
    :param conversation_id: (templated) an id of Cekat's (a UUID).
    :param media_type: (templated) ``cta_url``, ``button``, ``list``; none for plain text.
    :param file_url: (templated) an attachment; a public URL that ends in a file name.
    :param location: (templated) ``latitude`` and ``longitude`` in degrees, ``name``, ``address``.
    :param header: (templated) such as ``{"text": "Pesanan"}``; an object, or its JSON.
    :param footer: (templated) a line below the message.
    :param action: (templated) a link, buttons or sections; an object, or its JSON.
    :param choices: (templated) titles, or objects with ``title`` and ``id``, beside a text: buttons for up to three, a
        list for four to ten. A title is its own id where none is given.
    :param choices_label: (templated) on the button that opens that list.
    :param extra_fields: (templated) further fields of the body, for what the API has and this list lacks.
    :param validate: ``strict`` fails the task on what WhatsApp would not take, ``warn`` logs it and sends, ``off`` does
        not look.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    :param on_unknown: when it is not known whether the message was sent and the history does not show it:
        ``resend`` (default), ``fail`` or ``skip``.
    :param resend_on_clear: False keeps to one message a DAG run, even when a person clears the task.
    :param check_window: look in the history, before sending, whether the 24-hour window is open; needs
        `conversation_id`.
    :param on_window_closed: ``fail`` (default, without retries) or ``skip``, where there is no `fallback_template`.
    :param fallback_template: (templated) the name of an approved template that is sent in the message's place where
        the window is closed, once; needs `receiver`.
    :param fallback_variables: (templated) its variables: a list, or JSON of one. Default: the message's text in one
        line, as the only one.
    :param inbox_id: (templated) the inbox the template is sent from. Default: the connection's extra ``inbox_id``.
    :param language: (templated) the template's language, where its name has several.
    :param delivery_timeout: how long to wait, after Cekat accepted the message, until it is delivered or read; seconds
        or a timedelta. The task holds its worker slot meanwhile. None (default) does not wait, and accepted is not
        delivered.
    :returns: ``{"message_id", "conversation_id", "receiver", "sent_at", "status", "response"}``: ids and status as
        Cekat gave them or None, the receiver's digits, `sent_at` in ISO 8601 UTC on Cekat's clock (the worker's
        where the answer has no ``Date``), and the answer's JSON.
    :raises AirflowFailException: for a wrong argument or connection, for 400, 401, 403 and 404, for a closed window,
        and for an outcome that nobody can know.
    :raises AirflowSkipException: where `on_unknown` or `on_window_closed` is ``skip``.
    :raises CekatError: for anything that a retry may mend.
    """

    template_fields: Sequence[str] = (
        "receiver",
        "message",
        "conversation_id",
        "media_type",
        "file_url",
        "location",
        "header",
        "footer",
        "action",
        "choices",
        "choices_label",
        "extra_fields",
        "fallback_template",
        "fallback_variables",
        "inbox_id",
        "language",
        "cekat_conn_id",
    )
    # Empty for good: a message that ends in ".md" is a message, not the name of a template file.
    template_ext: Sequence[str] = ()
    template_fields_renderers = {
        "location": "json",
        "header": "json",
        "action": "json",
        "choices": "json",
        "extra_fields": "json",
        "fallback_variables": "json",
    }
    operator_extra_links = (CekatConversationLink(),)
    ui_color = "#d9fdd3"
    #: Whether the task goes on after the send, so that a retry needs to know of it on every Airflow.
    _waits: ClassVar[bool] = False

    def __init__(
        self,
        *,
        receiver: str | int | None = None,
        message: str | OutboundMessage | None = None,
        conversation_id: str | None = None,
        media_type: str | None = None,
        file_url: str | None = None,
        location: Mapping[str, Any] | str | None = None,
        header: Mapping[str, Any] | str | None = None,
        footer: str | None = None,
        action: Mapping[str, Any] | str | None = None,
        choices: Sequence[Any] | str | None = None,
        choices_label: str = "Pilih",
        extra_fields: Mapping[str, Any] | str | None = None,
        validate: Validate = "strict",
        cekat_conn_id: str = "cekat_default",
        on_unknown: Literal["resend", "fail", "skip"] = "resend",
        resend_on_clear: bool = True,
        check_window: bool = False,
        on_window_closed: Literal["fail", "skip"] = "fail",
        fallback_template: str | None = None,
        fallback_variables: Sequence[str | int | float] | str | None = None,
        inbox_id: str | None = None,
        language: str | None = None,
        delivery_timeout: float | timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.receiver = receiver
        self.message = message
        self.conversation_id = conversation_id
        self.media_type = media_type
        self.file_url = file_url
        self.location = location
        self.header = header
        self.footer = footer
        self.action = action
        self.choices = choices
        self.choices_label = choices_label
        self.extra_fields = extra_fields
        self.validate = validate
        self.cekat_conn_id = cekat_conn_id
        self.on_unknown = on_unknown
        self.resend_on_clear = resend_on_clear
        self.check_window = check_window
        self.on_window_closed = on_window_closed
        self.fallback_template = fallback_template
        self.fallback_variables = fallback_variables
        self.inbox_id = inbox_id
        self.language = language
        self.delivery_timeout = delivery_timeout

    def execute(self, context: Context) -> dict[str, Any]:
        """Send the message, unless an earlier try did."""
        from cekat_provider.hooks.cekat import CekatHook
        from cekat_provider.operators.record import SendRecord
        from cekat_provider.operators.sending import Sending

        hook = CekatHook(self.cekat_conn_id)
        try:
            self._check_options()
            # The message, and the template in its place.
            sends = 1 if self.fallback_template is None else 2
            record = SendRecord(
                context,
                resend_on_clear=self.resend_on_clear,
                longest_seconds=sends * (hook.config.max_wait_seconds + 2 * hook.config.timeout_seconds)
                + (self.delivery_seconds() or 0),
                in_variables=self._waits or not self.resend_on_clear,
            )
            return self._sent(hook, record, Sending(self, hook, record, context).run())
        except CekatError as err:
            skip = (isinstance(err, WindowClosedError) and self.on_window_closed == "skip") or (
                isinstance(err, OutcomeUnknownError) and self.on_unknown == "skip"
            )
            if skip:
                raise AirflowSkipException(str(err)) from err
            # With `fail` a retry would only find the same: nothing in the history.
            if err.permanent or (isinstance(err, OutcomeUnknownError) and self.on_unknown == "fail"):
                raise AirflowFailException(str(err)) from err
            raise
        finally:
            hook.close()

    def _body(self, hook: CekatHook, record: SendRecord) -> dict[str, Any]:
        """Make the request's body; nothing is sent when it cannot be made."""
        return hook.message_body(**{name: getattr(self, name) for name in _BODY})

    def _sent(self, hook: CekatHook, record: SendRecord, result: dict[str, Any]) -> dict[str, Any]:
        """Go on after the message was sent, by this try or an earlier one."""
        return result

    def _check_options(self) -> None:
        for name, value, allowed in (
            ("on_unknown", self.on_unknown, ("resend", "fail", "skip")),
            ("on_window_closed", self.on_window_closed, ("fail", "skip")),
        ):
            if value not in allowed:
                raise CekatInputError(name, repr(value), f"one of {', '.join(allowed)}")
        self.delivery_seconds()

    def delivery_seconds(self) -> float | None:
        """Return how long to wait until the message is delivered, or None.

        :raises CekatInputError: when `delivery_timeout` is no such time.
        """
        from cekat_provider.core.durations import seconds

        timeout = self.delivery_timeout
        return None if timeout is None else seconds("delivery_timeout", timeout, or_none_at_all=True)
