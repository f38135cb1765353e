"""What became of each message of a list: small enough to be kept after every one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cekat_provider.core.lookup import Earlier

OPEN: Final = "."
SENT: Final = "s"
BY_TEMPLATE: Final = "t"
FAILED: Final = "f"
SKIPPED: Final = "k"
_LONGEST_REASON: Final = 300


class Ledger:
    """One mark for each message, and who is on the way.

    :param many: how many messages there are.
    :param of: the mark of whom they go to, and in which order: an index means nothing in another list.
    """

    def __init__(self, many: int, of: str) -> None:
        self.of = of
        self.finished = False
        self._marks = [OPEN] * many
        #: Index → when its request may first have left, when last, and whether as a template.
        self._leaving: dict[int, tuple[float, float, bool]] = {}
        self._reasons: dict[int, str] = {}

    def to_state(self) -> dict[str, Any]:
        """Return it as JSON."""
        grouped: dict[str, list[int]] = {}
        for index, reason in self._reasons.items():
            grouped.setdefault(reason, []).append(index)
        return {
            "of": self.of,
            "finished": self.finished,
            "marks": "".join(self._marks),
            "leaving": [[index, *left] for index, left in self._leaving.items()],
            "reasons": grouped,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Ledger:
        """Read what `to_state` gave."""
        ledger = cls(0, state["of"])
        ledger.finished = state["finished"]
        ledger._marks = list(state["marks"])
        ledger._leaving = {index: (first, last, template) for index, first, last, template in state["leaving"]}
        ledger._reasons = {index: reason for reason, indices in state["reasons"].items() for index in indices}
        return ledger

    def __len__(self) -> int:
        return len(self._marks)

    def count(self, *marks: str) -> int:
        """Tell how many bear one of these marks."""
        return sum(self._marks.count(mark) for mark in marks)

    @property
    def sent(self) -> int:
        """How many were sent."""
        return self.count(SENT, BY_TEMPLATE)

    @property
    def untouched(self) -> bool:
        """Whether certainly none was sent."""
        return not self._leaving and not self.sent

    @property
    def open(self) -> list[int]:
        """The indices of what is not decided yet."""
        return [index for index, mark in enumerate(self._marks) if mark == OPEN]

    @property
    def on_the_way(self) -> int:
        """How many may have been sent without anybody having noted it."""
        return len(self._leaving)

    def earlier(self, index: int, longest_seconds: float) -> Earlier | None:
        """Return the try that may have sent a message already, or None.

        :param longest_seconds: how long one send can go on.
        """
        if index not in self._leaving:
            return None
        first, last, template = self._leaving[index]
        return Earlier(first, last + longest_seconds, template)

    def leave(self, index: int, at: float, *, template: bool) -> None:
        """Note that a request is about to leave."""
        known = self._leaving.get(index)
        self._leaving[index] = (at if known is None else known[0], at, template)

    def put_back(self, index: int) -> None:
        """Note that a message was certainly not sent, and may be yet."""
        self._leaving.pop(index, None)

    def settle(self, index: int, mark: str, reason: str | None = None) -> None:
        """Note what became of a message for good."""
        self._leaving.pop(index, None)
        self._marks[index] = mark
        if reason is not None:
            self._reasons[index] = reason[:_LONGEST_REASON]

    def reopen(self) -> None:
        """Give what failed or was skipped another chance."""
        for index, mark in enumerate(self._marks):
            if mark in (FAILED, SKIPPED):
                self._marks[index] = OPEN
        self._reasons.clear()

    def report(self, left: Iterable[tuple[int, str]] = ()) -> dict[str, Any]:
        """Return counts and failures: JSON, without a number or a text.

        :param left: index and reason of what was given up without being settled.
        """
        failures = {index: reason for index, reason in self._reasons.items() if self._marks[index] == FAILED}
        failures.update(left)
        return {
            "total": len(self),
            "sent": self.sent,
            "by_template": self.count(BY_TEMPLATE),
            "failed": len(failures),
            "skipped": self.count(SKIPPED),
            "failures": [{"index": index, "reason": failures[index]} for index in sorted(failures)],
        }


def progress(report: dict[str, Any]) -> str:
    """Tell counts in words."""
    more = [
        f"{report[name]} {word}"
        for name, word in (("by_template", "of them as a template"), ("failed", "failed"), ("skipped", "skipped"))
        if report[name]
    ]
    return ", ".join([f"{report['sent']} of {report['total']} messages sent", *more])
