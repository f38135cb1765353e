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
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, Literal

from cekat_provider.core import flow, parse
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import (
    CannotLookError,
    CekatError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ServerError,
    UnreadableAnswerError,
)
from cekat_provider.core.wire import Now, Sleep

OnUnknown = Literal["resend", "fail"]

_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
#: The server's ``Date`` and some of its times have no fraction of a second (wire fact C).
_WHOLE_SECONDS: Final = timedelta(seconds=2)
#: How far the clocks of two workers may lie apart: an earlier try may have run on another one.
_WORKERS_APART: Final = timedelta(seconds=120)
_NOT_SHOWN: Final = "It is not known whether the message was sent, and the conversation does not show it."


def repeatable(error: CekatError) -> bool:
    """Tell whether the send had certainly no effect, so that repeating it cannot send twice."""
    if isinstance(error, ServerError):
        # A 5xx may come from a gateway that gave up on a server that did not. Below 500 a code is WhatsApp's
        # passing trouble, told by Cekat in an answer of its own; so is a 503 that names a time.
        told = error.code is not None and error.status < 500
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


@dataclass(frozen=True)
class Earlier:
    """A try before this one that may have sent the message already.

    :param since: when it may first have left, on a worker's clock, in seconds since the epoch.
    :param until: when it can have left at the latest, or None for now.
    """

    since: float
    until: float | None = None


def deliver(
    config: CekatConfig,
    body: Mapping[str, Any],
    policy: Policy,
    earlier: Earlier | None = None,
    not_ours: Callable[[], Collection[str]] = frozenset,
) -> Flow[flow.SentMessage]:
    """Send one message so that it is sent once.

    :param earlier: an earlier try; the history is asked before anything is sent.
    :param not_ours: ids of messages that others sent; called only when the history is asked.
    :raises OutcomeUnknownError: when nobody can know, or with `on_unknown` ``fail``.
    :raises CekatError: when it was certainly not sent.
    """
    started = yield from _now()
    if earlier is not None:
        found = yield from _trace(config, body, policy, earlier, _WORKERS_APART, not_ours)
        if found is not None:
            return found
        if policy.on_unknown == "fail":
            raise OutcomeUnknownError(_NOT_SHOWN)
    waited = 0.0
    for attempt in count():
        try:
            return (yield from flow.send(config, body))
        except CekatError as error:
            if unknown(error):
                found = yield from _trace(config, body, policy, Earlier(started), timedelta(0), not_ours)
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


def _trace(
    config: CekatConfig,
    body: Mapping[str, Any],
    policy: Policy,
    earlier: Earlier,
    apart: timedelta,
    not_ours: Callable[[], Collection[str]],
) -> Flow[flow.SentMessage | None]:
    """Look for the message in the conversation; None where it is certainly not there.

    :raises OutcomeUnknownError: when there is no way to look.
    """
    conversation_id = body.get("conversation_id")
    if conversation_id is None:
        raise CannotLookError(
            "It is not known whether the message was sent, and without a conversation_id nobody can look. "
            "Give the conversation_id beside the receiver."
        )
    failure: CekatError | None = None
    for pause in policy.settle_seconds:
        if pause:
            yield Sleep(pause)
        try:
            history, server_now = yield from flow.history_at(config, conversation_id)
        except NotFoundError:
            history, server_now = [], None  # a conversation that is not there does not hold the message
        except CekatError as error:
            failure = error
            continue
        failure = None
        offset = timedelta(0)
        if server_now is not None:
            offset = server_now - _moment((yield from _now()))
        first = _moment(earlier.since) + offset - apart - _WHOLE_SECONDS
        last = None if earlier.until is None else _moment(earlier.until) + offset + apart + _WHOLE_SECONDS
        taken = not_ours()
        # The latest first: an older twin is more likely another task's.
        for message in reversed(history):
            if (
                message.sent_at is not None
                and message.sent_at >= first
                and (last is None or message.sent_at <= last)
                and message.id not in taken
                and is_same(body, message)
            ):
                return flow.SentMessage(
                    message_id=message.id,
                    conversation_id=conversation_id,
                    receiver=body.get("receiver"),
                    sent_at=message.sent_at,
                    status=message.status,
                    response=dict(message.raw),
                    found=True,
                )
    if failure is not None:
        raise OutcomeUnknownError(
            f"It is not known whether the message was sent, and the conversation could not be read "
            f"({type(failure).__name__})."
        ) from failure
    return None


def is_same(body: Mapping[str, Any], message: parse.Message) -> bool:
    """Tell whether a message of the history can be the one that a body asked for.

    What Cekat keeps of a message beside its text is not documented, so each further field is compared only where
    the history has it too.
    """
    if message.direction != "outbound" or _plain(body.get("message")) != _plain(message.text):
        return False
    url = body.get("file_url")
    if url is not None and message.media_url is not None and _file(url) != _file(message.media_url):
        return False
    for name in ("action", "location"):
        asked, kept = body.get(name), message.raw.get(name)
        if isinstance(kept, Mapping) and kept and kept != asked:
            return False
    return True


def _plain(text: Any) -> str:
    """Reduce a text to what survives a store that trims it or turns its line ends."""
    return " ".join(text.split()) if isinstance(text, str) else ""


def _file(url: str) -> str:
    """Name the file of a URL: Cekat may keep a copy elsewhere (guess)."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


def _moment(epoch_seconds: float) -> datetime:
    return parse.EPOCH + timedelta(seconds=epoch_seconds)


def _now() -> Flow[float]:
    answer = yield Now()
    if not isinstance(answer, float):
        raise TypeError("a driver answers Now with seconds since the epoch")
    return answer
