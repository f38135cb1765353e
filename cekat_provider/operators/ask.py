"""The operator that asks and waits for the answer, in one task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cekat_provider.compat import AirflowFailException, AirflowSkipException
from cekat_provider.core.errors import CekatInputError
from cekat_provider.operators.asking import AsksAndWaits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cekat_provider.compat import Context
    from cekat_provider.core.parse import Message
    from cekat_provider.operators.record import SendRecord


class CekatAskOperator(AsksAndWaits):
    """Send a message once, then wait in the triggerer until the customer answers.

    The arguments of `CekatSendWhatsAppOperator`, with all that it promises, and those below. The wait costs no worker,
    and begins at the moment of the send on Cekat's clock, so that an answer in the same second counts. A retry after
    the send does not ask again: it goes on waiting, until the same deadline.

    :param response_timeout: how long to wait for the answer, counted from the send; seconds or a timedelta (24 hours).
    :param poke_interval: how long between two looks at the conversation; seconds or a timedelta (60 seconds).
    :param on_timeout: without an answer: ``fail`` (default, without retries), ``skip``, or ``none`` to return None.
    :returns: the customer's first message after the question, as `cekat_provider.core.parse.Message.to_dict` gives it.
    :raises AirflowFailException: as the send operator does, and when no answer comes.
    """

    def __init__(self, *, on_timeout: Literal["fail", "skip", "none"] = "fail", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_timeout = on_timeout

    def _answered(self, context: Context, record: SendRecord, messages: Sequence[Message]) -> dict[str, Any]:
        from cekat_provider.core.story import arrived

        answer = messages[0]
        self.log.info("Conversation %s: answered by %s, id %s", answer.conversation_id, arrived([answer]), answer.id)
        return answer.to_dict()

    def _timed_out(self, context: Context, record: SendRecord, said: str) -> None:
        if self.on_timeout != "none":
            raise AirflowSkipException(said) if self.on_timeout == "skip" else AirflowFailException(said)
        self.log.info("%s", said)

    def _check_options(self) -> None:
        super()._check_options()
        if self.on_timeout not in ("fail", "skip", "none"):
            raise CekatInputError("on_timeout", repr(self.on_timeout), "one of fail, skip, none")
