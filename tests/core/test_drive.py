"""The two drivers run any flow alike: answers, sleeps, errors, and a clean end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cekat_provider.core.drive import LARGE_BYTES, Flow, drive, drive_async
from cekat_provider.core.errors import NotSentError, OutcomeUnknownError
from cekat_provider.core.wire import Now, Request, Response, Sleep

ASK = Request("GET", "/x")
OK = Response(200, {}, b"{}")


class World:
    """Answers from a list, and notes what was asked of it."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.seen: list[Any] = []

    def send(self, request: Request) -> Response:
        self.seen.append(request)
        given = self.answers.pop(0)
        if isinstance(given, BaseException):
            raise given
        return given  # type: ignore[no-any-return]

    def sleep(self, seconds: float) -> None:
        self.seen.append(seconds)

    def clock(self) -> float:
        return 42.5

    async def asend(self, request: Request) -> Response:
        await asyncio.sleep(0)
        return self.send(request)

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


def blocking(steps: Flow[Any], world: World) -> Any:
    return drive(steps, world.send, world.sleep, world.clock)


def asynchronous(steps: Flow[Any], world: World) -> Any:
    return asyncio.run(drive_async(steps, world.asend, world.asleep, world.clock, asyncio.to_thread))


def everything_aside(steps: Flow[Any], world: World) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cekat_provider.core.drive.LARGE_BYTES", 0)
        return asynchronous(steps, world)


Run = Callable[[Flow[Any], World], Any]


@pytest.fixture(params=[blocking, asynchronous, everything_aside])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param  # type: ignore[no-any-return]


def test_a_flow_that_asks_nothing(run: Run) -> None:
    def steps() -> Flow[int]:
        return 7
        yield ASK

    assert run(steps(), World()) == 7


def test_answers_sleeps_and_the_clock(run: Run) -> None:
    def steps() -> Flow[list[Any]]:
        got = [(yield ASK), (yield Now())]
        got.append((yield Sleep(1.5)))
        got.append((yield ASK))
        return got

    world = World(OK, OK)
    assert run(steps(), world) == [OK, 42.5, None, OK]
    assert world.seen == [ASK, 1.5, ASK]


def test_a_flow_can_mend_what_the_transport_raises(run: Run) -> None:
    def steps() -> Flow[int]:
        for attempt in range(3):
            try:
                yield ASK
            except NotSentError:
                yield Sleep(attempt)
            else:
                return attempt
        return -1

    world = World(NotSentError("a"), NotSentError("b"), OK)
    assert run(steps(), world) == 2
    assert world.seen == [ASK, 0, ASK, 1, ASK]


def test_what_a_flow_does_not_mend_comes_out(run: Run) -> None:
    closed = []

    def steps() -> Flow[None]:
        try:
            yield ASK
        finally:
            closed.append(True)

    error = OutcomeUnknownError("dropped")
    with pytest.raises(OutcomeUnknownError) as caught:
        run(steps(), World(error))
    assert caught.value is error
    assert closed == [True]


@pytest.mark.parametrize("bug", [ValueError("a bug"), KeyboardInterrupt()])
def test_a_bug_is_not_hidden_and_the_flow_is_closed(run: Run, bug: BaseException) -> None:
    closed = []

    def steps() -> Flow[None]:
        try:
            yield ASK
        except Exception:  # a flow is told of our own errors only
            closed.append("caught")
        finally:
            closed.append("closed")

    with pytest.raises(type(bug)):
        run(steps(), World(bug))
    assert closed == ["closed"]


def test_an_error_of_the_flow_itself(run: Run) -> None:
    def steps() -> Flow[None]:
        yield ASK
        raise LookupError("a bug")

    with pytest.raises(LookupError):
        run(steps(), World(OK))


def test_cancelled_while_a_step_is_aside() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def steps() -> Flow[int]:
        yield ASK
        begun.set()
        go_on.wait(60)
        ended.set()
        return 7

    async def ask() -> None:
        world = World(Response(200, {}, b" " * (LARGE_BYTES + 1)))
        driving = asyncio.ensure_future(drive_async(steps(), world.asend, world.asleep, world.clock, asyncio.to_thread))
        await asyncio.to_thread(begun.wait, 60)
        driving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await driving
        go_on.set()
        assert await asyncio.to_thread(ended.wait, 60)

    asyncio.run(ask())
