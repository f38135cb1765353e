"""Triggers: what waits for a customer in the triggerer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from cekat_provider.compat import BaseTrigger, TriggerEvent
from cekat_provider.core.body import check_conversation_id
from cekat_provider.core.callables import load_callable
from cekat_provider.core.errors import CekatError
from cekat_provider.core.match import criteria
from cekat_provider.core.outcome import Outcome
from cekat_provider.core.wait import Wait
from cekat_provider.hooks._aside import nimbly
from cekat_provider.triggers.inbound import CekatInboundTrigger
from cekat_provider.triggers.polling import watching
from cekat_provider.triggers.watch import Look, Watch

__all__ = ["CekatInboundTrigger", "CekatMessagesTrigger"]

#: Airflow may still be busy with the end of the process that has deferred (six seconds were seen), and take a task that
#: resumes at once for one that has died.
EARLIEST_EVENT_SECONDS: Final = 8.0


class CekatMessagesTrigger(BaseTrigger):
    """Wait until a conversation holds messages, or until the deadline.

    All triggers of a triggerer share one client for a connection and one poll for a conversation. It carries the
    connection's id and no key. It yields one event (`cekat_provider.core.outcome`).

    :param conversation_id: an id of Cekat's (a UUID).
    :param deadline: epoch seconds; when the whole wait ends.
    :param since: ISO 8601, or None for the whole history.
    :param direction: ``inbound``, ``outbound`` or ``any``.
    :param contains: a part of the text, whatever the case.
    :param pattern: a regular expression, searched for in the text.
    :param media_type: such as ``image``, whatever the case.
    :param match: the dotted path of a function that takes one message and tells whether it counts. It runs in the
        triggerer, so it must not block.
    :param min_messages: how many it takes.
    :param judged: the `fingerprint` of messages that the task has refused already, or None.
    :param poke_interval: seconds between two looks.
    :param exponential_backoff: double it after each look, up to `max_wait` seconds.
    :param max_wait: the longest interval, in seconds, or None.
    :param max_consecutive_failures: how many looks in a row may fail, or None for any number.
    :param failures: how many have.
    :param cekat_conn_id: id of a connection of type ``cekat``.
    """

    def __init__(
        self,
        *,
        conversation_id: str,
        deadline: float,
        since: str | None = None,
        direction: str = "inbound",
        contains: str | None = None,
        pattern: str | None = None,
        media_type: str | None = None,
        match: str | None = None,
        min_messages: int = 1,
        judged: str | None = None,
        poke_interval: float = 60.0,
        exponential_backoff: bool = False,
        max_wait: float | None = None,
        max_consecutive_failures: int | None = None,
        failures: int = 0,
        cekat_conn_id: str = "cekat_default",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.conversation_id = conversation_id
        self.deadline = deadline
        self.since = since
        self.direction = direction
        self.contains = contains
        self.pattern = pattern
        self.media_type = media_type
        self.match = match
        self.min_messages = min_messages
        self.judged = judged
        self.poke_interval = poke_interval
        self.exponential_backoff = exponential_backoff
        self.max_wait = max_wait
        self.max_consecutive_failures = max_consecutive_failures
        self.failures = failures
        self.cekat_conn_id = cekat_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what makes the same trigger in another process."""
        return "cekat_provider.triggers.cekat.CekatMessagesTrigger", {
            "conversation_id": self.conversation_id,
            "deadline": self.deadline,
            "since": self.since,
            "direction": self.direction,
            "contains": self.contains,
            "pattern": self.pattern,
            "media_type": self.media_type,
            "match": self.match,
            "min_messages": self.min_messages,
            "judged": self.judged,
            "poke_interval": self.poke_interval,
            "exponential_backoff": self.exponential_backoff,
            "max_wait": self.max_wait,
            "max_consecutive_failures": self.max_consecutive_failures,
            "failures": self.failures,
            "cekat_conn_id": self.cekat_conn_id,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and tell how it ended."""
        loop = asyncio.get_running_loop()
        earliest = loop.time() + EARLIEST_EVENT_SECONDS
        outcome = await self.outcome()
        event = await nimbly(len(outcome.messages or ()), outcome.to_event)
        await asyncio.sleep(max(0.0, earliest - loop.time()))
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def outcome(self) -> Outcome:
        """Wait, and return how it ended."""
        try:
            return await self._end()
        except CekatError as err:
            return Outcome(self.deadline, error=err)

    async def _end(self) -> Outcome:
        # The module that `match` lies in may import what takes long.
        wait = self._wait() if self.match is None else await asyncio.to_thread(self._wait)
        watch = Watch(
            check_conversation_id(self.conversation_id),
            self.poke_interval,
            # On the loop's clock from here: the machine's may be set while it runs.
            asyncio.get_running_loop().time() + self.deadline - time.time(),
            2.0 if self.exponential_backoff else 1.0,
            self.max_wait,
            since=wait.criteria.earliest,
        )
        async with watching(self.cekat_conn_id, watch):
            while True:
                # In one line: a name for the look would keep its history in memory until the next.
                outcome = await self._judge(wait, await watch.look())
                if outcome is not None:
                    return outcome

    async def _judge(self, wait: Wait, look: Look) -> Outcome | None:
        """Tell whether a look ends the wait.

        :raises CekatError: the look's, where that ends the wait.
        """
        if look.error is not None:
            wait.failed(look.error)
            self.log.warning("Not yet: %s (failure %d in a row)", look.error, wait.failures)
        elif look.history is not None:
            found = await nimbly(len(look.history), wait.found, look.history)
            if found is not None:
                return Outcome(self.deadline, messages=found)
        if not look.last:
            return None
        return Outcome(self.deadline, error=look.error, timed_out=True, looked=look.made)

    def _wait(self) -> Wait:
        wanted = criteria(
            since=self.since,
            direction=self.direction,
            contains=self.contains,
            pattern=self.pattern,
            media_type=self.media_type,
            match=load_callable("match", self.match),
        )
        return Wait(wanted, self.min_messages, self.max_consecutive_failures, self.failures, self.judged)
