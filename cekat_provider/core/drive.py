"""Run a flow: hand it answers, sleep when it asks. The only logic of this package that exists twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from cekat_provider.core.errors import CekatError
from cekat_provider.core.wire import Now, Request, Response, Sleep

T = TypeVar("T")
#: A conversation with Cekat: yields what it wants done, is sent the answer (None after a sleep, a float for `Now`)
#: or thrown the transport's error, and returns its result.
Flow = Generator[Request | Sleep | Now, Response | float | None, T]


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
) -> T:
    """Run a flow to its end over an asynchronous transport."""
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
                step = flow.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        flow.close()
