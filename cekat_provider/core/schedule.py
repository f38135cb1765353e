"""When each conversation is looked at: spread over the interval, stretched where the budget is too small.

It is told the time and never asks; `now` is any monotonic clock, in seconds.
"""

from __future__ import annotations

import heapq
import itertools
from typing import Final

#: The golden ratio's fraction: however many come, each lands in the widest gap that the ones before have left.
_STEP: Final = 0.6180339887498949


class Schedule:
    """The next look at each of many keys."""

    def __init__(self) -> None:
        self._interval: dict[str, float] = {}
        self._due: dict[str, float] = {}
        #: When keys that were removed would have been due: one that comes back soon keeps its place.
        self._left: dict[str, float] = {}
        self._most_left = 64
        #: What is in it and no longer in `_due` at that time is out of date, and skipped.
        self._heap: list[tuple[float, str]] = []
        self._phase = itertools.count(1)
        self._demand = 0.0
        #: How much longer than asked for every interval is now.
        self.stretch = 1.0

    def __len__(self) -> int:
        return len(self._due)

    def add(self, key: str, interval_seconds: float, now: float) -> None:
        """Look at a key every so often; the first time somewhere within the interval."""
        self._interval[key] = interval_seconds
        self._demand += 60.0 / interval_seconds
        interval = interval_seconds * self.stretch
        if len(self._left) > self._most_left:
            self._left = {name: due for name, due in self._left.items() if due > now}
            self._most_left = max(64, 2 * len(self._left))
        at = self._left.pop(key, None)
        if at is None or not now <= at <= now + interval:
            at = now + interval * (next(self._phase) * _STEP % 1)
        self._set(key, at)

    def change(self, key: str, interval_seconds: float, now: float) -> None:
        """Look at a key at another interval from now on; a shorter one counts at once."""
        if self._interval[key] != interval_seconds:
            self._demand += 60.0 / interval_seconds - 60.0 / self._interval[key]
            self._interval[key] = interval_seconds
            self._set(key, min(self._due[key], now + interval_seconds * self.stretch))

    def remove(self, key: str) -> None:
        """Look at a key no more."""
        self._demand -= 60.0 / self._interval[key]
        self._left[key] = self._due.pop(key)
        del self._interval[key]

    def hurry(self, key: str, now: float) -> None:
        """Look at a key now."""
        self._set(key, min(self._due[key], now))

    def postpone(self, key: str, seconds: float, now: float) -> None:
        """Look at a key not before so long."""
        self._set(key, max(self._due[key], now + seconds))

    def next_at(self) -> float | None:
        """Tell when the next look is due, or None where there is none."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> str:
        """Take the key whose look is due and set its next one."""
        at = self.next_at()
        if at is None:
            raise LookupError("nothing is scheduled")
        key = self._heap[0][1]
        interval = self._interval[key] * self.stretch
        # From when it was due, so that looks stay where they were spread to; unless that has passed already.
        self._set(key, at + interval if at + interval > now else now + interval)
        return key

    def per_minute(self) -> float:
        """Tell how many looks a minute the intervals ask for."""
        return self._demand

    def fit(self, budget_per_minute: float | None) -> float:
        """Stretch all intervals alike, so that the looks fit in the budget; return the factor."""
        demand = self.per_minute()
        self.stretch = 1.0 if not budget_per_minute or demand <= budget_per_minute else demand / budget_per_minute
        return self.stretch

    def _set(self, key: str, at: float) -> None:
        self._due[key] = at
        heapq.heappush(self._heap, (at, key))
        if len(self._heap) > 2 * len(self._due) + 16:
            self._heap = [(due, name) for name, due in self._due.items()]
            heapq.heapify(self._heap)
