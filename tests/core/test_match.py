"""Which messages end a wait."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.match import criteria
from cekat_provider.core.parse import Message, message

UTC = timezone.utc
AT = datetime(2026, 4, 10, 9, 24, 23, 500000, UTC)


def said(text: str = "Ya, benar", at: datetime | None = AT, kind: str = "user", **more: Any) -> Message:
    times = {} if at is None else {"created_at": at.isoformat()}
    return message({"id": "m-1", "message": text, "sent_by_type": kind, **times, **more}, UTC)


@pytest.mark.parametrize(
    ("wanted", "held", "counts"),
    [
        ({}, said(), True),
        ({}, said(""), True),
        # direction
        ({}, said(kind="agent"), False),
        ({"direction": "inbound"}, said(), True),
        ({"direction": "outbound"}, said(), False),
        ({"direction": "outbound"}, said(kind="agent"), True),
        ({"direction": "outbound"}, said(kind="something_new"), True),
        ({"direction": "any"}, said(), True),
        ({"direction": "any"}, said(kind="agent"), True),
        # a note is nobody's message
        ({"direction": "any"}, said(kind="private_note"), False),
        ({"direction": "outbound"}, said(kind="private_note"), False),
        ({"direction": "any"}, said(additional_data={"is_private_note": True}), False),
        # since, in whole seconds
        ({"since": AT}, said(at=AT), True),
        ({"since": AT}, said(at=AT.replace(microsecond=0)), True),
        ({"since": AT.replace(microsecond=999999)}, said(at=AT.replace(microsecond=0)), True),
        ({"since": AT}, said(at=AT.replace(microsecond=0) - timedelta(microseconds=1)), False),
        ({"since": AT}, said(at=AT + timedelta(days=1)), True),
        ({"since": AT}, said(at=AT - timedelta(seconds=1)), False),
        ({"since": AT}, said(at=None), False),
        ({"since": None}, said(at=None), True),
        ({"since": AT.isoformat()}, said(at=AT), True),
        ({"since": "2026-04-10 09:24:23.5+00:00"}, said(at=AT), True),
        ({"since": "2026-04-10T16:24:24+07:00"}, said(at=AT), False),
        ({"since": "2026-04-10T09:24:24Z"}, said(at=AT), False),
        # naive is UTC, as everywhere in Airflow
        ({"since": "2026-04-10 09:24:23"}, said(at=AT), True),
        ({"since": datetime(2026, 4, 10, 9, 24, 24)}, said(at=AT), False),
        # contains
        ({"contains": "YA"}, said(), True),
        ({"contains": "straße"}, said("STRASSE 1"), True),
        ({"contains": "tidak"}, said(), False),
        ({"contains": "a"}, said(""), False),
        # pattern
        ({"pattern": r"^Ya\b"}, said(), True),
        ({"pattern": r"^ya\b"}, said(), False),
        ({"pattern": r"(?i)^ya\b"}, said(), True),
        ({"pattern": re.compile("BENAR", re.IGNORECASE)}, said(), True),
        ({"pattern": ""}, said(""), True),
        # media_type
        ({"media_type": "image"}, said(media_type="image"), True),
        ({"media_type": "image"}, said(media_type="IMAGE"), True),
        ({"media_type": "image"}, said(), False),
        ({"media_type": "text"}, said(), True),
        # match
        ({"match": lambda held: held.text.startswith("Ya")}, said(), True),
        ({"match": lambda held: 0}, said(), False),
        ({"match": lambda held: "yes"}, said(), True),
        # all together
        ({"since": AT, "contains": "benar", "pattern": "Ya", "media_type": "text", "match": bool}, said(), True),
        ({"since": AT, "contains": "benar", "pattern": "Tidak", "media_type": "text"}, said(), False),
    ],
    ids=range(44),
)
def test_table(wanted: dict[str, Any], held: Message, counts: bool) -> None:
    assert criteria(**wanted).accepts(held) is counts


def test_match_is_not_asked_about_what_does_not_count_anyway() -> None:
    asked: list[Message] = []
    wanted = criteria(contains="ya", match=lambda held: bool(asked.append(held)) or True)
    ours, note, theirs = said(kind="agent"), said(kind="private_note"), said()
    assert wanted.select([ours, note, said("tidak"), theirs]) == [theirs]
    assert asked == [theirs]


def test_the_order_is_kept() -> None:
    held = [said(str(n), AT - timedelta(minutes=n)) for n in range(3)]
    assert criteria().select(held) == held


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"direction": "in"}, "direction must be one of inbound, outbound, any, got 'in'"),
        ({"direction": None}, "direction must be one of inbound, outbound, any, got None"),
        ({"direction": "note"}, "direction must be one of inbound, outbound, any, got 'note'"),
        ({"contains": ""}, "contains must be a text, or None for any, got an empty text"),
        ({"contains": 5}, "contains must be a text, or None for any, got no text"),
        ({"media_type": ["image"]}, "media_type must be a text, or None for any, got no text"),
        ({"pattern": "("}, "pattern must be a regular expression, got something that is not one"),
        ({"pattern": 5}, "pattern must be a regular expression, got something that is not one"),
        ({"pattern": b"ya"}, "pattern must be a regular expression, got something that is not one"),
        ({"pattern": re.compile(b"ya")}, "pattern must be a regular expression, got something that is not one"),
        ({"pattern": "a{99999999999999999999}"}, "pattern must be a regular expression, got something that is not one"),
        ({"pattern": "(" * 9999 + ")" * 9999}, "pattern must be a regular expression, got something that is not one"),
        ({"match": "ya"}, "match must be a callable that takes one message, got a str"),
        ({"since": ""}, "since must be a time in ISO 8601, or None for the whole history, got ''"),
        ({"since": "None"}, "since must be a time in ISO 8601, or None for the whole history, got 'None'"),
        ({"since": "kemarin"}, "since must be a time in ISO 8601, or None for the whole history, got 'kemarin'"),
        ({"since": 1775813063}, "since must be a time in ISO 8601, or None for the whole history, got 1775813063"),
        ({"since": [1]}, "since must be a time in ISO 8601, or None for the whole history, got [1]"),
    ],
)
def test_refused(wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(CekatInputError) as caught:
        criteria(**wanted)
    assert str(caught.value) == words


def test_the_edges_of_the_calendar() -> None:
    east, west = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))
    for edge in (datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)):
        with pytest.raises(CekatInputError, match=r"^since must be"):
            criteria(since=edge)


def test_repr_tells_no_text() -> None:
    assert "Bu Contoh" not in repr(criteria(contains="Bu Contoh", pattern="Bu Contoh"))
