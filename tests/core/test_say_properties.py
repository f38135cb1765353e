"""Whatever is said, a body that our table lets through is one that the local Cekat, written from the same rules by
other hands, takes too; and what it takes, ours does not refuse.
"""

from __future__ import annotations

from dice import DICE, EACH, Dice
from hypothesis import given
from made_messages import fields, message
from samples import MANY

from cekat_provider.core.body import send_body
from cekat_provider.core.errors import CekatInputError
from cekat_provider.sandbox.checks import check_send

RECEIVER = "6281234567890"
#: Rules that the local Cekat reads more strictly than the table of limits.
_STRICTER = ("nor hold a line break", "must be a decimal number in a string")


@MANY
@given(DICE)
def test_strict_sends_nothing_that_cekat_refuses(dice: Dice) -> None:
    for _ in range(EACH):
        said = message(dice)
        try:
            body = send_body(receiver=RECEIVER, message=said)
        except CekatInputError:
            continue
        refused = [detail for detail in check_send(body) if not detail["message"].endswith(_STRICTER)]
        assert refused == [], said


@MANY
@given(DICE)
def test_what_cekat_takes_is_not_refused(dice: Dice) -> None:
    for _ in range(EACH):
        said = message(dice)
        body = send_body(receiver=RECEIVER, message=said, validate="off")
        if check_send(body):
            continue
        try:
            send_body(receiver=RECEIVER, message=said)
        except CekatInputError as err:
            # Empty where Cekat allows it: a field that says nothing is left out, never sent as "".
            assert err.got == "0" or "location" in err.field, said  # noqa: PT017


@MANY
@given(DICE)
def test_raw_fields_are_refused_with_an_error_of_ours_or_sent(dice: Dice) -> None:
    """Any JSON in any field: nothing but our own errors, and nothing sent that Cekat would refuse as a limit."""
    over = ("characters, at most", "allowed", "is used more than once", "must not be empty")
    # How long the name of a kind or a number may be is the local Cekat's own guess.
    guessed = ("media_type", "location.latitude", "location.longitude")
    for _ in range(EACH):
        given_ = fields(dice)
        try:
            body = send_body(receiver=RECEIVER, **given_)
        except CekatInputError:
            continue
        broken = [detail for detail in check_send(body) if any(words in detail["message"] for words in over)]
        assert [detail for detail in broken if detail["field"] not in guessed] == [], given_
