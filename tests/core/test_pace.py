"""A paced flow: it waits before a request that would come too early, and changes nothing else."""

from __future__ import annotations

import pytest

from cekat_provider.core import flow
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import drive
from cekat_provider.core.errors import NotSentError
from cekat_provider.core.limiter import Limiter
from cekat_provider.core.pace import paced
from cekat_provider.core.wire import Request, Response

CONFIG = CekatConfig(api_key="key-of-the-test")
BODY = {"receiver": "6281234567890", "message": "Halo"}
ACCEPTED = Response(200, {}, b'{"success": true, "data": {"message_id": "m"}}')


class Line:
    """A connection on a clock that only sleeping moves."""

    def __init__(self, answer: Response | Exception = ACCEPTED) -> None:
        self.answer = answer
        self.seconds = 0.0
        self.sent_at: list[float] = []

    def send(self, request: Request) -> Response:
        self.sent_at.append(self.seconds)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def run(self, limiter: Limiter) -> flow.SentMessage:
        steps = paced(flow.send(CONFIG, BODY), limiter, lambda: self.seconds)
        return drive(steps, self.send, self.sleep, lambda: 0.0)


def test_requests_are_spaced_over_the_minute() -> None:
    line, limiter = Line(), Limiter(300)
    for _ in range(1000):
        assert line.run(limiter).message_id == "m"
    for first, later in zip(line.sent_at, line.sent_at[300:], strict=False):
        assert later - first >= 60.0


def test_without_a_limit_nothing_waits() -> None:
    line, limiter = Line(), Limiter()
    for _ in range(10):
        line.run(limiter)
    assert line.seconds == 0.0


def test_a_transports_error_reaches_the_flow() -> None:
    with pytest.raises(NotSentError):
        Line(NotSentError("refused")).run(Limiter(300))
