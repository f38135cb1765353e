"""Collecting what is wrong with a body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from cekat_provider.sandbox.limits import URL
from cekat_provider.sandbox.refusal import Detail

Fields = Mapping[str, Any]
_NAMES: dict[Any, str] = {str: "a string", dict: "an object", list: "an array"}


def utf16_units(text: str) -> int:
    """Count a text as WhatsApp is read to count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Findings:
    """Collects what is wrong with a body; each check returns the value only where it is good."""

    def __init__(self) -> None:
        self.details: list[Detail] = []

    def add(self, field: str, message: str) -> None:
        """Note one reason."""
        self.details.append({"field": field, "message": message})

    def typed(self, owner: Fields, path: str, wanted: type, *, required: bool = False) -> Any:
        """Take a field that must be of one JSON type."""
        key = path.rsplit(".", 1)[-1]
        if key not in owner:
            if required:
                self.add(path, "is required")
            return None
        value = owner[key]
        if not isinstance(value, wanted):
            self.add(path, f"must be {_NAMES[wanted]}")
            return None
        return value

    def text(self, owner: Fields, path: str, low: int, high: int, *, required: bool = False) -> str | None:
        """Take a string of ``low`` to ``high`` characters."""
        value = cast("str | None", self.typed(owner, path, str, required=required))
        if value is None:
            return None
        length = utf16_units(value)
        if low <= length <= high:
            return value
        self.add(path, "must not be empty" if length < low else f"has {length} characters, at most {high} allowed")
        return None

    def like(
        self, owner: Fields, path: str, pattern: str, meaning: str, high: int = URL, *, required: bool = False
    ) -> str | None:
        """Take a string that matches a pattern wholly."""
        value = self.text(owner, path, 1, high, required=required)
        if value is not None and re.fullmatch(pattern, value) is None:
            self.add(path, meaning)
            return None
        return value

    def unique(self, values: list[str], path: str, what: str) -> None:
        """Refuse a value that comes twice."""
        for value in sorted({value for value in values if values.count(value) > 1}):
            self.add(path, f"{what} {value!r} is used more than once")
