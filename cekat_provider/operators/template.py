"""The operator for message templates."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException, BaseOperator
from cekat_provider.core.errors import CannotLookError, CekatError
from cekat_provider.links import CekatConversationLink, link_conversation
from cekat_provider.templating import RendersMessages

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.check import Validate
    from cekat_provider.hooks.cekat import CekatHook
    from cekat_provider.operators.record import SendRecord


class CekatSendTemplateOperator(RendersMessages, BaseOperator):
    """Send an approved template: the only way to reach a customer who has not written for 24 hours.

    A name is looked up before it is sent, so that a template that is not approved, or a wrong number of variables,
    fails the task at once and sends nothing. A retry sends no second one: what an earlier try sent is returned, and
    where a worker died between the request and its answer the task fails, since nothing can tell.

    :param receiver: (templated) a phone number in any usual notation, as for `CekatSendWhatsAppOperator`.
    :param template: (templated) the template's name, such as ``order_ready``. This or `wa_template_id`.
    :param wa_template_id: (templated) WhatsApp's number, not Cekat's id; nothing is looked up, Cekat checks it.
    :param variables: (templated) a text or a number for each placeholder, by position. None empty, no line break, no
        tab, no more than four spaces in a row. A list, or JSON of one.
    :param receiver_name: (templated) what the contact is called in Cekat.
    :param inbox_id: (templated) Cekat's id of the inbox (a UUID). Default: the connection's extra ``inbox_id``.
    :param language: (templated) such as ``id`` or ``en_US``; needed where the name has several approved ones.
    :param file_url: (templated) for a template with a file above; a public URL that ends in a file name.
    :param validate: ``strict`` fails the task on variables and files that WhatsApp would not take, ``warn`` logs it
        and sends, ``off`` does not look. Name and count are always checked.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    :returns: what `CekatSendWhatsAppOperator` returns; before Airflow 3.3 without ``response`` where a retry returns
        what an earlier try sent.
    :raises AirflowFailException: for a wrong argument or connection, for 400, 401, 403 and 404, and where
        nobody can know whether it was sent.
    :raises CekatError: for anything that a retry may mend.
    """

    template_fields: Sequence[str] = (
        "receiver",
        "template",
        "wa_template_id",
        "variables",
        "receiver_name",
        "inbox_id",
        "language",
        "file_url",
        "cekat_conn_id",
    )
    template_ext: Sequence[str] = ()
    template_fields_renderers = {"variables": "json"}
    operator_extra_links = (CekatConversationLink(),)
    ui_color = "#d9fdd3"

    def __init__(
        self,
        *,
        receiver: str | int,
        template: str | None = None,
        wa_template_id: str | int | None = None,
        variables: Sequence[str | int | float] | str = (),
        receiver_name: str | None = None,
        inbox_id: str | None = None,
        language: str | None = None,
        file_url: str | None = None,
        validate: Validate = "strict",
        cekat_conn_id: str = "cekat_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.receiver = receiver
        self.template = template
        self.wa_template_id = wa_template_id
        self.variables = variables
        self.receiver_name = receiver_name
        self.inbox_id = inbox_id
        self.language = language
        self.file_url = file_url
        self.validate = validate
        self.cekat_conn_id = cekat_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Send the template, unless an earlier try did."""
        from cekat_provider.core.delivery import unknown
        from cekat_provider.core.phone import receiver_digits
        from cekat_provider.hooks.cekat import CekatHook
        from cekat_provider.operators.record import SendRecord

        hook = CekatHook(self.cekat_conn_id)
        # In Variables before Airflow 3.3: there is no conversation to look in.
        record = SendRecord(context, resend_on_clear=True, longest_seconds=0.0, in_variables=True)
        try:
            if record.sent is not None:
                self.log.info("An earlier try sent message %s: not sent again", record.sent["message_id"])
                result = record.sent
                # No Variable holds it.
                result["receiver"] = receiver_digits(self.receiver, hook.config.default_country_code)
            elif record.earlier is not None:
                raise CannotLookError("An earlier try may have sent the template, and nothing can tell.")
            else:
                result = self._send(hook, record)
            link_conversation(context, hook.config, result["conversation_id"])
        except CekatError as err:
            if not unknown(err):
                record.refused()
            record.over_if_last(err)
            if err.permanent:
                raise AirflowFailException(str(err)) from err
            raise
        finally:
            hook.close()
        record.over()
        return result

    def _send(self, hook: CekatHook, record: SendRecord) -> dict[str, Any]:
        from cekat_provider.core.privacy import mask_number
        from cekat_provider.operators.sending import sent_to_xcom

        began = time.monotonic()
        self.log.info(
            "Sending template %r to the number %s, by %s as %r",
            self.template or self.wa_template_id,
            mask_number(self.receiver),
            hook.config.base_url,
            self.cekat_conn_id,
        )
        sent = hook.send_template(
            receiver=self.receiver,
            template=self.template,
            wa_template_id=self.wa_template_id,
            variables=self.variables,
            receiver_name=self.receiver_name,
            inbox_id=self.inbox_id,
            language=self.language,
            file_url=self.file_url,
            validate=self.validate,
            leaving=record.intend,
            repeating=record.refused,
        )
        result = sent_to_xcom(sent)
        record.done(result, template=True)
        self.log.info(
            "Cekat accepted template message %s in conversation %s (status %s) after %.1f s",
            sent.message_id,
            sent.conversation_id,
            sent.status,
            time.monotonic() - began,
        )
        return result
