"""Running the sandbox: uvicorn in a thread of this process, on a socket that is open before that."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn

from cekat_provider.sandbox.app import create_app
from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.origin import is_loopback
from cekat_provider.sandbox.wire import HTTPProtocol


class RunningServer:
    """A sandbox that listens.

    ``port`` 0 picks a free one. Raises ``OSError`` where the port is taken and ``sqlite3.Error`` where the
    file is not a database. It stops when told to, and with the process at the latest.
    """

    def __init__(self, settings: Settings, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = create_app(settings, loopback_only=is_loopback(host))
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=512)
        except BaseException:
            self._app.cekat.store.close()
            raise
        bound: int = self._socket.getsockname()[1]
        self.url = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                http=HTTPProtocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                # The Date header is the sandbox's own clock's.
                date_header=False,
                server_header=False,
                # Faults find a connection by its peer's address: not what X-Forwarded-For says.
                proxy_headers=False,
                # A client that pauses between two polls should not lose its connection to that.
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._run, name="cekat-sandbox", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.001)

    def _run(self) -> None:
        # In a thread that is not the main one uvicorn leaves the signals alone.
        self._server.run(sockets=[self._socket])

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop listening, end what is under way within a second, close the database."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
        self._app.cekat.store.close()
