"""The operator that asks and waits for the answer, in one task."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from cekat_provider.compat import AirflowFailException, AirflowSkipException
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

if TYPE_CHECKING:
    from cekat_provider.compat import Context

#: Airflow's own time-out of the deferral, after ours: only for a triggerer that is not there.
_BACKSTOP = timedelta(seconds=60)


class CekatAskOperator(CekatSendWhatsAppOperator):
    """Send a message once, then wait in the triggerer until the customer answers.

    The arguments of `CekatSendWhatsAppOperator`, with all that it promises, and those below. The wait costs no worker,
    and begins at the moment of the send on Cekat's clock, so that an answer in the same second counts. A retry after
    the send does not ask again: it goes on waiting, until the same deadline.

    :param response_timeout: how long to wait for the answer, counted from the send; seconds or a timedelta.
    :param on_timeout: without an answer: ``fail`` (default, without retries), ``skip``, or ``none`` to return None.
    :param poke_interval: seconds between two looks at the conversation.
    :returns: the customer's first message after the question, as `cekat_provider.core.parse.Message.to_dict` gives it.
    :raises AirflowFailException: as the send operator does, and when no answer comes.
    """

    template_fields: Sequence[str] = CekatSendWhatsAppOperator.template_fields

    def __init__(
        self,
        *,
        response_timeout: float | timedelta = timedelta(hours=24),
        on_timeout: Literal["fail", "skip", "none"] = "fail",
        poke_interval: float = 60.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.response_timeout = response_timeout
        self.on_timeout = on_timeout
        self.poke_interval = poke_interval

    def execute(self, context: Context) -> Any:
        """Send the question, unless an earlier try did, and leave the wait to the triggerer."""
        from cekat_provider.triggers.cekat import CekatMessagesTrigger

        timeout = self._timeout_seconds()
        sent = super().execute(context)
        if sent["conversation_id"] is None:
            raise AirflowFailException("Cekat did not name the conversation, so the answer cannot be waited for.")
        deadline = datetime.fromisoformat(sent["sent_at"]).timestamp() + timeout
        self.defer(
            trigger=CekatMessagesTrigger(
                conversation_id=sent["conversation_id"],
                deadline=deadline,
                since=sent["sent_at"],
                poke_interval=self.poke_interval,
                cekat_conn_id=self.cekat_conn_id,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=max(deadline - time.time(), 0.0)) + _BACKSTOP,
        )

    def execute_complete(self, context: Context, event: Any = None) -> dict[str, Any] | None:
        """Go on where the trigger has ended.

        :raises EventError: when the event is none of the trigger's.
        """
        from cekat_provider.core.outcome import read

        outcome = read(event)
        if outcome.messages:
            answer = outcome.messages[0]
            self.log.info("Conversation %s: answered with message %s", answer.conversation_id, answer.id)
            return answer.to_dict()
        if outcome.timed_out:
            said = f"No answer came within {self._timeout_seconds():g} seconds."
            if outcome.error is not None:
                said += f" The last look failed: {outcome.error}"
            if self.on_timeout == "none":
                self.log.info("%s", said)
                return None
            raise AirflowSkipException(said) if self.on_timeout == "skip" else AirflowFailException(said)
        assert outcome.error is not None  # noqa: S101 - an outcome is one of the three
        if outcome.error.permanent or self.forgets(context):
            raise AirflowFailException(str(outcome.error)) from outcome.error
        raise outcome.error

    def _timeout_seconds(self) -> float:
        """Check the options of the wait; a mistake sends nothing."""
        timeout = self.response_timeout
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
            raise AirflowFailException(
                f"response_timeout must be a timedelta or a number of seconds above 0, got {timeout!r}"
            )
        if self.on_timeout not in ("fail", "skip", "none"):
            raise AirflowFailException(f"on_timeout must be one of fail, skip, none, got {self.on_timeout!r}")
        return float(seconds)
