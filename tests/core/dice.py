"""Values made of bytes that hypothesis draws, many of one draw.

To draw each part of a message or an answer by itself costs ten times what is then tested with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

#: How many values a test makes of one draw.
EACH = 10
_RANGES = (range(32, 127), range(768), range(0x110000))


class Dice:
    """Throws that are given: where the bytes are zeros, or over, each is 0, so an example still shrinks."""

    def __init__(self, thrown: bytes) -> None:
        self._bytes = iter(thrown)

    def __repr__(self) -> str:
        return "Dice(…)"  # what was made of them says more

    def below(self, many: int) -> int:
        """Return a whole number from 0, below `many`."""
        number, range_ = 0, 1
        while range_ < many:
            number, range_ = number * 256 + next(self._bytes, 0), range_ * 256
        return number % many

    def one(self, of: Sequence[T]) -> T:
        """Return one of some; the first is the simplest."""
        return of[self.below(len(of))]

    def maybe(self, value: T) -> T | None:
        """Return None or the value."""
        return self.one([None, value])

    def text(self, longest: int = 30, without: str = "") -> str:
        """Return any text that can be encoded, most of it plain."""
        codes = [self.one(self.one(_RANGES)) for _ in range(self.below(longest + 1))]
        return "".join(c for c in map(chr, codes) if c not in without and not "\ud800" <= c <= "\udfff")

    def content(self, longest: int) -> bytes:
        """Return any bytes."""
        return bytes(self.below(256) for _ in range(self.below(longest + 1)))


#: Enough for `EACH` large values.
DICE = st.binary(min_size=1500, max_size=1500).map(Dice)
