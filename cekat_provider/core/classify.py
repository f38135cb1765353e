"""Which answer becomes which error, decided here and nowhere else.

WhatsApp's codes come behind Cekat's status (whatsapp-limits, M); how Cekat passes them on is not documented,
so they are looked for in the error's ``code`` and the status is the fallback.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from cekat_provider.core import parse
from cekat_provider.core.errors import (
    AuthError,
    BadRequestError,
    CekatResponseError,
    NotFoundError,
    NotJSONError,
    RateLimitedError,
    RedirectError,
    ServerError,
    WindowClosedError,
)
from cekat_provider.core.privacy import scrub
from cekat_provider.core.wire import Request, Response

_LONGEST_SAID: Final = 300
_LONGEST_CODE: Final = 40
#: One message to one customer in about 6 s (131056).
_PAIR_LIMIT_SECONDS: Final = 6.0

#: WhatsApp's error codes, by what the caller can do. Other codes go by the status.
_BY_CODE: Final[Mapping[str, type[CekatResponseError]]] = {
    **dict.fromkeys(("131047", "470", "63016"), WindowClosedError),
    **dict.fromkeys(("130429", "4", "80007", "131056"), RateLimitedError),
    **dict.fromkeys(("131000", "131016", "135000", "131057"), ServerError),
    **dict.fromkeys(("131042", "368", "131031", "190", "10", "3"), AuthError),
    **dict.fromkeys(("131026", "131050"), BadRequestError),
    **{str(code): BadRequestError for code in range(132000, 132017)},
}
#: What Meta and Cekat's own pages call a closed window, where no code is given.
_WINDOW_WORDS: Final = ("re-engagement message", "24-hour", "24 hour", "customer service window")


def error_of(response: Response, request: Request, secrets: Iterable[str] = ()) -> CekatResponseError | None:
    """Return the error that an answer means, or None where it is good.

    :param secrets: further strings that the error may not repeat, such as the API key.
    """
    good_status = 200 <= response.status < 300
    try:
        body = parse.load_json(response)
    except NotJSONError:
        body = response.content[:1000].decode("utf-8", "replace") if not good_status else None
    refused = isinstance(body, Mapping) and body.get("success") is False
    if good_status and not refused:
        return None

    said, code = _words(body)
    status = response.status
    if refused and good_status and isinstance(body, Mapping):
        inner = body.get("status_code")
        status = inner if isinstance(inner, int) and 400 <= inner < 600 else 400
    private = [*request.private(), *secrets]
    shown = scrub(said, private)[:_LONGEST_SAID] if said else None
    kind = _kind(status, code, said or "")
    parts = [f"Cekat answered {status} to {request.method} {request.path}"]
    if kind is RedirectError:
        # Without the query: it may carry a token.
        parts.append(f" with a redirect to {_host(response.headers.get('location', ''))}")
    code = scrub(code, private)[:_LONGEST_CODE] if code else None
    if code:
        parts.append(f" (code {code})")
    if shown:
        parts.append(f": {shown!r}")
    retry_after = retry_after_seconds(response)
    if retry_after is None and code == "131056":
        retry_after = _PAIR_LIMIT_SECONDS
    return kind(f"{''.join(parts)}. {kind.advice}", status, shown, code, retry_after)


def retry_after_seconds(response: Response) -> float | None:
    """Read ``Retry-After``, in seconds or as a date on the server's own clock; None where it says nothing."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        at, now = http_date(value), http_date(response.headers.get("date", ""))
        if at is None or now is None:
            return None
        seconds = (at - now).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def http_date(value: str) -> datetime | None:
    """Read an HTTP date as aware UTC; None where it is none, or one that cannot be reckoned with."""
    try:
        at = parse.to_utc(parsedate_to_datetime(value), parse.UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return at if at is not None and 1900 < at.year < 9000 else None


def error_kind(code: str | None) -> type[CekatResponseError]:
    """Return the error for one of WhatsApp's codes, as a failed message's status carries it."""
    return _BY_CODE.get(code or "", BadRequestError)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "nowhere"
    except ValueError:
        return "nowhere"


def _kind(status: int, code: str | None, said: str) -> type[CekatResponseError]:
    if 300 <= status < 400:
        return RedirectError
    # A gateway that gave up says so with numbers of its own: 504 with {"code": 4} is no limit of WhatsApp's.
    if code is not None and code in _BY_CODE and (status < 500 or len(code) > 3):
        return _BY_CODE[code]
    if status == 429:
        return RateLimitedError
    if status >= 500 or status < 200:
        return ServerError
    if any(words in said.casefold() for words in _WINDOW_WORDS):
        return WindowClosedError
    return {401: AuthError, 403: AuthError, 404: NotFoundError, 408: ServerError}.get(status, BadRequestError)


def _words(body: Any) -> tuple[str | None, str | None]:
    """Return what an error body says and its code; every shape of the wire facts (C, D)."""
    if isinstance(body, str):
        # An HTML page is a proxy's or a wrong host's; its markup helps nobody.
        return (None if body.lstrip().startswith("<") else body.strip() or None), None
    if not isinstance(body, Mapping):
        return None, None
    error = body.get("error")
    if not isinstance(error, Mapping):
        error = {"message": error or body.get("message") or body.get("detail"), "code": body.get("code")}
    words = [text for text in _texts(error) if text]
    code = error.get("code")
    named = code is not None and not isinstance(code, bool) and isinstance(code, str | int)
    return "; ".join(words) or None, str(code) if named else None


def _texts(error: Mapping[str, Any]) -> Iterator[str]:
    message = error.get("message")
    if isinstance(message, str):
        yield message
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, Mapping):
            yield ": ".join(str(detail[key]) for key in ("field", "message") if isinstance(detail.get(key), str))
