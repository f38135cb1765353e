"""The hook: an Airflow connection of type `cekat`, and Cekat's endpoints as methods."""

from __future__ import annotations

import time
import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from cekat_provider import connection_form
from cekat_provider.compat import BaseHook, mask_secret
from cekat_provider.core import body as bodies
from cekat_provider.core import config, flow
from cekat_provider.core.drive import Flow, drive
from cekat_provider.core.errors import CekatError
from cekat_provider.core.pace import paced
from cekat_provider.hooks._connection import limiter_of, read_connection
from cekat_provider.hooks.cekat_async import CekatAsyncHook
from cekat_provider.hooks.delivery import Delivers
from cekat_provider.hooks.templates import SendsTemplates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from cekat_provider.core import delivery
    from cekat_provider.core.check import Validate
    from cekat_provider.core.flow import SentMessage
    from cekat_provider.core.messages import OutboundMessage
    from cekat_provider.core.parse import Message
    from cekat_provider.core.wire import Request, Response
    from cekat_provider.transports.blocking import BlockingTransport

__all__ = ["CekatAsyncHook", "CekatHook"]

T = TypeVar("T")


class CekatHook(Delivers, SendsTemplates, BaseHook):
    """Talk to Cekat with the key and the host of an Airflow connection.

    The connection is looked up, and its fields are checked, when they are first needed. One hook holds one
    pooled session; use it in one thread.

    :param cekat_conn_id: id of a connection of type ``cekat``.
    """

    conn_name_attr = "cekat_conn_id"
    default_conn_name = "cekat_default"
    conn_type = connection_form.CONN_TYPE
    hook_name = connection_form.HOOK_NAME

    def __init__(self, cekat_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.cekat_conn_id = cekat_conn_id
        self._accepted: set[str] = set()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the connection form's extra fields for Airflow 2.11."""
        return connection_form.connection_form_widgets()

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return the connection form's labels and placeholders for Airflow 2.11."""
        return connection_form.ui_field_behaviour()

    @cached_property
    def config(self) -> config.CekatConfig:
        """The connection, checked.

        :raises CekatConfigError: naming the field that is wrong.
        """
        connection = self.get_connection(self.cekat_conn_id)
        if connection.password:
            mask_secret(connection.password)
        return read_connection(connection, connection.extra_dejson, self.log)

    def get_conn(self) -> requests.Session:
        """Return the hook's session: with the key, always a time-out, and no redirect followed.

        Its URLs are whole ones: `hook.config.base_url` and a path. The key goes to that host alone.
        """
        return self._transport.session

    def send_message(
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
        choices: Any = None,
        choices_label: str = "Pilih",
        extra_fields: Mapping[str, Any] | str | None = None,
        validate: Validate = "strict",
        on_unknown: delivery.OnUnknown = "resend",
    ) -> SentMessage:
        """Send one WhatsApp message, once: ``POST /messages/whatsapp`` (wire facts A, B).

        What is None is left out of the body. What was certainly not accepted (no connection, 429) is sent again
        after a pause, for at most the connection's `max_wait`. Where the outcome is unknown (a dropped connection,
        5xx) the conversation is asked for the message first, so give `conversation_id` where it is known.

        :param receiver: a phone number in any usual notation; this, `conversation_id`, or both.
        :param message: the text, 1 to 4,096 characters (less beside buttons, a link or a file); or one of
            `cekat_provider.messages`, such as ``Buttons("Jadi?", ["Ya", "Tidak"])``.
        :param conversation_id: an id of Cekat's (a UUID).
        :param media_type: ``cta_url``, ``button``, ``list``; none for plain text.
        :param file_url: an attachment; a public URL that ends in a file name.
        :param location: ``latitude`` and ``longitude`` in degrees, ``name``, ``address``.
        :param header: such as ``{"text": …}``; an object, or its JSON.
        :param footer: a line below.
        :param action: a link, buttons or sections; an object, or its JSON.
        :param choices: titles, or objects with ``title`` and ``id``, beside a text: buttons for up to three, a list
            for four to ten.
        :param choices_label: on the button that opens that list.
        :param extra_fields: further fields of the body.
        :param validate: ``strict`` refuses what WhatsApp would not take, ``warn`` logs it, ``off`` does not look.
        :param on_unknown: ``resend`` or ``fail`` when the outcome is unknown and the history does not show it.
        :raises CekatInputError: before anything is sent.
        :raises OutcomeUnknownError: when nobody can know whether it was sent.
        :raises CekatError: the tree in `cekat_provider.core.errors`.
        """
        body = self.message_body(
            receiver=receiver,
            message=message,
            conversation_id=conversation_id,
            media_type=media_type,
            file_url=file_url,
            location=location,
            header=header,
            footer=footer,
            action=action,
            choices=choices,
            choices_label=choices_label,
            extra_fields=extra_fields,
            validate=validate,
        )
        return self.deliver(body, on_unknown=on_unknown)

    def message_body(self, **fields: Any) -> dict[str, Any]:
        """Check the arguments of `send_message` and return the JSON body that they make.

        :raises CekatInputError: naming the field.
        """
        return bodies.send_body(**fields, default_country_code=self.config.default_country_code, warn=self._warn)

    def get_messages(self, conversation_id: str) -> list[Message]:
        """Read a whole conversation, oldest first: ``GET /messages`` (wire facts A, C, D).

        :param conversation_id: an id of Cekat's (a UUID).
        :raises CekatInputError: before anything is asked.
        :raises CekatError: the tree in `cekat_provider.core.errors`.
        """
        return self._run(flow.history(self.config, bodies.check_conversation_id(conversation_id)))

    def test_connection(self) -> tuple[bool, str]:
        """Make one read that sends nothing, of a conversation that does not exist."""
        try:
            self._run(flow.check_key(self.config, str(uuid.uuid4())))
        except CekatError as err:
            return False, str(err)
        return True, "Cekat accepted the API key"

    def close(self) -> None:
        """Close the session's pooled connections."""
        if "_transport" in self.__dict__:
            self._transport.close()

    @cached_property
    def _transport(self) -> BlockingTransport:
        from cekat_provider.transports.blocking import BlockingTransport

        return BlockingTransport(self.config)

    def _run(self, steps: Flow[T], leaving: Callable[[Request], None] | None = None) -> T:
        def send(request: Request) -> Response:
            if leaving is not None and request.method == "POST":
                leaving(request)
            return self._transport.send(request)

        steps = paced(steps, limiter_of(self.config, self.config.requests_per_minute), time.monotonic)
        return drive(steps, send, time.sleep, time.time)
