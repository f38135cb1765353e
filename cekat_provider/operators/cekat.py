"""Operators: tasks that say something through Cekat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException, BaseOperator
from cekat_provider.core.errors import CekatError
from cekat_provider.templating import DependsOnMessages, RendersMessages

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.check import Validate
    from cekat_provider.core.flow import SentMessage
    from cekat_provider.core.messages import OutboundMessage


class CekatSendWhatsAppOperator(RendersMessages, DependsOnMessages, BaseOperator):
    """Send one WhatsApp message: ``POST /messages/whatsapp``.

    Free-form messages reach a customer only within 24 hours of their last message (WhatsApp's window). What is
    None is left out of the request. Everything is checked when the task runs, before any request, and a mistake
    that no retry can mend fails the task at once.

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
    :returns: ``{"message_id", "conversation_id", "receiver", "sent_at", "status", "response"}``: ids and status as
        Cekat gave them or None, the receiver's digits, `sent_at` in ISO 8601 UTC on Cekat's clock (the worker's
        where the answer has no ``Date``), and the answer's JSON.
    :raises AirflowFailException: for a wrong argument or connection, and for 400, 401, 403 and 404.
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
    }
    ui_color = "#d9fdd3"

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

    def execute(self, context: Context) -> dict[str, Any]:
        """Send the message."""
        from cekat_provider.hooks.cekat import CekatHook

        hook = CekatHook(self.cekat_conn_id)
        try:
            sent = hook.send_message(
                receiver=self.receiver,
                message=self.message,
                conversation_id=self.conversation_id,
                media_type=self.media_type,
                file_url=self.file_url,
                location=self.location,
                header=self.header,
                footer=self.footer,
                action=self.action,
                choices=self.choices,
                choices_label=self.choices_label,
                extra_fields=self.extra_fields,
                validate=self.validate,
            )
        except CekatError as err:
            if err.permanent:
                raise AirflowFailException(str(err)) from err
            raise
        finally:
            hook.close()
        self.log.info(
            "Cekat accepted message %s in conversation %s (status %s)",
            sent.message_id,
            sent.conversation_id,
            sent.status,
        )
        return sent_to_xcom(sent)


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
