"""Times as Cekat writes them, and as it might."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import GENERATED

from cekat_provider.core import parse

JAKARTA = ZoneInfo("Asia/Jakarta")
AT = datetime(2026, 4, 10, 9, 24, 23, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        # Z and offsets (B, C)
        ("2026-04-10T09:24:23Z", AT),
        ("2026-04-10T09:24:23z", AT),
        ("2026-04-10 09:24:23Z", AT),
        (" 2026-04-10T09:24:23Z\n", AT),
        ("2026-04-10T16:24:23+07:00", AT),
        ("2026-04-10T16:24:23+0700", AT),
        ("2026-04-10T16:24:23+07", AT),
        ("2026-04-10 16:24:23 +0700", AT),
        ("2026-04-10T04:24:23-05:00", AT),
        ("2026-04-10T09:24:23.5Z", AT.replace(microsecond=500000)),
        ("2026-04-10T09:24:23.123Z", AT.replace(microsecond=123000)),
        ("2026-04-10T09:24:23.123456789Z", AT.replace(microsecond=123456)),
        ("2026-04-10T16:24:23.1234+07:00", AT.replace(microsecond=123400)),
        ("2026-04-10T16:24Z", AT.replace(hour=16, second=0)),
        # naive, in the connection's zone (C, D)
        ("2026-04-10 16:24:23", AT),
        ("2026-04-10T16:24:23", AT),
        ("2026-04-10 16:24:23.250", AT.replace(microsecond=250000)),
        ("2026-04-10", datetime(2026, 4, 9, 17, tzinfo=timezone.utc)),
        # epochs, seconds and milliseconds
        (1775813063, AT),
        (1775813063.25, AT.replace(microsecond=250000)),
        (1775813063000, AT),
        (1775813063250, AT.replace(microsecond=250000)),
        ("1775813063", AT),
        ("1775813063250", AT.replace(microsecond=250000)),
        (0, parse.EPOCH),
        (-1, parse.EPOCH - timedelta(seconds=1)),
        # nothing that is a time
        (None, None),
        ("", None),
        ("yesterday", None),
        ("2026-13-40 99:99:99", None),
        ("2026-04-10T09:24:23+99:99", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("NaN", None),
        (True, None),
        ([], None),
        ({}, None),
        (float("nan"), None),
        (float("inf"), None),
        (1e300, None),
        (10**400, None),
        (-(10**400), None),
    ],
    ids=lambda value: repr(value)[:32],
)
def test_every_form(value: Any, moment: datetime | None) -> None:
    assert parse.time(value, JAKARTA) == moment


def test_a_naive_time_follows_the_zone() -> None:
    for name, hour in (("UTC", 16), ("Asia/Jakarta", 9), ("Asia/Makassar", 8), ("Asia/Jayapura", 7)):
        assert parse.time("2026-04-10 16:24:23", ZoneInfo(name)) == AT.replace(hour=hour)


def test_the_first_readable_one_counts() -> None:
    raw = {"created_at": "soon", "timestamp": None, "sent_at": "2026-04-10T09:24:23Z"}
    assert parse.message(raw, JAKARTA).sent_at == AT


ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@GENERATED
@given(st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(2999, 1, 1), timezones=ZONES))
def test_what_python_writes_is_read_back(moment: datetime) -> None:
    assert parse.time(moment.isoformat(), JAKARTA) == moment.astimezone(timezone.utc)


@GENERATED
@given(st.one_of(st.text(), st.floats(), st.integers(), st.from_regex(r"\d{1,4}-\d\d-\d\d[ T][\d:.,+-]{0,20}Z?")))
@example("٢٠٢٦-04-10")
def test_anything_else_is_none_or_a_time(value: Any) -> None:
    moment = parse.time(value, JAKARTA)
    assert moment is None or moment.utcoffset() == timedelta()
