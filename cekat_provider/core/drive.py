"""Run a flow: hand it answers, sleep when it asks. The only logic of this package that exists twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from inspect import GEN_RUNNING, getgeneratorstate
from typing import Any, Final, TypeVar

from cekat_provider.core.errors import CekatError
from cekat_provider.core.wire import Now, Request, Response, Sleep

T = TypeVar("T")
#: A conversation with Cekat: yields what it wants done, is sent the answer (None after a sleep, a float for `Now`)
#: or thrown the transport's error, and returns its result.
Flow = Generator[Request | Sleep | Now, Response | float | None, T]

#: An answer above this takes more than a millisecond to read, and several may come at once.
LARGE_BYTES: Final = 16 * 1024


def drive(
    flow: Flow[T],
    send: Callable[[Request], Response],
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> T:
    """Run a flow to its end over a blocking transport."""
    try:
        step = next(flow)
        while True:
            answer: Response | float | None = None
            try:
                if isinstance(step, Sleep):
                    sleep(step.seconds)
                elif isinstance(step, Now):
                    answer = clock()
                else:
                    answer = send(step)
            except CekatError as err:
                step = flow.throw(err)
            else:
                step = flow.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        flow.close()


async def drive_async(
    flow: Flow[T],
    send: Callable[[Request], Awaitable[Response]],
    sleep: Callable[[float], Awaitable[None]],
    clock: Callable[[], float],
    aside: Callable[..., Awaitable[tuple[Any, bool]]],
) -> T:
    """Run a flow to its end over an asynchronous transport.

    :param aside: does a step where it holds nobody up; for answers that are large.
    """
    try:
        step = next(flow)
        while True:
            answer: Response | float | None = None
            try:
                if isinstance(step, Sleep):
                    await sleep(step.seconds)
                elif isinstance(step, Now):
                    answer = clock()
                else:
                    answer = await send(step)
            except CekatError as err:
                step = flow.throw(err)
            else:
                if isinstance(answer, Response) and len(answer.content) > LARGE_BYTES:
                    step, is_over = await aside(_step, flow, answer)
                    if is_over:
                        return step  # type: ignore[no-any-return]
                else:
                    step = flow.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        # Cancelled while a step goes on aside: nobody can close the flow then, and nothing is left of it afterwards.
        if getgeneratorstate(flow) != GEN_RUNNING:
            flow.close()


def _step(flow: Flow[Any], answer: Response) -> tuple[Any, bool]:
    """Hand a flow an answer; return what it wants next, or its result and True. No future can hold StopIteration."""
    try:
        return flow.send(answer), False
    except StopIteration as done:
        return done.value, True
