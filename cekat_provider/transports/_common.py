"""What both transports send and say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cekat_provider import __version__
from cekat_provider.core.errors import AnswerTooLargeError, NotSentError, OutcomeUnknownError
from cekat_provider.core.wire import MAX_ANSWER_BYTES

if TYPE_CHECKING:
    from cekat_provider.core.config import CekatConfig
    from cekat_provider.core.wire import Request

USER_AGENT: Final = f"airflow-provider-cekat/{__version__}"
CHUNK_BYTES: Final = 64 * 1024


def headers(config: CekatConfig) -> dict[str, str]:
    """Return what every request carries."""
    return {"User-Agent": USER_AGENT, "Accept": "application/json", **config.trace, **config.credentials()}


def content_headers(content: bytes | None) -> dict[str, str]:
    """Return what a request with a body carries besides."""
    return {"Content-Type": "application/json"} if content is not None else {}


def failure(
    request: Request, config: CekatConfig, err: BaseException, *, left: bool
) -> NotSentError | OutcomeUnknownError:
    """Turn a library's error into ours; its words may hold the URL, so only the kinds of errors are told.

    :param left: whether anything of the request may have left this machine.
    """
    what = f"{request.method} {request.path} on {urlsplit(config.base_url).hostname}"
    if left:
        return OutcomeUnknownError(f"{what}: it was sent, and no whole answer came ({_kinds(err)}).")
    return NotSentError(
        f"{what}: no connection was made ({_kinds(err)}). Check the connection's host, port and proxies."
    )


def check_size(size: int, status: int) -> None:
    """Refuse an answer that has grown too large, unpacked.

    :raises AnswerTooLargeError: above 32 MiB.
    """
    if size > MAX_ANSWER_BYTES:
        raise AnswerTooLargeError(
            f"Cekat answered {status} with more than {MAX_ANSWER_BYTES >> 20} MiB. {AnswerTooLargeError.advice}",
            status,
        )


def _kinds(err: BaseException) -> str:
    """Name an error and what it came from: `ConnectionError, NameResolutionError`."""
    names = [type(err).__name__]
    inner = err.args[0] if err.args else None
    reason = getattr(inner, "reason", inner)
    if isinstance(reason, BaseException):
        names.append(type(reason).__name__)
    return ", ".join(names)
