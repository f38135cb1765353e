"""What the operators that have somebody choose an option have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException
from cekat_provider.core.errors import CekatInputError, EventError
from cekat_provider.operators.asking import AsksAndWaits

if TYPE_CHECKING:
    from cekat_provider.compat import BaseTrigger, Context
    from cekat_provider.core.approval import Request
    from cekat_provider.core.parse import Message
    from cekat_provider.hooks.cekat import CekatHook
    from cekat_provider.operators.record import SendRecord

#: What `subject`, `body` and `options` make, so that nothing else may.
_MADE_HERE = ("message", "media_type", "file_url", "location", "action", "choices")


class ChoosesOption(AsksAndWaits):
    """Put options before somebody as WhatsApp's buttons or list, and take the first valid answer.

    The arguments of `CekatSendWhatsAppOperator` that address and adorn the message, and those below.

    :param subject: (templated) the request in one line.
    :param body: (templated) what one must know to decide.
    :param options: (templated) what can be chosen: up to three are buttons of at most 20 characters, up to ten a list
        of at most 24.
    :param defaults: (templated) the option that a time-out takes.
    :param responders: (templated) phone numbers of those who may answer: one, several with commas, or a list.
    :param accept_text: whether a typed message that says exactly one of the options, in any case, answers too.
    """

    template_fields: Sequence[str] = (
        "receiver",
        "conversation_id",
        "subject",
        "body",
        "options",
        "defaults",
        "responders",
        "header",
        "footer",
        "choices_label",
        "extra_fields",
        "fallback_template",
        "fallback_variables",
        "inbox_id",
        "language",
        "cekat_conn_id",
    )
    template_fields_renderers = {
        "options": "json",
        "header": "json",
        "extra_fields": "json",
        "fallback_variables": "json",
    }

    def __init__(
        self,
        *,
        subject: str,
        body: str | None = None,
        options: Sequence[str] | str = ("Approve", "Reject"),
        defaults: str | Sequence[str] | None = None,
        responders: str | int | Sequence[str | int] | None = None,
        accept_text: bool = False,
        header: Mapping[str, Any] | str | None = None,
        footer: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.subject = subject
        self.body = body
        self.options = options
        self.defaults = defaults
        self.responders = responders
        self.accept_text = accept_text
        self.header = header
        self.footer = footer

    def _chosen(self, context: Context, result: dict[str, Any]) -> Any:
        """End with what was chosen."""
        return result

    def _unanswered(self, context: Context, said: str) -> Any:
        """End with a time-out that has no default."""
        raise AirflowFailException(said)

    def _answered(self, context: Context, record: SendRecord, messages: Sequence[Message]) -> Any:
        answer = self._request(record).first(messages)
        if answer is None:
            # The trigger saw one: then what was asked is no longer remembered, or the DAG was changed meanwhile.
            raise EventError("The answer is to another request than this task remembers")
        self.log.info("Conversation %s: answered with message %s", answer.message.conversation_id, answer.message.id)
        return self._chosen(context, answer.to_result())

    def _timed_out(self, context: Context, record: SendRecord, said: str) -> Any:
        from cekat_provider.core.approval import checked_default, checked_options, result

        default = checked_default(self.defaults, checked_options(self.options))
        self.log.info("%s", said)
        if default is None:
            return self._unanswered(context, said)
        return self._chosen(context, result([default], datetime.now(timezone.utc), None))

    def _body(self, hook: CekatHook, record: SendRecord) -> dict[str, Any]:
        from cekat_provider.core.approval import question

        return hook.message_body(
            receiver=self.receiver,
            conversation_id=self.conversation_id,
            message=question(self.subject, self.body),
            choices=self._request(record, hook).choices(),
            choices_label=self.choices_label,
            header=self.header,
            footer=self.footer,
            extra_fields=self.extra_fields,
            validate=self.validate,
        )

    def _trigger(self, hook: CekatHook, record: SendRecord, waits: dict[str, Any]) -> BaseTrigger:
        from cekat_provider.triggers.approval import CekatAnswerTrigger

        return CekatAnswerTrigger(request=self._request(record, hook).to_dict(), **waits)

    def _request(self, record: SendRecord, hook: CekatHook | None = None) -> Request:
        """Return what is asked.

        :param hook: whose connection tells how national numbers are read; None where the trigger has judged the sender.
        """
        from cekat_provider.core.approval import Request, checked_options, checked_responders

        responders = None if hook is None else checked_responders(self.responders, hook.config.default_country_code)
        return Request(record.nonce, checked_options(self.options), responders, self.accept_text)

    def _check_options(self) -> None:
        from cekat_provider.core.approval import checked_default, checked_options

        super()._check_options()
        for name in _MADE_HERE:
            if getattr(self, name) is not None:
                raise CekatInputError(name, "one", "left out: subject, body and options make the message")
        checked_default(self.defaults, checked_options(self.options))
        if self.fallback_template is not None and not self.accept_text:
            raise CekatInputError(
                "fallback_template", "one", "left out, or used with accept_text=True: no tap on a template answers this"
            )
