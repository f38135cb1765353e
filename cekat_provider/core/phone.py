"""A phone number as people write it, to the digits that Cekat wants (wire facts D, B)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cekat_provider.core.choosing import items
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.privacy import mask_number

#: Spaces, dashes of every width, dots, brackets, slashes, and the invisible marks that come along when a
#: number is copied from an address book.
_SEPARATORS = re.compile(r"[\s.()/\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff-]+")
_TRUNK_ZERO = re.compile(r"^(\+|00)(\d{1,3})[\s-]*\(0\)")
#: What a table's column of floats makes of a number, and two numbers in one: taken for separators, dot and slash would
#: make another person's number of them.
_DECIMAL = re.compile(r"\+?\d{7,}\.\d{1,2}")
_TWO = re.compile(r".*\d\s*/\s*\d{1,3}")
_SHORTEST, _LONGEST = 7, 15


def several(value: object, field: str) -> list[Any]:
    """Read phone numbers, not yet checked: one, several with commas or semicolons, a list, or JSON of one.

    :param field: the argument's name, for the error.
    :raises CekatInputError: where there is none.
    """
    found: Any = value
    if isinstance(value, str):
        found = items(field, value) if value.lstrip().startswith("[") else value.replace(";", ",").split(",")
    elif isinstance(value, int) and not isinstance(value, bool):
        found = [value]
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        found = items(field, value)
    if not isinstance(found, list | set | frozenset):
        raise CekatInputError(field, f"a {type(value).__name__}", "one phone number, or a list of them")
    numbers = [one for one in found if not isinstance(one, str) or one.strip()]
    if not numbers:
        raise CekatInputError(field, "none", "one phone number or several")
    return numbers


def receiver_digits(value: object, default_country_code: str | None = None, field: str = "receiver") -> str:
    """Turn a phone number in a usual notation into international digits without ``+``.

    :param value: such as ``+62 812-3456-7890``, ``006281234567890``, ``6281234567890`` (also as an int), or a
        national ``0812…`` where a country code is given.
    :param default_country_code: digits, such as ``62``, put in the place of a national number's ``0``.
    :param field: the argument's name, for the error.
    :raises CekatInputError: when it cannot be read as a number; shows its last two digits only.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise CekatInputError(field, f"a {type(value).__name__}", "a phone number")
    if isinstance(value, int) and not 0 <= value < 10**_LONGEST:
        raise CekatInputError(
            field, "an integer out of range", f"{_SHORTEST} to {_LONGEST} digits with the country code"
        )
    text = str(value).strip()
    if _DECIMAL.fullmatch(text):
        raise CekatInputError(field, "a number with decimals", "a phone number as a text or an integer, not a float")
    if _TWO.fullmatch(text):
        raise CekatInputError(field, "two numbers with a slash", "one phone number")
    text = _TRUNK_ZERO.sub(r"\1\2", text)
    text = _SEPARATORS.sub("", text)
    international = text.startswith(("+", "00"))
    digits = text.removeprefix("+") if text.startswith("+") else text.removeprefix("00")
    if not digits or not (digits.isascii() and digits.isdigit()):
        got = "an empty text" if not text else "the text 'None'" if text == "None" else "other characters"
        raise CekatInputError(field, got, "a phone number: digits, with +, spaces, dots or dashes at most")
    if digits.startswith("0"):
        if international or default_country_code is None:
            raise CekatInputError(
                field,
                f"the national number {mask_number(digits)}",
                "a number with its country code (or set the connection's extra default_country_code)",
            )
        digits = default_country_code + digits[1:]
    if not _SHORTEST <= len(digits) <= _LONGEST or digits.startswith("0"):
        raise CekatInputError(
            field,
            f"{len(digits)} digits ({mask_number(digits)})",
            f"{_SHORTEST} to {_LONGEST} digits with the country code",
        )
    return digits
