"""What may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import CONVERSATION, GENERATED

from cekat_provider.core.privacy import mask_number, scrub


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("6281234567890", "…90"),
        (6281234567890, "…90"),
        ("+62 812-3456-78 90", "…90"),
        ("1234", "…"),
        ("", "…"),
        (None, "…"),
    ],
)
def test_mask(value: object, shown: str) -> None:
    assert mask_number(value) == shown


@pytest.mark.parametrize(
    ("text", "private", "shown"),
    [
        ("to 6281234567890 failed", (), "to …90 failed"),
        ("to +62 812-3456-7890.", (), "to …90."),
        ("to (0812) 3456 7890", (), "to (…90"),
        ("code 131047", (), "code 131047"),
        ("in 123456 ms", (), "in 123456 ms"),
        ("bad text: Halo Bu Contoh", ("Halo Bu Contoh",), "bad text: …"),
        # the longer one first, or a rest of it would stay
        ("Halo Bu Contoh", ("Halo", "Halo Bu Contoh"), "…"),
        ("OK then", ("OK",), "OK then"),
        ("", ("",), ""),
        # an id is no personal data, and its digits are no number
        (f"conversation {CONVERSATION} unknown", (), f"conversation {CONVERSATION} unknown"),
        ("00000000-1111-2222-3333-444444444444", (), "00000000-1111-2222-3333-444444444444"),
        (f"{CONVERSATION} 6281234567890 {CONVERSATION}", (), f"{CONVERSATION} …90 {CONVERSATION}"),
    ],
)
def test_scrub(text: str, private: tuple[str, ...], shown: str) -> None:
    assert scrub(text, private) == shown


@GENERATED
@given(st.text(), st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True), st.text())
def test_no_whole_number_is_left(before: str, number: str, after: str) -> None:
    assert number not in scrub(f"{before} {number} {after}")


@GENERATED
@given(st.text(), st.text(min_size=4), st.text())
def test_no_private_text_is_left(before: str, private: str, after: str) -> None:
    shown = scrub(f"{before}{private}{after}", [private])
    assert private not in shown or "…" in private
