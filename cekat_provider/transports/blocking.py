"""Requests over `requests`."""

from __future__ import annotations

import os
import time
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3

from cekat_provider.core.errors import CekatConfigError
from cekat_provider.core.wire import Request, Response
from cekat_provider.transports._common import CHUNK_BYTES, check_size, content_headers, failure, headers
from cekat_provider.transports._connection import CALL, WitnessAdapter

if TYPE_CHECKING:
    from cekat_provider.core.config import CekatConfig


class CekatSession(requests.Session):
    """A session for one host: always a time-out, never a redirect, and the key for that host alone."""

    def __init__(self, config: CekatConfig) -> None:
        super().__init__()
        self._config = config
        self._origin = _origin(config.base_url)
        self.headers.update(headers(config))
        # A server's cookies are nothing that we asked for.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        if isinstance(config.verify, str) and not os.path.exists(config.verify):
            raise CekatConfigError("verify", "a path where nothing is", "true, false or the path of a CA bundle")
        self.verify = config.verify
        self.proxies.update(config.proxies)
        # A callable, so that requests does not put a ~/.netrc login in the place of the key.
        self.auth = self._keep_key_home
        self.mount("https://", WitnessAdapter())
        self.mount("http://", WitnessAdapter())

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request; the connection's time-outs where none is given, redirects never followed."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self._config.connect_timeout_seconds, self._config.timeout_seconds)
        kwargs["allow_redirects"] = False
        return super().request(method, url, *args, **kwargs)

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Put the connection's `verify` and `proxies` before the environment's."""
        # requests lets REQUESTS_CA_BUNDLE override a session's verify.
        merged = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if verify is None and self.verify is not True:
            merged["verify"] = self.verify
        return merged

    def _keep_key_home(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if _origin(prepared.url or "") != self._origin:
            for name in self._config.credentials():
                prepared.headers.pop(name, None)
        return prepared


class BlockingTransport:
    """Send requests one after another.

    :param config: where to, with which key and time-outs.
    :raises CekatConfigError: when the CA bundle is not there.
    """

    def __init__(self, config: CekatConfig) -> None:
        self.config = config
        self.session = CekatSession(config)

    def send(self, request: Request) -> Response:
        """Send one request and read its whole answer, all within the connection's time-out.

        :raises NotSentError: when nothing left this machine.
        :raises OutcomeUnknownError: when it left and no whole answer came.
        :raises AnswerTooLargeError: above 32 MiB.
        """
        content = request.content
        CALL.left, CALL.deadline = False, time.monotonic() + self.config.timeout_seconds
        try:
            with self.session.request(
                request.method,
                self.config.base_url + request.target,
                data=content,
                headers=content_headers(content),
                stream=True,
            ) as answer:
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, lowered, _read(answer))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as err:
            raise failure(request, self.config, err, left=CALL.left) from err
        finally:
            CALL.deadline = None

    def close(self) -> None:
        """Close the pooled connections."""
        self.session.close()


def _read(answer: requests.Response) -> bytes:
    """Read a body chunk by chunk, so that its size, unpacked, stays bounded."""
    chunks, size = [], 0
    for chunk in answer.raw.stream(CHUNK_BYTES, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        check_size(size, answer.status_code)
    return b"".join(chunks)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
