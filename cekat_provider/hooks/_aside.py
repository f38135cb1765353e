"""Work that takes long, beside the event loop instead of in it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

#: To look through more messages than this takes milliseconds.
MANY: Final = 1000

#: One thread at a time for each event loop: the threads of one process run by turns, so that two at once would have
#: the loop wait for both.
_TURNS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = weakref.WeakKeyDictionary()


async def aside(step: Callable[..., T], *args: Any) -> T:
    """Do a step in a thread, after those that were asked for before."""
    turn = _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with turn:
        return await asyncio.to_thread(step, *args)


async def nimbly(many: int, step: Callable[..., T], *args: Any) -> T:
    """Do a step that looks through so many messages: at once where they are few, else aside."""
    return await aside(step, *args) if many > MANY else step(*args)
