"""Whether a message was sent: its trace in the conversation's history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from cekat_provider.core import flow, parse, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CannotLookError, CekatError, NotFoundError, OutcomeUnknownError
from cekat_provider.core.wire import Now, Sleep

#: The server's ``Date`` and some of its times have no fraction of a second (wire fact C).
_WHOLE_SECONDS: Final = timedelta(seconds=2)
#: How far the clocks of two workers may lie apart: an earlier try may have run on another one.
WORKERS_APART: Final = timedelta(seconds=120)


@dataclass(frozen=True)
class Earlier:
    """A try before this one that may have sent the message already.

    :param since: when it may first have left, on a worker's clock, in seconds since the epoch.
    :param until: when it can have left at the latest, or None for now.
    :param template: whether that try had begun to send a template in the message's place; None where nobody noted.
    """

    since: float
    until: float | None = None
    template: bool | None = None


@dataclass(frozen=True)
class Parcel:
    """What is posted, and how the history shows it.

    :param body: the request's.
    :param conversation_id: where to look for it, or None where nobody knows.
    :param is_same: tells whether a message of the history can be this one.
    :param endpoint: makes the request of the body.
    """

    body: Mapping[str, Any] = field(repr=False)
    conversation_id: str | None
    is_same: Callable[[parse.Message], bool]
    endpoint: Callable[[Mapping[str, Any]], wire.Request] = wire.send_message


def message_parcel(body: Mapping[str, Any]) -> Parcel:
    """Return a free-form message's body as what `look` can find."""
    return Parcel(body, body.get("conversation_id"), lambda message: is_same(body, message))


def look(
    config: CekatConfig,
    parcel: Parcel,
    settle_seconds: tuple[float, ...],
    earlier: Earlier,
    apart: timedelta,
    not_ours: Callable[[], Collection[str]],
) -> Flow[flow.SentMessage | None]:
    """Look for a message in its conversation; None where it is certainly not there.

    :param settle_seconds: pauses before each look: a history can lag behind.
    :param apart: how far the clock of the worker that may have sent it is from this one's.
    :param not_ours: ids of messages that others sent.
    :raises OutcomeUnknownError: when there is no way to look.
    """
    conversation_id = parcel.conversation_id
    if conversation_id is None:
        raise CannotLookError(
            "It is not known whether the message was sent, and without a conversation_id nobody can look. "
            "Give the conversation_id beside the receiver."
        )
    failure: CekatError | None = None
    for pause in settle_seconds:
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
        offset, unsure = timedelta(0), apart
        if server_now is None:
            unsure = max(apart, WORKERS_APART)  # a server that tells no time may have another
        else:
            offset = server_now - parse.EPOCH - timedelta(seconds=(yield from now()))
        first = parse.EPOCH + timedelta(seconds=earlier.since) + offset - unsure - _WHOLE_SECONDS
        last = None
        if earlier.until is not None:
            last = parse.EPOCH + timedelta(seconds=earlier.until) + offset + unsure + _WHOLE_SECONDS
        taken = not_ours()
        # The latest first: an older twin is more likely another task's.
        for message in reversed(history):
            if (
                message.sent_at is not None
                and message.sent_at >= first
                and (last is None or message.sent_at <= last)
                and message.id not in taken
                and parcel.is_same(message)
            ):
                return flow.SentMessage(
                    message_id=message.id,
                    conversation_id=conversation_id,
                    receiver=flow.receiver_of(parcel.body),
                    sent_at=message.sent_at,
                    status=message.status,
                    response=dict(message.raw),
                    found=True,
                    by_template=parcel.endpoint is wire.send_template,
                )
    if failure is not None:
        raise OutcomeUnknownError(
            f"It is not known whether the message was sent, and the conversation could not be read "
            f"({type(failure).__name__})."
        ) from failure
    return None


def is_same(body: Mapping[str, Any], message: parse.Message) -> bool:
    """Tell whether a message of the history can be the one that a body asked for, and on its way to the customer.

    What Cekat keeps of a message beside its text is not documented, so each further field is compared only as far as
    the history has it too.
    """
    if message.direction != "outbound" or message.status == "failed":
        return False
    if plain(body.get("message")) != plain(message.text):
        return False
    url = body.get("file_url")
    if url is not None and message.media_url is not None and _file(url) != _file(message.media_url):
        return False
    for name in ("action", "location"):
        asked, kept = body.get(name), message.raw.get(name)
        if isinstance(kept, Mapping) and kept and (asked is None or _contradicts(asked, kept)):
            return False
    return True


def _contradicts(asked: Any, kept: Any) -> bool:
    """Tell whether a kept value is another one than what was sent, and not the same with more, less or as a number."""
    if isinstance(asked, Mapping) and isinstance(kept, Mapping):
        return any(_contradicts(asked[name], kept[name]) for name in asked.keys() & kept.keys())
    if isinstance(asked, list) and isinstance(kept, list):
        return len(asked) != len(kept) or any(map(_contradicts, asked, kept))
    if kept in (None, "") or isinstance(asked, Mapping | list) or isinstance(kept, Mapping | list):
        return False
    if plain(str(asked)) == plain(str(kept)):
        return False
    try:
        return float(asked) != float(kept)
    except (TypeError, ValueError):
        return True


def plain(text: Any) -> str:
    """Reduce a text to what survives a store that trims it or turns its line ends."""
    return " ".join(text.split()) if isinstance(text, str) else ""


def now() -> Flow[float]:
    """Ask the driver for the time."""
    answer = yield Now()
    if not isinstance(answer, float):
        raise TypeError("a driver answers Now with seconds since the epoch")
    return answer


def _file(url: str) -> str:
    """Name the file of a URL: Cekat may keep a copy elsewhere (guess)."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]
