"""Which messages end a wait: one predicate, whatever the mode of the sensor."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.parse import UTC, Message, time

DIRECTIONS: Final = ("inbound", "outbound", "any")


@dataclass(frozen=True)
class Criteria:
    """What a message must be to count.

    :param since: aware UTC, or None for the whole history. Compared in whole seconds: some of Cekat's times have
        no fraction (wire fact C), and an answer in the second of the question must not be missed.
    :param direction: ``inbound``, ``outbound`` or ``any``; a private note is nobody's message and never counts.
    :param contains: a part of the text, whatever the case.
    :param pattern: a regular expression, searched for in the text.
    :param media_type: such as ``image``; whatever the case.
    :param match: takes a `Message` and tells whether it counts.
    """

    since: datetime | None = None
    direction: str = "inbound"
    contains: str | None = field(default=None, repr=False)
    pattern: re.Pattern[str] | None = field(default=None, repr=False)
    media_type: str | None = None
    match: Callable[[Message], bool] | None = None

    @property
    def earliest(self) -> datetime | None:
        """From when on a message may count, or None."""
        return None if self.since is None else self.since.replace(microsecond=0)

    def accepts(self, message: Message) -> bool:
        """Tell whether a message counts."""
        earliest = self.earliest
        # Without a time it cannot be told from an old one.
        if earliest is not None and (message.sent_at is None or message.sent_at < earliest):
            return False
        return (
            message.direction != "note"
            and self.direction in (message.direction, "any")
            and (self.contains is None or self.contains.casefold() in message.text.casefold())
            and (self.pattern is None or self.pattern.search(message.text) is not None)
            and (self.media_type is None or self.media_type.casefold() == message.media_type.casefold())
            and (self.match is None or bool(self.match(message)))
        )

    def select(self, messages: Iterable[Message]) -> list[Message]:
        """Return the messages that count, in their order."""
        return [message for message in messages if self.accepts(message)]


def criteria(
    *,
    since: datetime | str | None = None,
    direction: str = "inbound",
    contains: str | None = None,
    pattern: str | None = None,
    media_type: str | None = None,
    match: Callable[[Message], bool] | None = None,
) -> Criteria:
    """Check a sensor's rendered arguments.

    :param since: ISO 8601 or a datetime; a naive one is UTC, as everywhere in Airflow.
    :raises CekatInputError: naming the argument.
    """
    if direction not in DIRECTIONS:
        raise CekatInputError("direction", repr(direction), f"one of {', '.join(DIRECTIONS)}")
    for name, value in (("contains", contains), ("media_type", media_type)):
        if value is not None and (not isinstance(value, str) or not value):
            raise CekatInputError(name, f"{'an empty' if value == '' else 'no'} text", "a text, or None for any")
    try:
        compiled = None if pattern is None else re.compile(pattern)
        if compiled is not None:
            compiled.search("")  # a pattern of bytes compiles too
    except (re.error, TypeError, OverflowError, RecursionError):
        raise CekatInputError("pattern", "something that is not one", "a regular expression") from None
    if match is not None and not callable(match):
        raise CekatInputError("match", f"a {type(match).__name__}", "a callable that takes one message")
    return Criteria(_since(since), direction, contains, compiled, media_type, match)


def fingerprint(messages: Iterable[Message]) -> str:
    """Name a set of messages, so that a wait can tell in a few bytes that it has already judged this one.

    Whatever their order; a changed text or status makes another set, as it may change a judgement.
    """
    digest = hashlib.blake2b(digest_size=12)
    for name in sorted(repr((message.id, message.sent_at, message.text, message.status)) for message in messages):
        digest.update(name.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _since(value: datetime | str | None) -> datetime | None:
    if value is None:
        return None
    moment = time(value.isoformat() if isinstance(value, datetime) else value, UTC)
    if moment is None or not isinstance(value, datetime | str):
        raise CekatInputError("since", repr(value), "a time in ISO 8601, or None for the whole history")
    return moment
