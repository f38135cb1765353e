"""Phone numbers as people write them."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import GENERATED

from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.phone import receiver_digits, several


@pytest.mark.parametrize(
    ("value", "country_code", "digits"),
    [
        ("6281234567890", None, "6281234567890"),
        (6281234567890, None, "6281234567890"),
        ("+6281234567890", None, "6281234567890"),
        ("+62 812-3456-7890", None, "6281234567890"),
        ("+62 812 3456 7890", None, "6281234567890"),
        ("+62.812.3456.7890", None, "6281234567890"),
        ("62.812.34.56.78.90", None, "6281234567890"),
        ("(+62) 812 3456 7890", None, "6281234567890"),
        ("+62 (0)812-3456-7890", None, "6281234567890"),
        ("+62(0)81234567890", None, "6281234567890"),
        ("0062 (0) 812 3456 7890".replace("(0) ", "(0)"), None, "6281234567890"),
        ("006281234567890", None, "6281234567890"),
        ("00 62 812 3456 7890", "62", "6281234567890"),
        ("  6281234567890\n", None, "6281234567890"),
        ("62812/3456/7890", None, "6281234567890"),
        # as copied from an address book: no-break space, other dashes, marks of direction
        ("+62\u00a0812\u20113456\u20117890", None, "6281234567890"),
        ("\u202a+62 812 3456 7890\u202c", None, "6281234567890"),
        ("+62\u2012812\u20133456\u20147890", None, "6281234567890"),
        ("\ufeff6281234567890\u200b", None, "6281234567890"),
        # national, where the connection says which nation
        ("081234567890", "62", "6281234567890"),
        ("0812-3456-7890", "62", "6281234567890"),
        ("(0812) 3456 7890", "62", "6281234567890"),
        ("0171 2345678", "49", "491712345678"),
        # a number with its country code stays as it is
        ("+62 812 3456 7890", "49", "6281234567890"),
        ("6281234567890", "49", "6281234567890"),
        # the shortest and the longest
        ("1234567", None, "1234567"),
        ("123456789012345", None, "123456789012345"),
        ("0123456", "6", "6123456"),
    ],
)
def test_read(value: Any, country_code: str | None, digits: str) -> None:
    assert receiver_digits(value, country_code) == digits


@pytest.mark.parametrize(
    ("value", "country_code", "got"),
    [
        ("081234567890", None, "the national number …90"),
        ("+081234567890", "62", "the national number …90"),
        ("000081234567890", "62", "the national number …90"),
        ("123456", None, "6 digits (…56)"),
        ("1234567890123456", None, "16 digits (…56)"),
        ("0012345", "62", "5 digits (…45)"),
        ("00", "62", "other characters"),
        ("0", "62", "2 digits (…)"),
        ("", None, "an empty text"),
        ("   ", None, "an empty text"),
        ("+", None, "other characters"),
        ("None", None, "the text 'None'"),
        ("Bu Contoh", None, "other characters"),
        ("62812-34x6-7890", None, "other characters"),
        ("++6281234567890", None, "other characters"),
        ("62+81234567890", None, "other characters"),
        ("tel:+6281234567890", None, "other characters"),
        ("6281234567890,6281234567891", None, "other characters"),
        ("6281234567890;ext=1", None, "other characters"),
        ("٦٢٨١٢٣٤٥٦٧٨٩٠", None, "other characters"),
        ("６２８１２３４５６７８９０", None, "other characters"),
        ("²³⁴⁵⁶⁷⁸", None, "other characters"),
        ("62812\x003456", None, "other characters"),
        ("{{ params.receiver }}", None, "other characters"),
        # a number out of a table's column of floats, and two numbers in one text
        ("6281234567890.0", None, "a number with decimals"),
        ("+6281234567890.00", None, "a number with decimals"),
        ("081234567890.0", "62", "a number with decimals"),
        ("+62 21 555123/35", None, "two numbers with a slash"),
        ("+62 21 555123 / 124", None, "two numbers with a slash"),
        (None, None, "a NoneType"),
        (True, None, "a bool"),
        (6281234567890.0, None, "a float"),
        (b"6281234567890", None, "a bytes"),
        (["6281234567890"], None, "a list"),
        (-6281234567890, None, "an integer out of range"),
        (10**15, None, "an integer out of range"),
        (123456, None, "6 digits (…56)"),
    ],
)
def test_refused(value: Any, country_code: str | None, got: str) -> None:
    with pytest.raises(CekatInputError) as caught:
        receiver_digits(value, country_code)
    assert caught.value.field == "receiver"
    assert caught.value.got.startswith(got)
    assert "3456" not in str(caught.value)


def test_an_integer_too_long_to_write() -> None:
    with pytest.raises(CekatInputError):
        receiver_digits(10**5000)


def test_the_field_is_named() -> None:
    with pytest.raises(CekatInputError, match=r"^phone_number must be"):
        receiver_digits("x", field="phone_number")


DIGITS = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True)
# Dots and slashes have rules of their own: above.
SEPARATORS = st.text(" \t-()\u00a0\u2010\u2011\u2013\u2014\u2212\u200b\u200e\u202a\ufeff", max_size=2)


@GENERATED
@given(DIGITS, st.sampled_from(["", "+", "00"]), st.data())
def test_any_separators_any_prefix(digits: str, prefix: str, data: st.DataObject) -> None:
    between = data.draw(st.lists(SEPARATORS, max_size=16))
    written = prefix + "".join(map("".join, zip_longest(digits, between, fillvalue="")))
    assert receiver_digits(written, "62") == digits
    assert receiver_digits(digits) == digits


@GENERATED
@given(
    st.one_of(st.text(), st.text("+0123456789 ()-.Ⅷ٣", max_size=20), st.integers(), st.floats(), st.binary()),
    st.none() | st.from_regex(r"[1-9][0-9]{0,2}", fullmatch=True),
)
def test_digits_or_our_own_error(value: Any, country_code: str | None) -> None:
    try:
        digits = receiver_digits(value, country_code)
    except CekatInputError as err:
        shown = str(err)
    else:
        assert digits.isascii()
        assert digits.isdigit()
        assert 7 <= len(digits) <= 15
        assert digits[0] != "0"
        return
    plain = "".join(char for char in str(value) if char.isdigit())
    assert len(plain) < 5 or plain not in shown


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ("62812", ["62812"]),
        (" 62812 , 62813;62814,", [" 62812 ", " 62813", "62814"]),
        (62812, [62812]),
        (["62812", " ", 62813], ["62812", 62813]),
        ('["62812", "62813"]', ["62812", "62813"]),
        ({"62812"}, ["62812"]),
    ],
)
def test_several(value: object, numbers: list[object]) -> None:
    assert several(value, "receivers") == numbers


@pytest.mark.parametrize(
    ("value", "got"),
    [("", "none"), ([], "none"), ([""], "none"), (None, "a NoneType"), (True, "a bool"), (b"6", "a bytes")],
)
def test_nobody(value: object, got: str) -> None:
    with pytest.raises(CekatInputError, match=f"^receivers must be one phone number.*, got {got}$"):
        several(value, "receivers")
