"""The budget of requests a minute, as Cekat's plans have it."""

from __future__ import annotations

import math
from collections import deque

_MINUTE_MS = 60_000


class RateLimit:
    """Counts the requests of the last 60 seconds: the strict reading of "N requests a minute"."""

    def __init__(self, per_minute: int | None) -> None:
        self.per_minute = per_minute
        self._taken_ms: deque[int] = deque()

    def take(self, now_ms: int) -> int | None:
        """Spend one request; a number means refused, and is the seconds to wait."""
        self._forget(now_ms)
        if self.per_minute is None:
            return None
        if len(self._taken_ms) >= self.per_minute:
            oldest_ms = self._taken_ms[0] if self._taken_ms else now_ms
            return max(1, math.ceil((oldest_ms + _MINUTE_MS - now_ms) / 1000))
        self._taken_ms.append(now_ms)
        return None

    def headers(self, now_ms: int) -> list[tuple[str, str]]:
        """Give the headers of every answer; none without a limit."""
        if self.per_minute is None:
            return []
        self._forget(now_ms)
        left = max(0, self.per_minute - len(self._taken_ms))
        return [("X-RateLimit-Limit", str(self.per_minute)), ("X-RateLimit-Remaining", str(left))]

    def _forget(self, now_ms: int) -> None:
        while self._taken_ms and self._taken_ms[0] <= now_ms - _MINUTE_MS:
            self._taken_ms.popleft()
