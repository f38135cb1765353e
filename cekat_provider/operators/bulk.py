"""The operator that sends many messages in one task."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from cekat_provider.compat import AirflowFailException, BaseOperator
from cekat_provider.core.errors import CekatError, CekatInputError
from cekat_provider.templating import DependsOnMessages, RendersMessages

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.check import Validate
    from cekat_provider.core.ledger import Ledger
    from cekat_provider.operators.bulk_run import BulkRun


class CekatBulkSendOperator(RendersMessages, DependsOnMessages, BaseOperator):
    """Send many WhatsApp messages in one task, each once, within the API's budget.

    All are checked before the first is sent. What became of each is noted as it goes (in the task's state store; before
    Airflow 3.3 in an Airflow Variable ``cekat_bulk__…``), so a retry sends only what is missing, whatever became of
    the worker. A person who clears a task that succeeded has all sent again; clearing one that did not succeed
    sends what is missing and tries again what failed.

    Where a worker dies between a request and its answer, the conversation's history tells, so give `conversation_id`
    where it is known: without it such a message fails rather than be sent twice. That concerns at most `concurrency`
    messages. Entries that say the same to the same customer are sent once; the later ones are skipped. Several
    messages to one customer may arrive in another order.

    :param messages: (templated) objects with the arguments of `CekatSendWhatsAppOperator` that make one message:
        `receiver` or `conversation_id`, `message` (a text, one of `cekat_provider.messages`, or the wire's fields as
        an object), `choices`, `file_url` and the like, and `fallback_variables`. A list, an XComArg, JSON.
    :param concurrency: how many are on the way at once. The budget (the connection's `requests_per_minute`) is kept
        whatever it is.
    :param stop_after_failures: begin no further message after so many have failed, and fail without retries. None:
        go on.
    :param max_failures: fail, without retries, where more messages than this have failed when all are through. Fewer
        are a warning in the log. None: any number.
    :param validate: as for one message.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    :param on_unknown: as for one message: ``resend`` (default), ``fail`` or ``skip``.
    :param resend_on_clear: False sends nothing again that was sent in this DAG run, even when a person clears the task.
    :param check_window: look in each history, before sending, whether the window is open; needs `conversation_id`.
    :param on_window_closed: ``fail`` (default) or ``skip`` the message, where there is no `fallback_template`.
    :param fallback_template: (templated) the name of an approved template for closed windows; needs `receiver`.
    :param fallback_variables: (templated) its variables, where an entry has none of its own. Default: the message's
        text in one line, as the only one.
    :param inbox_id: (templated) the inbox the template is sent from. Default: the connection's extra ``inbox_id``.
    :param language: (templated) the template's language, where its name has several.
    :returns: ``{"total", "sent", "by_template", "failed", "skipped", "failures": [{"index", "reason"}]}``.
    :raises AirflowFailException: for a wrong argument, a refused key, and too many failures.
    :raises CekatError: where a passing trouble kept some from being sent and the task has retries left. In the last
        try they count as failed.
    """

    template_fields: Sequence[str] = (
        "messages",
        "cekat_conn_id",
        "fallback_template",
        "fallback_variables",
        "inbox_id",
        "language",
    )
    template_ext: Sequence[str] = ()
    template_fields_renderers = {"messages": "json", "fallback_variables": "json"}
    ui_color = "#d9fdd3"

    def __init__(
        self,
        *,
        messages: Sequence[Mapping[str, Any]] | str,
        concurrency: int = 8,
        stop_after_failures: int | None = None,
        max_failures: int | None = 0,
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.messages = messages
        self.concurrency = concurrency
        self.stop_after_failures = stop_after_failures
        self.max_failures = max_failures
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

    def execute(self, context: Context) -> dict[str, Any]:
        """Send what no earlier try has sent."""
        try:
            self._check_options()
            return asyncio.run(self._run(context))
        except CekatError as err:
            if err.permanent:
                raise AirflowFailException(str(err)) from err
            raise

    async def _run(self, context: Context) -> dict[str, Any]:
        from cekat_provider.core import bulk
        from cekat_provider.hooks.cekat_async import CekatAsyncHook
        from cekat_provider.operators.bulk_record import BulkRecord
        from cekat_provider.operators.bulk_run import BulkRun
        from cekat_provider.operators.record import sent_by_others

        async with CekatAsyncHook(self.cekat_conn_id, at_once=self.concurrency) as hook:
            config = (await hook.get_transport()).config
            options = bulk.Options(
                self.validate, self.fallback_template, self.fallback_variables, self.inbox_id, self.language
            )
            items = bulk.read(config, self.messages, options, lambda said: self.log.warning("%s", said))
            for index, item in enumerate(items):
                if self.check_window and "conversation_id" not in item.body:
                    wants = "given beside check_window"
                    raise CekatInputError(f"messages[{index}].conversation_id", "none", wants)
            record = BulkRecord(context, len(items), bulk.addressees(items), resend_on_clear=self.resend_on_clear)
            ledger = record.ledger
            if ledger.open:
                await hook.run(bulk.check_templates(config, items))
                self._begin(ledger, config.requests_per_minute)
            run = BulkRun(self, hook, items, ledger, record.keep, lambda: sent_by_others(context))
            await run.send_all()
        ti: Any = context.get("ti")
        report = self._end(run, ledger, tries_left=ti is not None and ti.try_number <= ti.max_tries)
        ledger.finished = True
        record.keep()
        return report

    def _begin(self, ledger: Ledger, per_minute: float | None) -> None:
        left = len(ledger.open)
        if left < len(ledger):
            self.log.info("An earlier try has dealt with %d of %d messages", len(ledger) - left, len(ledger))
        if ledger.on_the_way:
            self.log.info("%d may have been sent, and are looked up before they are", ledger.on_the_way)
        pace = f", at most {per_minute:g} requests a minute" if per_minute is not None else ""
        self.log.info("%d messages to send, %d at a time%s", left, self.concurrency, pace)

    def _end(self, run: BulkRun, ledger: Ledger, tries_left: bool) -> dict[str, Any]:
        """Tell how the try ends: a result, or the error that ends it otherwise."""
        from cekat_provider.core.ledger import progress

        report = ledger.report()
        if run.refused_key is not None:
            raise AirflowFailException(f"{run.refused_key} {progress(report)}.") from run.refused_key
        if run.braked:
            raise AirflowFailException(
                f"Stopped after {report['failed']} failures, as stop_after_failures asks: {progress(report)}. "
                f"The first: {report['failures'][0]['reason']}"
            )
        if ledger.open:
            first = min(run.left)
            if tries_left:
                self.log.warning("%s: what is missing is left to the next try", progress(report))
                raise run.left[first]
            # The last try: what is not sent now never is.
            nobody = f"NotBegun: {run.stopped}"
            report = ledger.report(
                (index, f"{type(run.left[index]).__name__}: {run.left[index]}" if index in run.left else nobody)
                for index in ledger.open
            )
        if report["failed"]:
            said = f"{progress(report)}. The first failure: {report['failures'][0]['reason']}"
            if self.max_failures is not None and report["failed"] > self.max_failures:
                raise AirflowFailException(said)
            self.log.warning("%s", said)
        else:
            self.log.info("%s", progress(report))
        return report

    def _check_options(self) -> None:
        for name, least, may_be_none in (
            ("concurrency", 1, False),
            ("stop_after_failures", 1, True),
            ("max_failures", 0, True),
        ):
            value = getattr(self, name)
            if not (value is None and may_be_none) and (type(value) is not int or value < least):
                wants = f"a whole number from {least}" + (", or None" if may_be_none else "")
                raise CekatInputError(name, repr(value), wants)
        for name, allowed in (("on_unknown", ("resend", "fail", "skip")), ("on_window_closed", ("fail", "skip"))):
            if getattr(self, name) not in allowed:
                raise CekatInputError(name, repr(getattr(self, name)), f"one of {', '.join(allowed)}")
