"""Requests over `requests`."""

from __future__ import annotations

import os
import time
from functools import cached_property
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
        self.headers.update(headers(config))
        self._merged: dict[Any, Any] = {}
        # A server's cookies are nothing that we asked for.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        if isinstance(config.verify, str) and not os.path.exists(config.verify):
            raise CekatConfigError("verify", "a path where nothing is", "true, false or the path of a CA bundle")
        self.verify = config.verify
        self.proxies.update(config.proxies)
        # A callable, so that requests does not put a ~/.netrc login in the place of the key.
        self.auth = _as_it_is
        self.mount("https://", WitnessAdapter())
        self.mount("http://", WitnessAdapter())

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request: every way through a session ends here."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self._config.connect_timeout_seconds, self._config.timeout_seconds)
        if _origin(request.url) != self._origin:
            for name, value in {**self._config.trace, **self._config.credentials()}.items():
                if request.headers.get(name) == value:
                    del request.headers[name]
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Know of no redirect. Told not to follow one, requests would still read its body whole, and its target."""

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Put the connection's `verify` and `proxies` before the environment's; requests does not.

        The environment is read once for a host: to read all of it each time is a sixth of what a send costs.
        """
        asked = dict(proxies or {})
        ours = (self.proxies, self.verify, self.cert, self.trust_env)
        known = (_origin(url), *map(repr, (asked, stream, verify, cert, *ours)))
        if known not in self._merged:
            merged = super().merge_environment_settings(url, proxies, stream, verify, cert)
            if verify is None and self.verify is not True:
                merged["verify"] = self.verify
            merged["proxies"].update({**self.proxies, **asked})
            self._merged[known] = merged
        return {**self._merged[known], "proxies": dict(self._merged[known]["proxies"])}

    @cached_property
    def _origin(self) -> tuple[str, str | None, int | None]:
        # As requests writes it: an international host name is another string there.
        return _origin(requests.Request("GET", self._config.base_url).prepare().url)


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
        CALL.left, CALL.left_at = False, None
        CALL.deadline = time.monotonic() + self.config.timeout_seconds
        try:
            with self.session.request(
                request.method,
                self.config.base_url + request.target,
                data=content,
                headers=content_headers(content),
                stream=True,
            ) as answer:
                # Through a SOCKS proxy nobody sees when it left.
                seconds = 0.0 if CALL.left_at is None else time.monotonic() - CALL.left_at
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, lowered, _read(answer), seconds)
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


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _origin(url: str | None) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url or "")
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
