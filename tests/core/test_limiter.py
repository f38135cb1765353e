"""The pace of requests, on a clock that the test moves."""

from __future__ import annotations

import random
from collections import deque

import pytest

from cekat_provider.core.limiter import Limiter


class Minute:
    """Counts as the strictest server would: any 60 s."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken: deque[float] = deque()

    def take(self, at: float) -> bool:
        while self._taken and self._taken[0] <= at - 60:
            self._taken.popleft()
        if len(self._taken) >= self.limit:
            return False
        self._taken.append(at)
        return True

    def headers(self) -> dict[str, str]:
        return {"x-ratelimit-limit": str(self.limit), "x-ratelimit-remaining": str(self.limit - len(self._taken))}


def test_without_a_limit_nothing_waits() -> None:
    limiter = Limiter()
    for _ in range(3):
        assert limiter.wait_seconds(5.0) == 0
        limiter.take(5.0)
    assert limiter.requests_per_minute is None


@pytest.mark.parametrize("told_by", ["configuration", "headers", "both"])
@pytest.mark.parametrize("limit", [60, 300, 1000])
def test_a_thousand_requests_are_never_one_too_many(told_by: str, limit: int) -> None:
    limiter = Limiter(limit if told_by != "headers" else None)
    server, now, chance = Minute(limit), 100.0, random.Random(7)
    for _ in range(1000):
        now += limiter.wait_seconds(now)
        limiter.take(now)
        assert server.take(now + chance.uniform(0.001, 0.8))
        now += 0.002
        if told_by != "configuration":
            limiter.learn(server.headers(), now)
    assert (now - 100) / 1000 < 60 / limit * 1.2  # and the budget is used


def test_a_late_waker_does_not_lose_budget() -> None:
    limiter, now = Limiter(60), 0.0
    for _ in range(100):
        now += limiter.wait_seconds(now) + 0.3
        limiter.take(now)
    assert now < 100 * limiter.spacing_seconds + 1


def test_an_idle_time_is_not_saved_for_a_burst() -> None:
    limiter = Limiter(60)
    limiter.take(0.0)
    limiter.take(1000.0)
    assert limiter.wait_seconds(1000.0) == pytest.approx(limiter.spacing_seconds)


def test_little_left_spaces_wider() -> None:
    limiter = Limiter()
    limiter.learn({"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0"}, 0.0)
    assert limiter.wait_seconds(0.0) == pytest.approx(6, rel=0.05)
    limiter.learn({"x-ratelimit-limit": "300", "x-ratelimit-remaining": "200"}, 10.0)
    assert limiter.wait_seconds(10.0) == 0


def test_the_smaller_of_two_limits_counts() -> None:
    limiter = Limiter(100)
    limiter.learn({"x-ratelimit-limit": "300"}, 0.0)
    assert limiter.requests_per_minute == pytest.approx(98)
    limiter.learn({"x-ratelimit-limit": "60"}, 0.0)
    assert limiter.requests_per_minute == pytest.approx(58.8)


@pytest.mark.parametrize("value", ["", "many", "nan", "-1", "inf"])
def test_headers_that_say_nothing_change_nothing(value: str) -> None:
    limiter = Limiter(60)
    limiter.learn({"x-ratelimit-limit": value, "x-ratelimit-remaining": value}, 0.0)
    assert limiter.spacing_seconds == pytest.approx(60 / 58.8)
