"""The operator that has somebody approve on WhatsApp before the DAG goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cekat_provider.compat import AirflowFailException, SkipMixin, skip_tasks
from cekat_provider.core.errors import CekatInputError
from cekat_provider.operators.choice import ChoosesOption

if TYPE_CHECKING:
    from cekat_provider.compat import Context


class CekatApprovalOperator(ChoosesOption, SkipMixin):
    """Ask for an approval with WhatsApp's own buttons, and go on only when it is given.

    The first of `options` approves, any other one rejects, and so does a time-out without `defaults`. Each button
    carries an id that this request alone has: the first valid tap decides, and taps on other messages, taps of other
    people and later taps do not. A retry does not ask again; clearing the task does.

    Besides the arguments below it takes those of `CekatSendWhatsAppOperator` that do not make the message
    (`choices_label`, `extra_fields`, `validate`, `cekat_conn_id`, `on_unknown`, `resend_on_clear`, `check_window`,
    `on_window_closed`, `fallback_template` and what belongs to it, `delivery_timeout`). A `fallback_template` needs
    `accept_text`: no tap on a template answers this.

    :param receiver: (templated) whom to ask: a phone number. This, `conversation_id`, or both.
    :param conversation_id: (templated) an id of Cekat's (a UUID).
    :param subject: (templated) the request in one line.
    :param body: (templated) what one must know to decide.
    :param options: (templated) the one that approves, then those that reject. Up to three are buttons of at most 20
        characters, up to ten a list of at most 24.
    :param defaults: (templated) the option that a time-out takes.
    :param response_timeout: how long to wait, counted from the send; seconds or a timedelta (24 hours).
    :param poke_interval: how long between two looks at the conversation; seconds or a timedelta (60 seconds).
    :param responders: (templated) phone numbers of those who may answer: one, several with commas, or a list. None:
        anyone in the conversation.
    :param accept_text: whether a typed message that says exactly one of the options, in any case, answers too.
    :param on_reject: ``skip`` what comes next (the task succeeds), or ``fail`` the task, without retries.
    :param ignore_downstream_trigger_rules: skip all that comes after, whatever its trigger rules; False skips the next
        tasks only, and theirs decide on the rest.
    :param header: (templated) above the text, such as ``{"file_url": "https://example.com/po-7.pdf"}``; beside a list
        a text only.
    :param footer: (templated) a line below.
    :returns: ``{"chosen_options", "params_input", "responded_at", "responded_by_user"}``, as Airflow's ApprovalOperator
        does: a list of the one option (none after a time-out without `defaults`), ``{}``, the time in UTC, and
        ``{"id": the number's digits, "name"}`` or None. It is in XCom after a rejection too.
    :raises AirflowFailException: as the send operator does, and for a rejection with `on_reject` ``fail``.
    """

    inherits_from_skipmixin = True

    def __init__(
        self,
        *,
        on_reject: Literal["skip", "fail"] = "skip",
        ignore_downstream_trigger_rules: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.on_reject = on_reject
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def _chosen(self, context: Context, result: dict[str, Any]) -> dict[str, Any]:
        from cekat_provider.core.approval import checked_options

        if result["chosen_options"] == [checked_options(self.options)[0]]:
            self.log.info("Approved")
            return result
        return self._rejected(context, result, "The request was rejected.")

    def _unanswered(self, context: Context, said: str) -> dict[str, Any]:
        from cekat_provider.core.approval import result

        return self._rejected(context, result([], None, None), f"{said} That is a rejection.")

    def _rejected(self, context: Context, result: dict[str, Any], said: str) -> dict[str, Any]:
        if self.do_xcom_push:
            # Airflow 3 ends the task inside the skip, before it takes what is returned.
            context["ti"].xcom_push(key="return_value", value=result)
        if self.on_reject == "fail":
            raise AirflowFailException(said)
        self.log.info("%s What comes next is skipped", said)
        after = self.get_flat_relatives if self.ignore_downstream_trigger_rules else self.get_direct_relatives
        skip_tasks(self, context, [task for task in after(upstream=False) if not task.is_teardown])
        return result

    def _check_options(self) -> None:
        super()._check_options()
        if self.on_reject not in ("skip", "fail"):
            raise CekatInputError("on_reject", repr(self.on_reject), "one of skip, fail")
