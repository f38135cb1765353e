"""How one wait goes on, whatever the mode of the sensor: what ends it, what it waits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cekat_provider.core.errors import CekatError, CekatInputError
from cekat_provider.core.match import Criteria, fingerprint
from cekat_provider.core.parse import Message

#: Where nothing else is asked for, failed looks are spaced wider up to this.
LONGEST_BACKOFF_SECONDS: Final = 300.0


@dataclass
class Wait:
    """The rules of one wait, and what it has come to.

    :param criteria: which messages count.
    :param min_messages: how many it takes.
    :param max_consecutive_failures: how many looks in a row may fail, or None for any number.
    :param failures: how many have.
    :param judged: the `fingerprint` of messages that a callable elsewhere has refused, or None.
    """

    criteria: Criteria
    min_messages: int = 1
    max_consecutive_failures: int | None = None
    failures: int = 0
    judged: str | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        :raises CekatInputError: naming the argument.
        """
        _at_least_one("min_messages", self.min_messages)
        if self.max_consecutive_failures is not None:
            _at_least_one("max_consecutive_failures", self.max_consecutive_failures)

    def found(self, history: Sequence[Message]) -> list[Message] | None:
        """Take a history; return the messages that end the wait, or None."""
        found = self.looked(history)
        return found if self.ends_with(found) else None

    def looked(self, history: Sequence[Message]) -> list[Message]:
        """Take a history; return the messages that count."""
        self.failures = 0
        return self.criteria.select(history)

    def ends_with(self, found: Sequence[Message]) -> bool:
        """Tell whether these messages that count are enough, and not those that have been refused."""
        return len(found) >= self.min_messages and (self.judged is None or fingerprint(found) != self.judged)

    def failed(self, error: CekatError) -> None:
        """Take a look that failed.

        :raises CekatError: the same, where it ends the wait: it is permanent, or one too many in a row.
        """
        self.failures += 1
        if error.permanent or (
            self.max_consecutive_failures is not None and self.failures >= self.max_consecutive_failures
        ):
            raise error


def backoff_seconds(interval_seconds: float, failures: int) -> float:
    """Tell how long to pause after so many failed looks in a row."""
    longest = max(interval_seconds, LONGEST_BACKOFF_SECONDS)
    return float(min(longest, interval_seconds * 2 ** min(max(failures - 1, 0), 30)))


def _at_least_one(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CekatInputError(name, repr(value), "a whole number of at least 1")
