"""When the next request may go, so that the API's budget is kept. It is told the time and never asks.

Whoever sends does this for each request, on one monotonic clock (`now`, in seconds)::

    while (pause := limiter.wait_seconds(now())) > 0:
        sleep(pause)
    limiter.take(now())
    response = send(request)
    limiter.learn(response.headers, now())

Requests are spaced evenly instead of sent in bursts: nobody knows where Cekat's minute begins, and an even stream
keeps any count of any minute (wire fact C names the limits, and not how they are counted).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

#: The part of the budget that is used. What takes longer on its way than the request before it arrives closer to
#: the next one; 2 % of a minute is room for 1.2 s of that.
_USED: Final = 0.98
#: Of the budget that Cekat says is left, the part below which requests are spaced wider, up to a tenth of a minute
#: each when nothing is left: others use the same key.
_LOW: Final = 0.1


class Limiter:
    """The pace of one API key.

    :param requests_per_minute: the budget, or None where only the answers' ``X-RateLimit-*`` tell it.
    """

    def __init__(self, requests_per_minute: float | None = None) -> None:
        self._configured = requests_per_minute
        self._limit = requests_per_minute
        self._remaining: float | None = None
        self._next_at = -math.inf

    @property
    def requests_per_minute(self) -> float | None:
        """How many requests a minute fit, or None where no limit is known."""
        return None if self._limit is None else self._limit * _USED

    @property
    def spacing_seconds(self) -> float:
        """How far apart two requests are now."""
        if self._limit is None:
            return 0.0
        spacing = 60.0 / (self._limit * _USED)
        low = self._limit * _LOW
        if self._remaining is not None and self._remaining < low:
            spacing *= low / max(self._remaining, 1.0)
        return spacing

    def wait_seconds(self, now: float) -> float:
        """Tell how long the next request has to wait; 0 where it may go."""
        return max(0.0, self._next_at - now)

    def take(self, now: float) -> None:
        """Count a request that goes now."""
        # Not `now`: a driver that wakes a little late each time would fall behind the budget.
        start = self._next_at if now - self._next_at < self.spacing_seconds else now
        self._next_at = start + self.spacing_seconds

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Read an answer's ``X-RateLimit-Limit`` and ``X-RateLimit-Remaining``.

        :param headers: names in lower case.
        """
        limit, remaining = _number(headers, "x-ratelimit-limit"), _number(headers, "x-ratelimit-remaining")
        if limit is None or limit < 1:
            self._limit = self._configured
        else:
            self._limit = limit if self._configured is None else min(limit, self._configured)
        self._remaining = remaining
        if remaining is not None and self._limit is not None and remaining < self._limit * _LOW:
            self._next_at = max(self._next_at, now + self.spacing_seconds)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
