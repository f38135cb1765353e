"""The notifier: alerts on WhatsApp, without storms, and never at the cost of a task."""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowException, BaseNotifier
from cekat_provider.core import alerts
from cekat_provider.core.errors import CekatInputError, WindowClosedError
from cekat_provider.core.privacy import mask_number
from cekat_provider.templating import RendersMessages

if TYPE_CHECKING:
    import jinja2

    from cekat_provider.compat import Context
    from cekat_provider.core.alerts import Happening
    from cekat_provider.core.messages import OutboundMessage
    from cekat_provider.hooks.cekat import CekatHook
    from cekat_provider.notifications.memory import AlertMemory

#: Without these an alert can still be told, in our own words.
_SPARE_FIELDS = ("message", "dedupe_key", "recovery", "fallback_variables")


class CekatNotifier(RendersMessages, BaseNotifier):
    """Tell people on WhatsApp what became of a task, a DAG run or a deadline.

    For `on_failure_callback`, `on_retry_callback`, `on_success_callback` of tasks and DAGs, and for `DeadlineAlert`
    (`AsyncCallback`). The first failure is told; the same trouble is then only counted for `quiet_for`, and the first
    alert after that says how often it came meanwhile. Nothing that fails here fails a task; it is logged once.

    What was told lately is kept in an Airflow Variable, ``cekat_alerts__<dag_id>``, the only thing that workers, DAG
    processor and triggerer all reach. Two that fail in the same moment may both be told, and a count may be too low.

    :param receivers: (templated) phone numbers in any usual notation: one, several with commas, or a list.
    :param message: (templated) a text, or one of `cekat_provider.messages`. Default: DAG, task, run,
        try, a one-line cause and the log's link. A text that is too long is cut, with an ellipsis; one that cannot be
        rendered gives way to the default.
    :param dedupe_key: (templated) what counts as the same trouble. Default: DAG, task and run, so all tries and mapped
        indices of a task. Name no run in it (``{{ dag.dag_id }}``) to hear of a failing DAG once in `quiet_for`.
    :param quiet_for: a timedelta or seconds; 0 tells every one.
    :param recovery: (templated) True or a text: as `on_success_callback` tell only that it is well again, and only
        after a failure that was told. With the default `dedupe_key` that is within one DAG run.
    :param fallback_template: (templated) an approved template for receivers who have not written for 24 hours.
    :param fallback_variables: (templated) its variables. Default: the message's text in one line, as the only one.
    :param inbox_id: (templated) the inbox the template is sent from. Default: the connection's extra ``inbox_id``.
    :param language: (templated) the template's language, where its name has several.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    """

    template_fields: Sequence[str] = (
        "receivers",
        "message",
        "dedupe_key",
        "recovery",
        "fallback_template",
        "fallback_variables",
        "inbox_id",
        "language",
        "cekat_conn_id",
    )
    template_ext: Sequence[str] = ()

    def __init__(
        self,
        *,
        receivers: str | int | Sequence[str | int],
        message: str | OutboundMessage | None = None,
        dedupe_key: str | None = None,
        quiet_for: timedelta | float = timedelta(minutes=15),
        recovery: bool | str = False,
        fallback_template: str | None = None,
        fallback_variables: Sequence[str] | str | None = None,
        inbox_id: str | None = None,
        language: str | None = None,
        cekat_conn_id: str = "cekat_default",
        **kwargs: Any,
    ) -> None:
        # Airflow 3.1 and later hand a deadline's context over here.
        super().__init__(**kwargs)
        self.receivers = receivers
        self.message = message
        self.dedupe_key = dedupe_key
        self.quiet_for = quiet_for
        self.recovery = recovery
        self.fallback_template = fallback_template
        self.fallback_variables = fallback_variables
        self.inbox_id = inbox_id
        self.language = language
        self.cekat_conn_id = cekat_conn_id

    def __call__(self, *args: Any) -> None:
        """Tell it, with a copy of this notifier: one notifier stands in many callbacks, and rendering changes it."""
        # Airflow 2.11 calls an `sla_miss_callback` with the DAG and four lists.
        context: Any = args[0] if len(args) == 1 else {"dag": args[0], "reason": "SLA missed"}
        mine = copy.copy(self)
        try:
            mine.render_template_fields(context)
            mine.notify(context)
        except Exception as err:  # an alert never fails what it tells about
            mine._log_failure(err)

    def __await__(self) -> Generator[Any, None, None]:
        """Tell it from the triggerer, with the context that the constructor was given."""
        return self._notify_async().__await__()

    async def _notify_async(self) -> None:
        mine = copy.copy(self)
        try:
            mine.render_template_fields(mine.context)
            await mine.async_notify(mine.context)
        except Exception as err:  # as in __call__
            mine._log_failure(err)

    def render_template_fields(self, context: Context, jinja_env: jinja2.Environment | None = None) -> None:
        """Render field by field, so that a text that cannot be rendered does not take the alert with it.

        ``{{ ds }}`` is not defined in runs without a logical date, for one.
        """
        dag = context.get("dag")
        # `dag.test` of Airflow 3.3 hands a DAG's callback its serialized twin, which has no environment.
        env = jinja_env or self.get_template_env(dag=dag if hasattr(dag, "get_template_env") else None)
        for name in self.template_fields:
            try:
                self._do_render_template_fields(self, (name,), context, env, set())
            except Exception:
                # Airflow has logged it with the template.
                if name not in _SPARE_FIELDS:
                    raise
                setattr(self, name, name == "recovery" or None)

    def notify(self, context: Context) -> None:
        """Tell it, unless it was told lately."""
        from cekat_provider.notifications.happening import happening
        from cekat_provider.notifications.memory import AlertMemory

        what = happening(context)
        quiet_seconds = self._quiet_seconds()
        memory = AlertMemory(what.dag_id, self.dedupe_key or what.key, self.log)
        if what.kind == "success" and self.recovery:
            self._tell_recovery(what, memory)
        elif what.kind in alerts.TROUBLE and (quiet_seconds > 0 or self.recovery):
            self._tell_once(what, memory, quiet_seconds)
        else:
            self._tell(self._said(what), what)

    async def async_notify(self, context: Context) -> None:
        """Tell it from an event loop, which the blocking hook must not hold up."""
        from asgiref.sync import sync_to_async

        # Not `asyncio.to_thread`: what asks the triggerer for a Variable finds the way back to its loop from here only.
        await sync_to_async(self.notify, thread_sensitive=False)(context)

    def _tell_once(self, what: Happening, memory: AlertMemory, quiet_seconds: float) -> None:
        ours, before = memory.claim(quiet_seconds)
        if not ours:
            self.log.info("Told lately, so only counted: %s of %s", what.kind, what.name)
            return
        said = self._said(what)
        try:
            self._tell(alerts.still_failing(said, before) if isinstance(said, str) else said, what)
        except BaseException:
            memory.give_back()
            raise

    def _tell_recovery(self, what: Happening, memory: AlertMemory) -> None:
        failed = memory.entry()
        if failed is not None:
            said = self.recovery if isinstance(self.recovery, str) else what.recovery_text(failed)
            self._tell(said, what)
            memory.forget()

    def _said(self, what: Happening) -> str | OutboundMessage:
        return what.text() if self.message is None or self.message == "" else self.message

    def _tell(self, said: str | OutboundMessage, what: Happening) -> None:
        from cekat_provider.hooks.cekat import CekatHook

        said = alerts.shorten(said) if isinstance(said, str) else said
        receivers = self._receivers()
        failures: list[tuple[str, Exception]] = []
        hook = CekatHook(self.cekat_conn_id)
        try:
            for receiver in receivers:
                try:
                    self._send(hook, receiver, said)
                except AirflowException as err:  # the others are told all the same
                    failures.append((mask_number(receiver), err))
        finally:
            hook.close()
        told = len(receivers) - len(failures)
        if failures:
            # Errors of ours are safe to show; they hold no number and no text.
            shown = "; ".join(f"{receiver}: {err}" for receiver, err in failures)
            if not told:
                raise AirflowException(shown)
            self.log.error("%d of %d receivers could not be told: %s", len(failures), len(receivers), shown)
        self.log.info("Told %d receivers: %s of %s", told, what.kind, what.name)

    def _send(self, hook: CekatHook, receiver: str, said: str | OutboundMessage) -> None:
        try:
            hook.send_message(receiver=receiver, message=said)
        except WindowClosedError:
            if not self.fallback_template:
                raise
            variables = self.fallback_variables
            if variables is None:
                text = said if isinstance(said, str) else str(said.to_body().get("message") or "")
                variables = [alerts.one_line(text)]
            hook.send_template(
                receiver=receiver,
                template=self.fallback_template,
                variables=variables,
                inbox_id=self.inbox_id,
                language=self.language,
            )

    def _receivers(self) -> list[str]:
        from cekat_provider.core.phone import several

        return list(dict.fromkeys(str(each).strip() for each in several(self.receivers, "receivers")))

    def _quiet_seconds(self) -> float:
        from cekat_provider.core.durations import seconds

        try:
            return seconds("quiet_for", self.quiet_for, or_none_at_all=True)
        except CekatInputError as wrong:
            # An alert too many is better than none.
            self.log.warning("%s Every alert is told.", wrong)
            return 0.0

    def _log_failure(self, err: Exception) -> None:
        # Only Airflow's errors and ours are known to hold nothing private.
        said = str(err) if isinstance(err, AirflowException) else "see the debug log"
        self.log.error("The alert could not be told: %s: %s", type(err).__name__, said)
        self.log.debug("The alert could not be told", exc_info=err)
