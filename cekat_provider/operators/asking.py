"""What operators that send and then wait for the answer have in common."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from cekat_provider.compat import AirflowFailException, backstop_struck
from cekat_provider.core.durations import seconds
from cekat_provider.core.errors import CekatError
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

if TYPE_CHECKING:
    from cekat_provider.compat import BaseTrigger, Context
    from cekat_provider.core.parse import Message
    from cekat_provider.hooks.cekat import CekatHook
    from cekat_provider.operators.record import SendRecord

#: Airflow's own time-out of the deferral, after ours: only for a triggerer that is not there.
_BACKSTOP = timedelta(seconds=60)


class AsksAndWaits(CekatSendWhatsAppOperator):
    """Send once, wait in the triggerer, and go on with the answer.

    :param response_timeout: how long to wait for the answer, counted from the send; seconds or a timedelta.
    :param poke_interval: how long between two looks at the conversation; seconds or a timedelta.
    """

    template_fields: Sequence[str] = CekatSendWhatsAppOperator.template_fields
    _waits: ClassVar[bool] = True

    def __init__(
        self,
        *,
        response_timeout: float | timedelta = timedelta(hours=24),
        poke_interval: float | timedelta = 60.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.response_timeout = response_timeout
        self.poke_interval = poke_interval

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask, unless an earlier try did, and wait."""
        try:
            return super().execute(context)
        except Exception as err:
            self._record(context).over_if_last(err)
            raise

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Go on where the trigger has ended.

        :raises EventError: when the event is none of the trigger's.
        """
        record = self._record(context)
        try:
            result = self._end(context, record, event)
        except Exception as err:
            record.over_if_last(err)
            raise
        record.over()
        return result

    def _end(self, context: Context, record: SendRecord, event: Any) -> Any:
        from cekat_provider.core.outcome import read

        outcome = read(event)
        if not outcome.looked:
            outcome = read(self._last_look(context))
        if outcome.messages:
            return self._answered(context, record, outcome.messages)
        if outcome.timed_out:
            said = f"No answer came within {self._timeout_seconds():g} seconds."
            if outcome.error is not None:
                said += f" The last look failed: {outcome.error}"
            return self._timed_out(context, record, said)
        assert outcome.error is not None  # noqa: S101 - an outcome is one of the three
        if outcome.error.permanent:
            raise AirflowFailException(str(outcome.error)) from outcome.error
        raise outcome.error

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Resume; where Airflow has given the trigger up, by what was asked for at a time-out."""
        if backstop_struck(next_method, next_kwargs, lambda: self._is_over(context)):
            return self.execute_complete(context, self._last_look(context))
        return super().resume_execution(next_method, next_kwargs, context)

    def _record(self, context: Context) -> SendRecord:
        from cekat_provider.operators.record import SendRecord

        return SendRecord(context, resend_on_clear=self.resend_on_clear, longest_seconds=0.0, in_variables=True)

    def _answered(self, context: Context, record: SendRecord, messages: Sequence[Message]) -> Any:
        """End with the messages that answer, oldest first."""
        raise NotImplementedError

    def _timed_out(self, context: Context, record: SendRecord, said: str) -> Any:
        """End without an answer."""
        raise NotImplementedError

    def _trigger(self, hook: CekatHook, record: SendRecord, waits: dict[str, Any]) -> BaseTrigger:
        """Make the trigger that waits."""
        from cekat_provider.triggers.cekat import CekatMessagesTrigger

        return CekatMessagesTrigger(**waits)

    def _sent(self, hook: CekatHook, record: SendRecord, result: dict[str, Any]) -> NoReturn:
        if result["conversation_id"] is None:
            raise AirflowFailException(
                "The message was sent, and Cekat did not name the conversation, so the answer cannot be waited for. "
                "Give conversation_id beside receiver."
            )
        waits = self._waits_of(result)
        self.log.info(
            "Waiting in the triggerer for the answer, for at most %g s from the send", self._timeout_seconds()
        )
        self.defer(
            trigger=self._trigger(hook, record, waits),
            method_name="execute_complete",
            timeout=timedelta(seconds=max(waits["deadline"] - time.time(), 0.0)) + _BACKSTOP,
        )
        raise AssertionError("unreachable")

    def _waits_of(self, result: dict[str, Any]) -> dict[str, Any]:
        return {
            "conversation_id": result["conversation_id"],
            "deadline": datetime.fromisoformat(result["sent_at"]).timestamp() + self._timeout_seconds(),
            "since": result["sent_at"],
            "poke_interval": seconds("poke_interval", self.poke_interval),
            "cekat_conn_id": self.cekat_conn_id,
        }

    def _last_look(self, context: Context) -> dict[str, Any]:
        """Look here as the trigger would have at the deadline: somebody may have answered while no triggerer was there.

        :returns: its event.
        """
        from cekat_provider.core.outcome import Outcome
        from cekat_provider.hooks.cekat import CekatHook

        record = self._record(context)
        if record.sent is None:
            return Outcome(0.0, timed_out=True).to_event()
        self.log.warning("No triggerer looked at the deadline: looking once more here")
        try:
            trigger: Any = self._trigger(CekatHook(self.cekat_conn_id), record, self._waits_of(record.sent))
            outcome: Outcome = asyncio.run(trigger.outcome())
        except CekatError as err:
            outcome = Outcome(0.0, error=err)
        return replace(outcome, looked=True).to_event()

    def _is_over(self, context: Context) -> bool:
        if self.execution_timeout is None:
            return True
        sent = self._record(context).sent
        return sent is not None and time.time() >= self._waits_of(sent)["deadline"]

    def _check_options(self) -> None:
        super()._check_options()
        self._timeout_seconds()
        seconds("poke_interval", self.poke_interval)

    def _timeout_seconds(self) -> float:
        return seconds("response_timeout", self.response_timeout)
