"""Exactly one message: what a failed send means, when it is repeated, and how its trace is found.

A send fails in three ways, told apart by `repeatable` and `unknown` and nowhere else:

- *certainly not accepted*: no connection was made, 429, 503 with ``Retry-After``, a passing trouble of WhatsApp's
  that Cekat refused with. Repeated after a pause.
- *certainly answered*: every other refusal. Raised.
- *unknown*: the request left and no answer that can be read came, or a 5xx. Never repeated blindly: no idempotency
  key exists and nothing says what a repeated request does (wire fact C), so the conversation is asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any, Final, Literal

from cekat_provider.core import flow, lookup
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import (
    CekatError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ServerError,
    UnreadableAnswerError,
)
from cekat_provider.core.lookup import Earlier, Parcel
from cekat_provider.core.wire import Sleep

__all__ = ["Earlier", "OnUnknown", "Policy", "deliver", "repeatable", "ship", "unknown"]

OnUnknown = Literal["resend", "fail"]

_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
_NOT_SHOWN: Final = "It is not known whether the message was sent, and the conversation does not show it."


def repeatable(error: CekatError) -> bool:
    """Tell whether the send had certainly no effect, so that repeating it cannot send twice."""
    if isinstance(error, ServerError):
        # A 5xx, or a 408, may come from a gateway that gave up on a server that did not. Any other status became
        # this error by one of WhatsApp's codes: a passing trouble that Cekat tells of; so is a 503 that names a time.
        told = 200 <= error.status < 500 and error.status != 408
        return told or (error.status == 503 and error.retry_after_seconds is not None)
    return isinstance(error, NotSentError | RateLimitedError)


def unknown(error: CekatError) -> bool:
    """Tell whether the send may have had its effect, or not."""
    return isinstance(error, OutcomeUnknownError | UnreadableAnswerError | ServerError) and not repeatable(error)


@dataclass(frozen=True)
class Policy:
    """How hard to try.

    :param max_wait_seconds: the pauses before repeated sends in all; then the last error is raised.
    :param on_unknown: what to do when the outcome is unknown and the history does not show the message.
    :param settle_seconds: pauses before each look at the history, which can lag behind.
    :param random: from 0 to 1, for the jitter; the hooks give a real one.
    :param tell: is told, in a sentence without personal data, why the send is repeated.
    """

    max_wait_seconds: float = 120.0
    on_unknown: OnUnknown = "resend"
    settle_seconds: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    random: Callable[[], float] = lambda: 1.0
    tell: Callable[[str], None] = lambda said: None

    def pause(self, attempt: int, error: CekatError) -> float:
        """Return the seconds before the next attempt: full jitter, and never below what Cekat asks for."""
        asked = getattr(error, "retry_after_seconds", None)
        if asked is not None:
            # A little later than asked, each differently, or all who were told the same time come at once.
            return float(asked) + self.random()
        bound: float = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(attempt, 16))
        return self.random() * bound


def deliver(
    config: CekatConfig,
    body: Mapping[str, Any],
    policy: Policy,
    earlier: Earlier | None = None,
    not_ours: Callable[[], Collection[str]] = frozenset,
) -> Flow[flow.SentMessage]:
    """Send one free-form message so that it is sent once; the rest is as for `ship`."""
    return ship(config, lookup.message_parcel(body), policy, earlier, not_ours)


def ship(
    config: CekatConfig,
    parcel: Parcel,
    policy: Policy,
    earlier: Earlier | None = None,
    not_ours: Callable[[], Collection[str]] = frozenset,
) -> Flow[flow.SentMessage]:
    """Post a parcel so that it is sent once.

    :param earlier: an earlier try; the history is asked before anything is sent.
    :param not_ours: ids of messages that others sent; called only when the history is asked.
    :raises OutcomeUnknownError: when nobody can know, or with `on_unknown` ``fail``.
    :raises CekatError: when it was certainly not sent.
    """
    started = yield from lookup.now()
    if earlier is not None:
        found = yield from lookup.look(config, parcel, policy.settle_seconds, earlier, lookup.WORKERS_APART, not_ours)
        if found is not None:
            return found
        if policy.on_unknown == "fail":
            raise OutcomeUnknownError(_NOT_SHOWN)
    waited = 0.0
    for attempt in count():
        try:
            sent = yield from flow.send(config, parcel.body, parcel.endpoint)
            # Not of the body: a template's has no room for it.
            return replace(sent, conversation_id=sent.conversation_id or parcel.conversation_id)
        except CekatError as error:
            if unknown(error):
                here = Earlier(started)
                found = yield from lookup.look(config, parcel, policy.settle_seconds, here, timedelta(0), not_ours)
                if found is not None:
                    return found
                if policy.on_unknown == "fail":
                    raise OutcomeUnknownError(_NOT_SHOWN) from error
            elif not repeatable(error):
                raise
            pause = policy.pause(attempt, error)
            if waited + pause > policy.max_wait_seconds:
                raise
            policy.tell(f"Not sent: {error} Again in {pause:.1f} s.")
        waited += pause
        yield Sleep(pause)
    raise AssertionError("unreachable")
