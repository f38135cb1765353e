"""Requests over `aiohttp`: the same requests, the same errors, as many at once as there are slots."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from cekat_provider.core.errors import CekatConfigError
from cekat_provider.core.wire import Request, Response
from cekat_provider.transports._common import CHUNK_BYTES, check_size, content_headers, failure, headers

if TYPE_CHECKING:
    from cekat_provider.core.config import CekatConfig

#: Requests under way at once, and so the sockets of one client, unless it is told otherwise. A further one waits for
#: its turn before its time begins to count.
SLOTS: Final = 8


@dataclass(frozen=True)
class _Route:
    """How to get there: read from the environment and from files once, in a thread."""

    base_url: str = ""
    tls: ssl.SSLContext | None = None
    proxy: URL | None = None
    #: What the proxy alone may see, such as its login.
    proxy_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Call:
    """What is known of one request: whether any of it may have left this machine, and when on the loop's clock."""

    left: bool = False
    left_at: float = 0.0


class AsyncTransport:
    """Send requests, several at once, from one event loop.

    :param config: where to, with which key and time-outs.
    :param slots: how many requests may be under way at once.
    """

    def __init__(self, config: CekatConfig, slots: int = SLOTS) -> None:
        self.config = config
        self._limit = slots
        self._slots = asyncio.Semaphore(slots)
        self._opening = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._route = _Route()

    async def send(self, request: Request) -> Response:
        """Send one request and read its whole answer, all within the connection's time-out.

        :raises CekatConfigError: when the CA bundle is not there, or the proxy speaks SOCKS.
        :raises NotSentError: when nothing left this machine.
        :raises OutcomeUnknownError: when it left and no whole answer came.
        :raises AnswerTooLargeError: above 32 MiB.
        """
        content = request.content
        call = _Call()
        async with self._slots:
            try:
                session = await self._open()
                async with session.request(
                    request.method,
                    _url(self._route.base_url + request.target),
                    data=content,
                    headers={**self._headers(), **content_headers(content)},
                    allow_redirects=False,
                    proxy=self._route.proxy,
                    proxy_headers=self._route.proxy_headers,
                    trace_request_ctx=call,
                ) as answer:
                    seconds = asyncio.get_running_loop().time() - call.left_at if call.left else 0.0
                    lowered = {name.lower(): value for name, value in answer.headers.items()}
                    return Response(answer.status, lowered, await _read(answer), seconds)
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as err:
                raise failure(request, self.config, err, left=call.left) from err

    async def close(self) -> None:
        """Close the pooled connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _headers(self) -> dict[str, str]:
        # Not the session's own headers: aiohttp sends those to a proxy too, in the clear, and the key is among them.
        own = {**headers(self.config), "Accept-Encoding": "gzip, deflate"}
        return own if self.config.base_url.startswith("https:") else {**own, **self._route.proxy_headers}

    async def _open(self) -> aiohttp.ClientSession:
        async with self._opening if self._session is None else nullcontext():
            if self._session is None:
                # Reading a CA bundle takes tens of milliseconds, in which the event loop would stand still.
                self._route = await asyncio.to_thread(_route, self.config)
                self._session = self._new_session()
        return self._session

    def _new_session(self) -> aiohttp.ClientSession:
        witness = aiohttp.TraceConfig()
        # Told right before the request's first byte is written; a proxy's CONNECT does not tell it.
        witness.on_request_headers_sent.append(_left)
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, ssl=self._route.tls or True),
            timeout=aiohttp.ClientTimeout(
                total=self.config.timeout_seconds, connect=self.config.connect_timeout_seconds
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[witness],
            # The environment's part is in `_route`, read as the blocking transport reads it; aiohttp's own reading
            # would add a ~/.netrc login.
            trust_env=False,
        )
        # aiohttp repeats a GET by itself when a pooled connection breaks; what is repeated is decided in `core`.
        session._retry_connection = False
        return session


async def _left(session: aiohttp.ClientSession, context: Any, params: aiohttp.TraceRequestHeadersSentParams) -> None:
    context.trace_request_ctx.left = True
    context.trace_request_ctx.left_at = asyncio.get_running_loop().time()


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Read a body chunk by chunk, so that its size, unpacked, stays bounded."""
    chunks, size = [], 0
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        chunks.append(chunk)
        size += len(chunk)
        check_size(size, answer.status)
    return b"".join(chunks)


def _url(text: str) -> URL:
    """Take a URL as it is: every transport puts the same bytes on the wire."""
    try:
        return URL(text, encoded=True)
    except ValueError as err:
        raise aiohttp.InvalidURL(text) from err


def _route(config: CekatConfig) -> _Route:
    """Ask the blocking transport's session which proxy and which certificates it would take."""
    from requests import Request as PlainRequest
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
    from urllib3.util.ssl_ import create_urllib3_context

    from cekat_provider.transports.blocking import CekatSession

    with CekatSession(config) as session:
        merged = session.merge_environment_settings(config.base_url, {}, None, None, None)
        # As requests writes it: an international host name is another string there.
        base_url = str(session.prepare_request(PlainRequest("GET", config.base_url)).url).rstrip("/")
    found = select_proxy(config.base_url, merged["proxies"])
    proxy = None
    if found:
        found = found if "://" in found else f"http://{found}"
        proxy = _url(found).with_user(None)
        if proxy.scheme not in ("http", "https"):
            raise CekatConfigError(
                "proxies", f"a {proxy.scheme} proxy", "an http or https proxy (SOCKS is for single sends and looks)"
            )
    tls = None
    if config.base_url.startswith("https:") or (proxy is not None and proxy.scheme == "https"):
        verify = merged["verify"]
        tls = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
        if verify:
            bundle = DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify)
            tls.load_verify_locations(**{"capath" if _is_folder(bundle) else "cafile": bundle})
    return _Route(base_url, tls, proxy, HTTPAdapter().proxy_headers(found) if found else {})


def _is_folder(path: str) -> bool:
    from pathlib import Path

    return Path(path).is_dir()
