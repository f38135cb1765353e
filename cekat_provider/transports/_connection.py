"""urllib3 connections that know two things its errors do not tell: whether a request left, and when to stop.

A dropped TLS connection raises the same error before and after the request, and a server that answers one byte
at a time never runs into a read time-out. Both are decided here, at the socket.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from typing import Any, cast

import urllib3.connection
from requests.adapters import HTTPAdapter


class Call(threading.local):
    """What is known of the request that this thread is sending.

    :param left: whether any of it was handed to a connected socket.
    :param left_at: when, on the monotonic clock.
    :param deadline: on the monotonic clock, when its answer must have been read, or None.
    """

    left: bool = False
    left_at: float | None = None
    deadline: float | None = None


CALL = Call()


class _DeadlineReader(io.RawIOBase):
    """A socket's reading end on which every read ends at the deadline."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float) -> None:
        self._sock, self._raw, self._deadline = sock, raw, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not whole in time")
        self._sock.settimeout(left)
        return cast("int | None", self._raw.readinto(buffer))  # type: ignore[attr-defined,unused-ignore]

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Lines(io.BufferedReader):
    """Notes whether the last line that was read was none: the end of the connection."""

    at_end = False

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.at_end = not line
        return line


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if CALL.deadline is not None:
            raw = self.fp.detach()
            self.fp = _Lines(_DeadlineReader(sock, raw, CALL.deadline))

    def begin(self) -> None:
        lines = self.fp
        super().begin()
        if getattr(lines, "at_end", False):
            # http.client takes a connection that ends among the headers for a whole answer with no body.
            raise http.client.RemoteDisconnected("the connection ended among the headers")


class _Witness:
    """Notes that a request leaves. What `connect` itself sends (a proxy's CONNECT) is not the request."""

    response_class: Any = _Response

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        finally:
            CALL.left = False

    def send(self, data: Any) -> None:
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()
        if not CALL.left:
            CALL.left, CALL.left_at = True, time.monotonic()
        super().send(data)  # type: ignore[misc]


class _HTTPConnection(_Witness, urllib3.connection.HTTPConnection):
    pass


class _HTTPSConnection(_Witness, urllib3.connection.HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class WitnessAdapter(HTTPAdapter):
    """`requests`' adapter over connections that keep `CALL` true. It never repeats a request by itself."""

    _POOLS = {"http": _HTTPPool, "https": _HTTPSPool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pool of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # SOCKS has pools of its own, and only its errors to go by
            manager.pool_classes_by_scheme = self._POOLS
        return manager
