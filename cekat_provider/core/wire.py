"""Requests and answers as plain values, and one builder for each endpoint (wire fact A)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cekat_provider.core.errors import CekatInputError

#: The largest answer that is read, in bytes.
MAX_ANSWER_BYTES = 32 * 1024 * 1024
_SEND_TEMPLATE = "/templates/send"


@dataclass(frozen=True)
class Request:
    """One HTTP request, before the host and the key are added.

    :param path: below the connection's base URL.
    :param query: names and raw values; encoded by `target`.
    :param body: the JSON object that is sent, or None.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def is_template(self) -> bool:
        """Whether it sends a message template."""
        return (self.method, self.path) == ("POST", _SEND_TEMPLATE)

    @property
    def target(self) -> str:
        """The path with its encoded query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def content(self) -> bytes | None:
        """The body's bytes: UTF-8 JSON, the same for every transport."""
        return None if self.body is None else dump_json(self.body)

    def private(self) -> Iterator[str]:
        """Every string that the request carries: what an error may not repeat."""
        yield from _strings(self.body)


@dataclass(frozen=True)
class Response:
    """One HTTP answer, read whole.

    :param headers: names in lower case.
    :param seconds: from the moment the request left until the answer began.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    seconds: float = 0.0


@dataclass(frozen=True)
class Sleep:
    """A pause that a flow asks its driver for."""

    seconds: float


@dataclass(frozen=True)
class Now:
    """A flow's question to its driver: seconds since the epoch on this machine's clock."""


def send_message(body: Mapping[str, Any]) -> Request:
    """``POST /messages/whatsapp``."""
    return Request("POST", "/messages/whatsapp", body=body)


def send_template(body: Mapping[str, Any]) -> Request:
    """``POST /templates/send`` (wire facts B, D)."""
    return Request("POST", _SEND_TEMPLATE, body=body)


def get_templates(inbox_id: str) -> Request:
    """``GET /templates`` (wire facts B, C)."""
    return Request("GET", "/templates", (("inbox_id", inbox_id),))


def get_messages(conversation_id: str, **page: str) -> Request:
    """``GET /messages``, one page of it where Cekat pages at all.

    :param page: `page` or `cursor`, guessed names (the wire facts document them for another path).
    """
    return Request("GET", "/messages", (("conversation_id", conversation_id), *page.items()))


def dump_json(value: Any) -> bytes:
    """Write JSON as it goes out: UTF-8, compact, never NaN.

    :raises CekatInputError: when a value has no place in JSON.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as err:
        # ValueError covers NaN and text that is not Unicode; the library's own words would show the value.
        raise CekatInputError("the message's body", f"a value that is not ({type(err).__name__})", "JSON") from None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
