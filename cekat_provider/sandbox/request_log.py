"""The last requests to the Cekat endpoints: what came, what was answered, and why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

KEPT = 10_000
_BODY_CHARACTERS = 65_536
_SECRET = {"api_key", "authorization", "cookie", "proxy-authorization"}
MASK = "***"


@dataclass
class Entry:
    """One request, numbered from 1. ``status`` stays None while it is under way, and where it never got an answer."""

    number: int
    at: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int | None = None
    reason: str | None = None
    fault: str | None = None


@dataclass
class Received:
    """A request as the front door read it, handed to the endpoint in ``scope["state"]``."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None


class RequestLog:
    """Keeps the last 10,000 entries, in the order in which the requests came."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def open(self, at: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Entry:
        """Add an entry, to be completed by the caller."""
        text = body[:_BODY_CHARACTERS].decode("utf-8", "replace")
        self._count += 1
        entry = Entry(self._count, at, method, path, query, headers, text)
        self._entries.append(entry)
        return entry

    def shown(self, last: int = KEPT, *, refused: bool = False) -> list[dict[str, Any]]:
        """Give the entries as plain values: the last so many, or of those with a reason."""
        wanted = (entry for entry in reversed(self._entries) if entry.reason is not None or not refused)
        return [asdict(entry) for entry in islice(wanted, last)][::-1]

    def count_refused(self) -> int:
        """Count the entries with a reason."""
        return sum(entry.reason is not None for entry in self._entries)

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()


def masked(headers: Iterable[tuple[bytes, bytes]], api_key: str) -> dict[str, str]:
    """Give the headers with every key masked, whatever header it came in."""
    plain = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        plain[name] = MASK if name in _SECRET or (api_key and api_key in value) else value
    return plain
