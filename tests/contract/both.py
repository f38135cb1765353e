"""Both transports, behind one signature; and a server that does with each connection what it is told."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from cekat_provider.core import config as cfg
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.wire import Request, Response

Run = Callable[..., list[Response | Exception]]


def configured(host: str, **extra: Any) -> CekatConfig:
    return cfg.from_connection(password="contract-key-1", host=host, schema=None, port=None, extra=extra)


def blocking(config: CekatConfig, requests: list[Request]) -> list[Response | Exception]:
    from cekat_provider.transports.blocking import BlockingTransport

    try:
        transport = BlockingTransport(config)
    except Exception as err:
        return [err]
    got: list[Response | Exception] = []
    for request in requests:
        try:
            got.append(transport.send(request))
        except Exception as err:
            got.append(err)
    transport.close()
    return got


def aio(config: CekatConfig, requests: list[Request]) -> list[Response | Exception]:
    from cekat_provider.transports.aio import AsyncTransport

    async def run() -> list[Response | Exception]:
        transport = AsyncTransport(config)
        got: list[Response | Exception] = []
        for request in requests:
            try:
                got.append(await transport.send(request))
            except Exception as err:
                got.append(err)
        await transport.close()
        return got

    return asyncio.run(run())


BOTH = pytest.mark.parametrize("transport", [blocking, aio], ids=["blocking", "aio"])


class RawServer:
    """Takes connections and does with each what it is told, byte by byte; keeps what it was sent."""

    def __init__(self, serve: Callable[[socket.socket, RawServer], None]) -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._serve(connection, self)

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one request, its body included; empty when the client went away."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return data
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        self.received.append(head + b"\r\n\r\n" + body)
        return self.received[-1]

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def raw_server(serve: Callable[[socket.socket, RawServer], None]) -> Iterator[RawServer]:
    server = RawServer(serve)
    try:
        yield server
    finally:
        server.close()


def answers(*bodies: bytes) -> Callable[[socket.socket, RawServer], None]:
    """Answer the requests of one connection with these bytes, then close it."""

    def serve(connection: socket.socket, server: RawServer) -> None:
        for body in bodies:
            if not server.read_request(connection):
                return
            connection.sendall(body)

    return serve
