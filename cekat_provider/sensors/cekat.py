"""Sensors: tasks that wait for a customer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException, BaseSensorOperator, PokeReturnValue, backstop_struck, conf
from cekat_provider.core.errors import CekatError
from cekat_provider.links import CekatConversationLink, link_conversation
from cekat_provider.templating import RendersMessages

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.outcome import Outcome
    from cekat_provider.core.parse import Message
    from cekat_provider.core.wait import Wait
    from cekat_provider.hooks.cekat import CekatHook

#: After its deadline, a trigger that has not told so by itself is given up by Airflow.
_BACKSTOP_SECONDS = 120


class CekatMessagesSensor(RendersMessages, BaseSensorOperator):
    """Wait until a conversation holds messages: ``GET /messages``.

    Airflow's own `poke_interval`, `timeout`, `mode` (``poke`` or ``reschedule``), `soft_fail`, `silent_fail`,
    `never_fail` and `exponential_backoff` mean what they always do, deferrable or not. A wrong argument, 401 and 404
    fail the task at once; an unreachable host, 429 and 5xx are "not yet", and ``Retry-After`` delays the next look.

    :param conversation_id: (templated) an id of Cekat's (a UUID).
    :param since: (templated) only messages from this time on, in whole seconds; ISO 8601, naive is UTC. Default: the
        start of the DAG run. A send's ``sent_at`` is surer, since it is on Cekat's clock:
        ``"{{ ti.xcom_pull('ask')['sent_at'] }}"``. None: the whole history.
    :param direction: ``inbound`` (the customer), ``outbound`` or ``any``. Private notes never count.
    :param contains: (templated) a part of the text, whatever the case.
    :param pattern: (templated) a regular expression, searched for in the text.
    :param media_type: such as ``image``, whatever the case.
    :param match: a callable that takes one `cekat_provider.core.parse.Message` and tells whether it counts, or the
        dotted path of one. Deferred, a path is called in the triggerer, where it must not block; a callable wakes the
        task for each new message that fits the rest.
    :param min_messages: how many it takes.
    :param max_consecutive_failures: how many looks in a row may fail before the last error fails the task; None for
        any number.
    :param deferrable: wait in the triggerer, without a worker; `timeout` counts from the first look all the same.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    :returns: the messages that count, oldest first, each as `Message.to_dict` gives it.
    :raises AirflowFailException: for what no retry can mend.
    """

    template_fields: Sequence[str] = ("conversation_id", "since", "contains", "pattern", "cekat_conn_id")
    template_ext: Sequence[str] = ()
    operator_extra_links = (CekatConversationLink(),)
    ui_color = "#d9fdd3"

    #: The messages that `match` has refused, so that the next wait does not offer them again.
    _judged: str | None = None
    #: What the log has been told of the looks so far: a line for each of a week's would hide the rest.
    _told: tuple[int, int] | None = None

    def __init__(
        self,
        *,
        conversation_id: str,
        since: datetime | str | None = "{{ dag_run.start_date }}",
        direction: str = "inbound",
        contains: str | None = None,
        pattern: str | None = None,
        media_type: str | None = None,
        match: Callable[[Message], bool] | str | None = None,
        min_messages: int = 1,
        max_consecutive_failures: int | None = 20,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        cekat_conn_id: str = "cekat_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conversation_id = conversation_id
        self.since = since
        self.direction = direction
        self.contains = contains
        self.pattern = pattern
        self.media_type = media_type
        self.match = match
        self.min_messages = min_messages
        self.max_consecutive_failures = max_consecutive_failures
        self.deferrable = deferrable
        self.cekat_conn_id = cekat_conn_id
        self._retry_after_seconds = 0.0
        self._failures = 0

    def execute(self, context: Context) -> Any:
        """Wait; deferrable, look once and leave the rest to the triggerer."""
        if not self.deferrable:
            return super().execute(context)
        from cekat_provider.sensors._deferred import as_poke

        deadline = time.time() + self.timeout
        looked = as_poke(self, lambda: self.poke(context))
        if looked:
            return looked.xcom_value
        return self._defer_until(deadline)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once."""
        from cekat_provider.hooks.cekat import CekatHook
        from cekat_provider.hooks.task_memory import TaskMemory

        # Each look of a rescheduled sensor is a process of its own.
        memory = None
        ti: Any = context.get("ti")
        if self.reschedule and not self.deferrable and ti is not None:
            memory = TaskMemory(context, f"failures_{ti.try_number}")
        before = self._failures if memory is None else memory.get(0)
        self._retry_after_seconds = 0.0
        hook = CekatHook(self.cekat_conn_id)
        try:
            wait = self._wait(before)
            self._tell_first(context, hook, wait)
            try:
                history = hook.get_messages(self.conversation_id)
            except CekatError as err:
                self._retry_after_seconds = getattr(err, "retry_after_seconds", None) or 0.0
                wait.failed(err)
                self._failures = wait.failures
                if memory is not None:
                    memory.set(wait.failures)
                self.log.warning("Not yet: %s (failure %d in a row)", err, wait.failures)
                return PokeReturnValue(is_done=False)
            self._failures = 0
            if memory is not None and before:
                memory.forget()
        except CekatError as err:
            if memory is not None and before:
                memory.forget()
            raise _for_airflow(err) from err
        finally:
            hook.close()
        return self._judge(wait, history)

    def _judge(self, wait: Wait, history: Sequence[Message]) -> PokeReturnValue:
        if self.deferrable and callable(self.match):
            from cekat_provider.core.match import fingerprint

            self._judged = fingerprint(self._wait(0, match=None).criteria.select(history))
        found = wait.looked(history)
        told, self._told = self._told, (len(found), len(history))
        if self._told != told:
            self.log.info("%d of %d messages count, %d wanted", *self._told, self.min_messages)
        untimed = sum(message.sent_at is None for message in history)
        if untimed and wait.criteria.since is not None:
            self.log.warning("%d messages have no readable time and were left out", untimed)
        if not wait.ends_with(found):
            return PokeReturnValue(is_done=False)
        return PokeReturnValue(is_done=True, xcom_value=self._found(found, wait))

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Go on where the trigger has ended.

        :raises EventError: when the event is none of the trigger's.
        """
        from cekat_provider.core.outcome import read
        from cekat_provider.sensors._deferred import as_poke, timed_out

        outcome = as_poke(self, lambda: read(event), may_be_silent=False)
        assert outcome is not None  # noqa: S101 - it is None only where it may be silent
        if not outcome.looked:
            return self._look_last(context)
        if outcome.timed_out:
            raise timed_out(self, outcome.error)
        found = as_poke(self, lambda: self._conclude(outcome))
        if found is not None:
            return found
        if time.time() > outcome.deadline:
            raise timed_out(self)
        return self._defer_until(outcome.deadline)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Resume, by the rules of a poke and not by `BaseSensorOperator`'s for deferred sensors."""
        from cekat_provider.sensors._deferred import as_poke

        if backstop_struck(next_method, next_kwargs, self._is_backstop_first):
            return self._look_last(context)
        resume = super(BaseSensorOperator, self).resume_execution
        if next_method == "__fail__":
            return as_poke(self, lambda: resume(next_method, next_kwargs, context), may_be_silent=False)
        return resume(next_method, next_kwargs, context)

    def _is_backstop_first(self) -> bool:
        limit = self.execution_timeout
        return limit is None or limit.total_seconds() > self.timeout + _BACKSTOP_SECONDS

    def _look_last(self, context: Context) -> Any:
        """Look here as the trigger would have at the deadline."""
        from cekat_provider.sensors._deferred import as_poke, timed_out

        self.log.warning("No triggerer looked at the deadline: looking once more here")
        looked = as_poke(self, lambda: self.poke(context))
        if looked:
            return looked.xcom_value
        raise timed_out(self)

    def _conclude(self, outcome: Outcome) -> list[dict[str, Any]] | None:
        """Return what the trigger found, or None where `match` refuses it."""
        if outcome.error is not None:
            raise _for_airflow(outcome.error) from outcome.error
        found = list(outcome.messages or ())
        if callable(self.match):
            from cekat_provider.core.match import fingerprint

            self._judged = fingerprint(found)
            found = [message for message in found if self.match(message)]
            if len(found) < self.min_messages:
                self.log.info("Conversation %s: refused by match, so waiting on", self.conversation_id)
                return None
        return self._found(found, self._wait(0, match=None))

    def _tell_first(self, context: Context, hook: CekatHook, wait: Wait) -> None:
        from cekat_provider.core.story import waiting

        if self._told is None:
            self._told = (-1, -1)
            link_conversation(context, hook.config, self.conversation_id)
            self.log.info(
                "Waiting in conversation %s for %s: a look every %g s, for at most %g s, by %s as %r",
                self.conversation_id,
                waiting(wait.criteria, self.min_messages),
                self.poke_interval,
                self.timeout,
                hook.config.base_url,
                self.cekat_conn_id,
            )

    def _found(self, messages: Sequence[Message], wait: Wait) -> list[dict[str, Any]]:
        from cekat_provider.core.story import arrived

        self.log.info("Conversation %s: %s", self.conversation_id, arrived(messages, wait.criteria.since))
        return [message.to_dict() for message in messages]

    def _defer_until(self, deadline: float) -> Any:
        from cekat_provider.sensors._deferred import timed_out
        from cekat_provider.triggers.cekat import CekatMessagesTrigger

        left = deadline - time.time()
        if left < 0:
            raise timed_out(self)
        wait = self._wait(self._failures)
        self.log.info("Nothing yet: waiting on in the triggerer, for %.0f s", left)
        self.defer(
            trigger=CekatMessagesTrigger(
                conversation_id=self.conversation_id,
                deadline=deadline,
                since=wait.criteria.since.isoformat() if wait.criteria.since else None,
                direction=self.direction,
                contains=self.contains,
                pattern=self.pattern,
                media_type=self.media_type,
                match=self.match if isinstance(self.match, str) else None,
                min_messages=self.min_messages,
                judged=self._judged,
                poke_interval=self.poke_interval,
                exponential_backoff=self.exponential_backoff,
                max_wait=self.max_wait.total_seconds() if self.max_wait else None,
                # A poke's last error is swallowed by `silent_fail`, and the sensor pokes on.
                max_consecutive_failures=None if self.silent_fail else self.max_consecutive_failures,
                failures=self._failures,
                cekat_conn_id=self.cekat_conn_id,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=left + _BACKSTOP_SECONDS),
        )

    def _wait(self, failures: int, **instead: Any) -> Wait:
        from cekat_provider.core.callables import load_callable
        from cekat_provider.core.match import criteria
        from cekat_provider.core.wait import Wait

        given: dict[str, Any] = {
            "since": self.since,
            "direction": self.direction,
            "contains": self.contains,
            "pattern": self.pattern,
            "media_type": self.media_type,
            "match": load_callable("match", self.match),
        }
        return Wait(criteria(**{**given, **instead}), self.min_messages, self.max_consecutive_failures, failures)

    def _get_next_poke_interval(self, started_at: Any, run_duration: Callable[[], float], poke_count: int) -> float:
        """Wait as long as Cekat asks, where that is longer. Both modes of every Airflow take the pause from here."""
        pause = float(super()._get_next_poke_interval(started_at, run_duration, poke_count))
        # Not beyond `timeout`: what Cekat asks for may be days, or a number that is no date any more.
        return max(pause, min(self._retry_after_seconds, max(self.timeout - run_duration(), 0.0)))


def _for_airflow(err: CekatError) -> Exception:
    """Fail at once what no retry can mend."""
    return AirflowFailException(str(err)) if err.permanent else err
