"""Requests over `requests`."""

from __future__ import annotations

import os
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
import urllib3

from cekat_provider import __version__
from cekat_provider.core.errors import (
    AnswerTooLargeError,
    CekatConfigError,
    NotSentError,
    OutcomeUnknownError,
)
from cekat_provider.core.wire import MAX_ANSWER_BYTES, Request, Response
from cekat_provider.transports._connection import CALL, WitnessAdapter

if TYPE_CHECKING:
    from cekat_provider.core.config import CekatConfig

USER_AGENT: Final = f"airflow-provider-cekat/{__version__}"
_CHUNK_BYTES: Final = 64 * 1024


class CekatSession(requests.Session):
    """A session for one host: always a time-out, never a redirect, and the key for that host alone."""

    def __init__(self, config: CekatConfig) -> None:
        super().__init__()
        self._config = config
        self.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", **config.credentials()})
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
            for name, value in self._config.credentials().items():
                if request.headers.get(name) == value:
                    del request.headers[name]
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Know of no redirect. Told not to follow one, requests would still read its body whole, and its target."""

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Put the connection's `verify` and `proxies` before the environment's; requests does not."""
        asked = dict(proxies or {})
        merged = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if verify is None and self.verify is not True:
            merged["verify"] = self.verify
        merged["proxies"].update({**self.proxies, **asked})
        return merged

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
        headers = {"Content-Type": "application/json"} if content is not None else {}
        CALL.left, CALL.deadline = False, time.monotonic() + self.config.timeout_seconds
        try:
            with self.session.request(
                request.method,
                self.config.base_url + request.target,
                data=content,
                headers=headers,
                stream=True,
            ) as answer:
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, lowered, _read(answer))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as err:
            # The library's words may hold the URL, so only the kinds of its errors are told.
            what = f"{request.method} {request.path} on {urlsplit(self.config.base_url).hostname}"
            why = _kinds(err)
            if CALL.left:
                raise OutcomeUnknownError(f"{what}: it was sent, and no whole answer came ({why}).") from err
            raise NotSentError(
                f"{what}: no connection was made ({why}). Check the connection's host, port and proxies."
            ) from err
        finally:
            CALL.deadline = None

    def close(self) -> None:
        """Close the pooled connections."""
        self.session.close()


def _read(answer: requests.Response) -> bytes:
    """Read a body chunk by chunk, so that its size, unpacked, stays bounded."""
    chunks, size = [], 0
    for chunk in answer.raw.stream(_CHUNK_BYTES, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise AnswerTooLargeError(
                f"Cekat answered {answer.status_code} with more than {MAX_ANSWER_BYTES >> 20} MiB. "
                f"{AnswerTooLargeError.advice}",
                answer.status_code,
            )
    return b"".join(chunks)


def _kinds(err: BaseException) -> str:
    """Name an error and what it came from: `ConnectionError, NameResolutionError`."""
    names = [type(err).__name__]
    inner = err.args[0] if err.args else None
    reason = getattr(inner, "reason", inner)
    if isinstance(reason, BaseException):
        names.append(type(reason).__name__)
    return ", ".join(names)


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _origin(url: str | None) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url or "")
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
