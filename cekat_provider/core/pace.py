"""Keep a flow's requests within the API's budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CekatError
from cekat_provider.core.limiter import Limiter
from cekat_provider.core.wire import Request, Response, Sleep

T = TypeVar("T")


def paced(steps: Flow[T], limiter: Limiter, clock: Callable[[], float]) -> Flow[T]:
    """Run a flow with a pause before each request that would come too early.

    :param clock: the limiter's, monotonic.
    """
    try:
        step = next(steps)
        while True:
            if isinstance(step, Request):
                while (pause := limiter.wait_seconds(clock())) > 0:
                    yield Sleep(pause)
                limiter.take(clock())
            try:
                answer = yield step
            except CekatError as error:
                step = steps.throw(error)
                continue
            if isinstance(answer, Response):
                limiter.learn(answer.headers, clock())
            step = steps.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        steps.close()
