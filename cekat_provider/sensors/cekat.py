"""Sensors: tasks that wait for a customer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException, BaseSensorOperator, PokeReturnValue
from cekat_provider.core.errors import CekatError, CekatInputError

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.parse import Message


class CekatMessagesSensor(BaseSensorOperator):
    """Wait until a conversation holds messages: ``GET /messages``.

    Airflow's own `poke_interval`, `timeout`, `mode` (``poke`` or ``reschedule``), `soft_fail`, `silent_fail`,
    `never_fail` and `exponential_backoff` mean what they always do. A wrong argument, 401 and 404 fail the task at
    once; an unreachable host, 429 and 5xx are "not yet", and ``Retry-After`` delays the next look.

    :param conversation_id: (templated) an id of Cekat's (a UUID).
    :param since: (templated) only messages from this time on, in whole seconds; ISO 8601, naive is UTC. Default: the
        start of the DAG run. A send's ``sent_at`` is surer, since it is on Cekat's clock:
        ``"{{ ti.xcom_pull('ask')['sent_at'] }}"``. None: the whole history.
    :param direction: ``inbound`` (the customer), ``outbound`` or ``any``. Private notes never count.
    :param contains: (templated) a part of the text, whatever the case.
    :param pattern: (templated) a regular expression, searched for in the text.
    :param media_type: such as ``image``, whatever the case.
    :param match: a callable that takes one `cekat_provider.core.parse.Message` and tells whether it counts.
    :param min_messages: how many it takes.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    :returns: the messages that count, oldest first, each as `Message.to_dict` gives it.
    :raises AirflowFailException: for what no retry can mend.
    """

    template_fields: Sequence[str] = ("conversation_id", "since", "contains", "pattern", "cekat_conn_id")
    template_ext: Sequence[str] = ()
    ui_color = "#d9fdd3"

    def __init__(
        self,
        *,
        conversation_id: str,
        since: datetime | str | None = "{{ dag_run.start_date }}",
        direction: str = "inbound",
        contains: str | None = None,
        pattern: str | None = None,
        media_type: str | None = None,
        match: Callable[[Message], bool] | None = None,
        min_messages: int = 1,
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
        self.cekat_conn_id = cekat_conn_id
        self._retry_after_seconds = 0.0

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once."""
        from cekat_provider.core.match import criteria
        from cekat_provider.hooks.cekat import CekatHook

        self._retry_after_seconds = 0.0
        hook = CekatHook(self.cekat_conn_id)
        try:
            if not isinstance(self.min_messages, int) or self.min_messages < 1:
                raise CekatInputError("min_messages", repr(self.min_messages), "a whole number of at least 1")
            wanted = criteria(
                since=self.since,
                direction=self.direction,
                contains=self.contains,
                pattern=self.pattern,
                media_type=self.media_type,
                match=self.match,
            )
            history = hook.get_messages(self.conversation_id)
        except CekatError as err:
            if err.permanent:
                raise AirflowFailException(str(err)) from err
            self._retry_after_seconds = getattr(err, "retry_after_seconds", None) or 0.0
            self.log.warning("Not yet: %s", err)
            return PokeReturnValue(is_done=False)
        finally:
            hook.close()
        found = wanted.select(history)
        self.log.info(
            "Conversation %s: %d of %d messages count, %d wanted",
            self.conversation_id,
            len(found),
            len(history),
            self.min_messages,
        )
        untimed = sum(message.sent_at is None for message in history)
        if untimed and wanted.since is not None:
            self.log.warning("%d messages have no readable time and were left out", untimed)
        if len(found) < self.min_messages:
            return PokeReturnValue(is_done=False)
        return PokeReturnValue(is_done=True, xcom_value=[message.to_dict() for message in found])

    def _get_next_poke_interval(self, started_at: Any, run_duration: Callable[[], float], poke_count: int) -> float:
        """Wait as long as Cekat asks, where that is longer. Both modes of every Airflow take the pause from here."""
        pause = float(super()._get_next_poke_interval(started_at, run_duration, poke_count))
        # Not beyond `timeout`: what Cekat asks for may be days, or a number that is no date any more.
        return max(pause, min(self._retry_after_seconds, max(self.timeout - run_duration(), 0.0)))
