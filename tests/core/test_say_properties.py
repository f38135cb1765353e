"""Whatever is said, a body that our table lets through is one that the local Cekat, written from the same rules by
other hands, takes too; and what it takes, ours does not refuse.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from cekat_provider.core.body import send_body
from cekat_provider.core.errors import CekatInputError
from cekat_provider.messages import Button, Buttons, File, Link, Location, Menu, OutboundMessage, Row, Section, Text
from cekat_provider.sandbox.checks import check_send

# Sizes around the limits, and characters that count double; the many in the middle teach nothing.
_SIZES = st.sampled_from([0, 1, 2, 19, 20, 21, 24, 25, 60, 61, 72, 73, 200, 201, 256, 257, 1024, 1025, 4096, 4097])
_CHARACTERS = st.sampled_from(["x", "é", "😀"])


@st.composite
def texts(draw: st.DrawFn, short: bool = False) -> str:
    """A text, most often a good one."""
    kind = draw(st.integers(0, 9))
    if kind < (8 if short else 5):
        return draw(st.sampled_from(["Ya", "Tidak", "Nanti", "A", "B", "Jl. Sudirman 5"]))
    if kind == 9:
        # "None" is what a template leaves that pulls nothing: refused always.
        return draw(st.text(max_size=30).filter(lambda text: not {"\r", "\n"} & set(text) and text != "None"))
    return draw(_CHARACTERS) * draw(_SIZES)


SHORT = texts(short=True)
MAYBE = st.none() | SHORT
URLS = st.sampled_from(
    [
        "https://files.example.com/nota.pdf",
        "http://files.example.com/a/b.PNG",
        "https://example.com/x",
        "x",
        "",
        "ftp://a.com/b.c",
    ]
)
FILES = st.none() | URLS
DEGREES = st.floats(-200, 200).map(lambda value: round(value, 6)) | st.integers(-200, 200)
BUTTON = SHORT | st.builds(Button, SHORT, MAYBE)
ROW = SHORT | st.builds(Row, SHORT, MAYBE, MAYBE)
SECTION = st.builds(Section, st.lists(ROW, max_size=6), MAYBE)

MESSAGES: st.SearchStrategy[OutboundMessage] = st.one_of(
    st.builds(Text, texts()),
    st.builds(File, URLS, st.none() | texts()),
    st.builds(Location, DEGREES, DEGREES, MAYBE, MAYBE),
    st.builds(Link, texts(), SHORT, URLS, MAYBE, FILES, MAYBE),
    st.builds(Buttons, texts(), st.lists(BUTTON, max_size=5), MAYBE, FILES, MAYBE),
    st.builds(Menu, texts(), SHORT, st.lists(SECTION, max_size=4) | st.lists(ROW, max_size=12), MAYBE, MAYBE),
)
#: Rules that the local Cekat reads more strictly than the table of limits.
_STRICTER = ("nor hold a line break", "must be a decimal number in a string")


@settings(max_examples=int(os.environ.get("HUNT", "4000")), deadline=None, derandomize="HUNT" not in os.environ)
@given(MESSAGES)
def test_strict_sends_nothing_that_cekat_refuses(message: OutboundMessage) -> None:
    try:
        body = send_body(receiver="6281234567890", message=message)
    except CekatInputError:
        event("refused")
        return
    event(f"sent {body.get('media_type', 'plain')}")
    refused = [detail for detail in check_send(body) if not detail["message"].endswith(_STRICTER)]
    assert refused == []


@settings(max_examples=800, deadline=None, derandomize=True)
@given(MESSAGES)
def test_what_cekat_takes_is_not_refused(message: OutboundMessage) -> None:
    told: list[str] = []
    body = send_body(receiver="6281234567890", message=message, validate="off")
    if check_send(body):
        event("refused")
        return
    event(f"taken {body.get('media_type', 'plain')}")
    try:
        send_body(receiver="6281234567890", message=message, warn=told.append)
    except CekatInputError as err:
        # Empty where Cekat allows it: a field that says nothing is left out, never sent as "".
        assert err.got == "0" or "location" in err.field, err  # noqa: PT017


_NAMES = [
    "text",
    "file_url",
    "name",
    "parameters",
    "display_text",
    "url",
    "buttons",
    "type",
    "reply",
    "id",
    "title",
    "button",
    "sections",
    "rows",
    "description",
    "latitude",
    "longitude",
    "address",
]

raw: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | SHORT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "message": texts() | raw,
            "media_type": st.sampled_from(["text", "image", "audio", "location", "cta_url", "button", "list"]) | raw,
            "file_url": URLS | raw,
            "footer": SHORT | raw,
            "header": raw,
            "action": raw,
            "location": raw,
            "choices": raw,
        },
    )
)
def test_raw_fields_are_refused_with_an_error_of_ours_or_sent(fields: dict[str, Any]) -> None:
    """Any JSON in any field: nothing but our own errors, and nothing sent that Cekat would refuse as a limit."""
    try:
        body = send_body(receiver="6281234567890", **fields)
    except CekatInputError:
        return
    over = ("characters, at most", "allowed", "is used more than once", "must not be empty")
    # How long the name of a kind or a number may be is the local Cekat's own guess.
    guessed = ("media_type", "location.latitude", "location.longitude")
    broken = [detail for detail in check_send(body) if any(words in detail["message"] for words in over)]
    assert [detail for detail in broken if detail["field"] not in guessed] == []
