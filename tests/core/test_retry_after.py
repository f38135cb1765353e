"""How long Cekat asks to wait, and what its clock says."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import GENERATED, answer

from cekat_provider.core import classify

NOW = "Fri, 10 Apr 2026 09:24:23 GMT"


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("2", None, 2),
        ("0", None, 0),
        ("120", NOW, 120),
        (" 7 ", None, 7),
        ("1.5", None, 1.5),
        ("-5", None, 0),
        ("Fri, 10 Apr 2026 09:25:23 GMT", NOW, 60),
        ("Fri, 10 Apr 2026 09:24:23 GMT", NOW, 0),
        ("Fri, 10 Apr 2026 09:24:00 GMT", NOW, 0),
        # Without the server's clock a date says nothing: ours may be wrong.
        ("Fri, 10 Apr 2026 09:25:23 GMT", None, None),
        ("Fri, 10 Apr 2026 09:25:23 GMT", "soon", None),
        ("Fri, 99 Apr 2026 09:25:23 GMT", NOW, None),
        ("soon", NOW, None),
        ("", NOW, None),
        ("nan", None, None),
        ("inf", None, None),
        ("-inf", None, None),
        ("1e999", None, None),
    ],
)
def test_table(value: str, date: str | None, seconds: float | None) -> None:
    headers = {"retry_after": value} if date is None else {"retry_after": value, "date": date}
    assert classify.retry_after_seconds(answer(b"", 429, **headers)) == seconds


def test_no_header() -> None:
    assert classify.retry_after_seconds(answer(b"", 429)) is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (NOW, datetime(2026, 4, 10, 9, 24, 23, tzinfo=timezone.utc)),
        ("Friday, 10-Apr-26 09:24:23 GMT", datetime(2026, 4, 10, 9, 24, 23, tzinfo=timezone.utc)),
        ("Fri, 10 Apr 2026 16:24:23 +0700", datetime(2026, 4, 10, 9, 24, 23, tzinfo=timezone.utc)),
        ("Fri, 10 Apr 2026 09:24:23 -0000", datetime(2026, 4, 10, 9, 24, 23, tzinfo=timezone.utc)),
        ("", None),
        ("today", None),
        ("Fri, 10 Apr 2026 25:61:61 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_http_dates(value: str, moment: datetime | None) -> None:
    assert classify.http_date(value) == moment


@GENERATED
@given(st.text(alphabet="FriApr 0123456789:+-,GMT/.\x00é", max_size=40) | st.text())
def test_any_header_is_none_or_a_time(value: str) -> None:
    moment = classify.http_date(value)
    assert moment is None or moment.tzinfo is timezone.utc
    wait = classify.retry_after_seconds(answer(b"", 429, retry_after=value, date=NOW))
    assert wait is None or wait >= 0
