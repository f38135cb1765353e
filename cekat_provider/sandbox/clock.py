"""Time as the sandbox tells it: the machine's clock plus an offset that can be moved."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import formatdate

#: Cekat names Asia/Jakarta as its default zone; it has had no daylight saving time since 1964.
JAKARTA = timezone(timedelta(hours=7))


class Clock:
    """The sandbox's clock, in whole milliseconds since 1970."""

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms

    def now_ms(self) -> int:
        """Tell the sandbox's time."""
        return self.real_ms() + self.offset_ms

    @staticmethod
    def real_ms() -> int:
        """Tell the machine's time, which moving the clock does not touch."""
        return time.time_ns() // 1_000_000

    def http_date(self) -> str:
        """Tell the sandbox's time as a ``Date`` header does."""
        return http_date(self.now_ms())


def http_date(at_ms: int) -> str:
    """Write a time as HTTP does: ``Fri, 10 Apr 2026 09:24:23 GMT``."""
    return formatdate(at_ms / 1000, usegmt=True)


def iso_utc(at_ms: int) -> str:
    """Write a time as ``2026-04-10T09:24:23.123Z``."""
    moment = datetime.fromtimestamp(at_ms / 1000, tz=timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_jakarta(at_ms: int) -> str:
    """Write a time as ``2026-04-10T16:24:23.123+07:00``."""
    return datetime.fromtimestamp(at_ms / 1000, tz=JAKARTA).isoformat(timespec="milliseconds")


def naive_jakarta(at_ms: int) -> str:
    """Write a time as ``2026-04-10 16:24:23``: the wall time of Jakarta, which does not say so."""
    return datetime.fromtimestamp(at_ms / 1000, tz=JAKARTA).strftime("%Y-%m-%d %H:%M:%S")
