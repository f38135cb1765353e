"""The page at "/", its files, and the stream that tells it to look again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.staticfiles import StaticFiles

from cekat_provider.sandbox.cekat import Cekat
from cekat_provider.sandbox.changes import CONVERSATION
from cekat_provider.sandbox.control_people import TheCekat

router = APIRouter(include_in_schema=False)
FOLDER = Path(__file__).with_name("page")

#: The page asks nobody but the sandbox for anything, and a customer's text cannot become a script or an element:
#: with trusted types the browser itself refuses every way from a string to HTML.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    # Asked for anew each time, and answered with 304: after an upgrade no half of the page is an old one.
    "cache-control": "no-cache",
}
#: How long the stream waits before it looks whether time itself has changed something.
_TICK_SECONDS = 1.0
#: … and between two events: what a thousand sends change is told a few times, not a thousand.
_PAUSE_SECONDS = 0.05


class Files(StaticFiles):
    """The page's scripts, styles and pictures."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with a file, and the page's headers."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(HEADERS)
        return response


@router.get("/")
async def index() -> FileResponse:
    """Give the page."""
    return FileResponse(FOLDER / "index.html", headers=HEADERS)


@router.get("/sandbox/events")
async def events(cekat: TheCekat) -> StreamingResponse:
    """Tell as server-sent events which topics have changed: see ``changes.py``.

    The server cancels it when the browser goes away and when it stops itself: it holds up no shutdown.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_stream(cekat), media_type="text/event-stream", headers=headers)


async def _stream(cekat: Cekat) -> AsyncIterator[str]:
    # The first event of every connection: look at everything, whatever was missed before it.
    yield 'retry: 1000\ndata: ["connected"]\n\n'
    looked_ms = cekat.clock.now_ms()
    with cekat.changes.listening() as listener:
        while True:
            topics = await listener.next(_TICK_SECONDS)
            if topics:
                yield f"data: {json.dumps(topics)}\n\n"
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            # No request comes, and yet a customer's answer may be due, or a message have been delivered.
            cekat.settle()
            now_ms = cekat.clock.now_ms()
            for conversation_id in cekat.store.climbed(looked_ms, now_ms):
                listener.tell(CONVERSATION + conversation_id)
            looked_ms = now_ms
            # A comment: writing is how the server learns that the browser is gone.
            yield ": here\n\n"
