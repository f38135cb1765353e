"""The notifier that puts a request of Airflow's own human-in-the-loop operators on WhatsApp."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException, BaseNotifier, need_human_in_the_loop
from cekat_provider.core.errors import CekatInputError

if TYPE_CHECKING:
    from cekat_provider.compat import Context


class CekatHITLNotifier(BaseNotifier):
    """Ask on WhatsApp what an `HITLOperator`, `ApprovalOperator` or `HITLBranchOperator` asks: ``notifiers=[…]``.

    Needs Airflow 3.1 or later. The message has the subject, the body, the link to the request in Airflow's pages, and
    a button or row for each option, whose tap `CekatAnswerHITLOperator` gives back to Airflow. Where the request takes
    several options or has a form (``multiple``, ``params``) it has a button with the link instead. It fails the task
    when the message cannot be sent: a request that nobody sees would wait for ever.

    :param receiver: (templated) whom to ask: a phone number. This, `conversation_id`, or both.
    :param conversation_id: (templated) an id of Cekat's (a UUID).
    :param responders: (templated) phone numbers of those who may answer: one, several with commas, or a list. None:
        anyone in the conversation.
    :param accept_text: whether a typed message that says exactly one of the options, in any case, answers too.
    :param base_url: (templated) of Airflow's pages; None takes ``[api] base_url``, and no link where that is not set.
    :param link_label: (templated) on the button with the link.
    :param choices_label: (templated) on the button that opens a list.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    """

    template_fields: Sequence[str] = (
        "receiver",
        "conversation_id",
        "responders",
        "base_url",
        "link_label",
        "choices_label",
        "cekat_conn_id",
    )
    template_ext: Sequence[str] = ()

    def __init__(
        self,
        *,
        receiver: str | int | None = None,
        conversation_id: str | None = None,
        responders: str | int | Sequence[str | int] | None = None,
        accept_text: bool = False,
        base_url: str | None = None,
        link_label: str = "Buka di Airflow",
        choices_label: str = "Pilih",
        cekat_conn_id: str = "cekat_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.receiver = receiver
        self.conversation_id = conversation_id
        self.responders = responders
        self.accept_text = accept_text
        self.base_url = base_url
        self.link_label = link_label
        self.choices_label = choices_label
        self.cekat_conn_id = cekat_conn_id

    def __call__(self, *args: Any) -> None:
        """Ask, with a copy of this notifier: one notifier stands in many tasks, and rendering changes it."""
        BaseNotifier.__call__(copy.copy(self), *args)

    def notify(self, context: Context) -> None:
        """Ask, and note beside the task what was asked where."""
        from cekat_provider.core.approval import Request, checked_responders
        from cekat_provider.core.hitl import NOTE_KEY, Note
        from cekat_provider.hooks.cekat import CekatHook

        need_human_in_the_loop()
        task, ti = self._asking(context), context["ti"]
        hook = CekatHook(self.cekat_conn_id)
        try:
            responders = checked_responders(self.responders, hook.config.default_country_code)
            request = Request(str(ti.id), tuple(task.options), responders, self.accept_text)
            sent = hook.send_message(**self._message(task, ti, request))
        finally:
            hook.close()
        if sent.conversation_id is None:
            self.log.warning("Cekat did not name the conversation, so this request can be answered in Airflow only")
            return
        sent_at = sent.sent_at or datetime.now(timezone.utc)
        note = Note(str(ti.id), sent.conversation_id, sent_at.isoformat(), request)
        ti.xcom_push(key=NOTE_KEY, value=note.to_dict())
        self.log.info("Asked in conversation %s with message %s", sent.conversation_id, sent.message_id)

    def _message(self, task: Any, ti: Any, request: Any) -> dict[str, Any]:
        from cekat_provider.core.hitl import request_text
        from cekat_provider.core.messages import Link

        link = self._link(task, ti)
        to = {"receiver": self.receiver, "conversation_id": self.conversation_id}
        if not task.multiple and not task.params:
            text = request_text(task.subject, task.body, link)
            return {**to, "message": text, "choices": request.choices(), "choices_label": self.choices_label}
        if link is None:
            raise CekatInputError("base_url", "nothing", "given for a request that one tap cannot answer")
        return {**to, "message": Link(request_text(task.subject, task.body, None), self.link_label, link)}

    def _link(self, task: Any, ti: Any) -> str | None:
        try:
            link: str = task.generate_link_to_ui(task_instance=ti, base_url=self.base_url)
        except ValueError:
            self.log.info("No link: neither base_url nor [api] base_url is set")
            return None
        return link

    def _asking(self, context: Context) -> Any:
        task = context["task"]
        if not hasattr(task, "generate_link_to_ui"):
            raise AirflowFailException(
                f"CekatHITLNotifier is for notifiers= of a human-in-the-loop operator, and this is a {task.task_type}"
            )
        return task
