"""How long: seconds or a timedelta, from a DAG's author."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from cekat_provider.core.errors import CekatInputError

#: What a date can hold; found out before anything is sent, not after.
_LONGEST: Final = timedelta(days=3650)


def seconds(name: str, value: Any, *, or_none_at_all: bool = False) -> float:
    """Read a duration.

    :param name: the argument's name, for the error.
    :param or_none_at_all: take 0, too.
    :raises CekatInputError: when it is none, not above 0, or longer than ten years.
    """
    got = value.total_seconds() if isinstance(value, timedelta) else value
    is_number = isinstance(got, int | float) and not isinstance(got, bool)
    if not is_number or not 0 <= got <= _LONGEST.total_seconds() or (got == 0 and not or_none_at_all):
        least = "from 0" if or_none_at_all else "above 0"
        raise CekatInputError(name, repr(value), f"a timedelta or a number of seconds, {least} and at most ten years")
    return float(got)
