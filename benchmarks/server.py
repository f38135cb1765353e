"""A Cekat that costs little, in a process of its own: so that what is measured is the client.

    python benchmarks/server.py SPEED PER_MINUTE

Prints its port. SPEED shortens its minute as the client's clock is; PER_MINUTE 0 is no limit.
"""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from typing import Any

from aiohttp import web

SPEED, PER_MINUTE = float(sys.argv[1]), int(sys.argv[2])
HISTORIES: dict[str, list[dict[str, Any]]] = {}
SEEN: dict[str, Any] = {"requests": 0, "refused": 0, "at": [], "sockets": 0, "most_sockets": 0, "got": {}}
TAKEN: deque[float] = deque()
BODIES: dict[str, bytes] = {}
ALWAYS_NEW = False


def message(conversation: str, number: int, sender: str = "agent") -> dict[str, Any]:
    return {
        "id": f"{conversation}-{number:08}",
        "message": f"Pesanan nomor {number} sudah kami terima, terima kasih.",
        "conversation_id": conversation,
        "sent_by_type": sender,
        "media_type": "text",
        "status": "read",
        "created_at": "2026-05-10T09:24:23.000Z",
    }


async def read(request: web.Request) -> web.Response:
    now = time.monotonic() * SPEED
    SEEN["requests"] += 1
    SEEN["at"].append(now)
    if PER_MINUTE:
        while TAKEN and TAKEN[0] <= now - 60:
            TAKEN.popleft()
        if len(TAKEN) >= PER_MINUTE:
            SEEN["refused"] += 1
            return web.json_response({"error": "Too many requests"}, status=429)
        TAKEN.append(now)
    conversation = request.query["conversation_id"]
    if ALWAYS_NEW:
        HISTORIES[conversation][0]["status"] = str(SEEN["requests"])
        BODIES.pop(conversation, None)
    if conversation not in BODIES:
        data = HISTORIES.setdefault(conversation, [message(conversation, n) for n in range(20)])
        BODIES[conversation] = json.dumps({"success": True, "data": data}).encode()
    return web.Response(body=BODIES[conversation], content_type="application/json")


async def send(request: web.Request) -> web.Response:
    receiver = str((await request.json()).get("receiver"))
    SEEN["got"][receiver] = SEEN["got"].get(receiver, 0) + 1
    return web.json_response({"success": True, "data": {"message_id": "m", "conversation_id": "c", "status": "sent"}})


async def reply(request: web.Request) -> web.Response:
    for conversation in await request.json():
        HISTORIES[conversation].append(message(conversation, len(HISTORIES[conversation]), "user"))
        BODIES.pop(conversation, None)
    return web.json_response({})


async def fill(request: web.Request) -> web.Response:
    """Give a conversation a long history; ids and times as a long one has them."""
    conversation, many = await request.json()
    HISTORIES[conversation] = [
        {**message(conversation, n), "created_at": f"2026-04-{n * 28 // many + 1:02}T09:24:23.000Z"}
        for n in range(many)
    ]
    return web.json_response({})


async def seen(request: web.Request) -> web.Response:
    return web.json_response(SEEN)


async def always_new(request: web.Request) -> web.Response:
    global ALWAYS_NEW
    ALWAYS_NEW = bool(await request.json())
    return web.json_response({})


class Server(web.Server):
    def connection_made(self, handler: Any, transport: Any) -> None:
        SEEN["sockets"] += 1
        SEEN["most_sockets"] = max(SEEN["most_sockets"], SEEN["sockets"])
        super().connection_made(handler, transport)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        SEEN["sockets"] -= 1
        super().connection_lost(handler, exc)


def main() -> None:
    import asyncio

    routes = {
        ("GET", "/messages"): read,
        ("POST", "/messages/whatsapp"): send,
        ("POST", "/reply"): reply,
        ("POST", "/fill"): fill,
        ("GET", "/seen"): seen,
        ("POST", "/always-new"): always_new,
    }

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return await routes[request.method, request.path](request)  # type: ignore[arg-type]

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Server(handle), "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    main()
