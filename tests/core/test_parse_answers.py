"""Every shape of an answer to ``GET /messages``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from samples import NEWER, OLDER, answer

from cekat_provider.core import parse
from cekat_provider.core.errors import NotJSONError

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize("raw", [NEWER, OLDER], ids=["newer", "older"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda items: {"success": True, "data": items},
        lambda items: {"success": True, "data": {"messages": items}},
        lambda items: {"success": True, "data": {"items": items}},
        lambda items: {"messages": items},
        lambda items: {"items": items},
        lambda items: items,
        lambda items: {"success": True, "data": items, "metadata": {"pagination": {}}},
        lambda items: {"success": True, "data": items, "metadata": None},
    ],
    ids=["data", "data.messages", "data.items", "messages", "items", "bare", "empty-meta", "null-meta"],
)
def test_the_list_is_found(wrap: Any, raw: dict[str, Any]) -> None:
    page = parse.page(answer(wrap([raw, raw])), JAKARTA)
    assert [message.raw for message in page.messages] == [raw, raw]
    assert [message.text for message in page.messages] == ["Ya, benar", "Ya, benar"]
    assert page.next_page is None


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"success": True, "data": []},
        {"success": True, "data": {"messages": []}},
        {"success": True, "data": None},
        {"success": True},
    ],
)
def test_nothing_yet(body: Any) -> None:
    assert parse.page(answer(body), JAKARTA) == parse.Page((), None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html></html>",
        b'{"success": true, "data": [',
        b'{"success": true, "data": []} trailing',
        b"\xff\xfe\x00",
        b"\x80abc",
        b"[" * 200_000 + b"]" * 200_000,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b"1" * 10_000,
        {},
        {"success": True, "data": {}},
        {"success": True, "data": {"rows": []}},
        {"success": True, "data": "none"},
        {"data": None},
        {"hello": "world"},
        "Not found",
        None,
        True,
        7,
    ],
    ids=lambda body: repr(body)[:24],
)
def test_no_list_is_an_error(body: Any) -> None:
    with pytest.raises(NotJSONError) as caught:
        parse.page(answer(body), JAKARTA)
    assert caught.value.status == 200


@pytest.mark.parametrize("broken", [None, 1, 1.5, "text", True, [], [NEWER]])
def test_what_is_no_message_is_left_out(broken: Any) -> None:
    page = parse.page(answer({"success": True, "data": [broken, NEWER, broken]}), JAKARTA)
    assert [message.id for message in page.messages] == [NEWER["id"]]


def numbers(current: Any, total: Any) -> dict[str, Any]:
    return {"pagination": {"current_page": current, "current_items": 1, "total_page": total, "total_items": 9}}


@pytest.mark.parametrize(
    ("body", "next_page"),
    [
        ({"data": [], "metadata": numbers(1, 3)}, {"page": "2"}),
        ({"data": [], "metadata": numbers(2, 3)}, {"page": "3"}),
        ({"data": [], "metadata": numbers(3, 3)}, None),
        ({"data": [], "metadata": numbers(4, 3)}, None),
        ({"data": [], "metadata": numbers(1, 0)}, None),
        ({"data": [], "metadata": numbers(None, 3)}, None),
        ({"data": [], "metadata": numbers(1, None)}, None),
        ({"data": [], "metadata": numbers([], {})}, None),
        ({"data": {"messages": [], "metadata": numbers(1, 2)}}, {"page": "2"}),
        ({"data": [], **numbers(1, 2)}, {"page": "2"}),
        ({"data": [], "metadata": {"pagination": {"next_cursor": "abc=="}}}, {"cursor": "abc=="}),
        ({"data": [], "metadata": {"next_cursor": "abc"}}, {"cursor": "abc"}),
        ({"data": [], "next_cursor": "abc"}, {"cursor": "abc"}),
        ({"data": {"items": [], "next_cursor": "abc"}}, {"cursor": "abc"}),
        ({"data": [], "metadata": {"pagination": {"next_cursor": None, "has_more": False}}}, None),
        ({"data": [], "metadata": {"pagination": {"next_cursor": ""}}}, None),
        ({"data": [], "metadata": {"pagination": {"next_cursor": 5}}}, None),
        ({"data": [], "metadata": "none"}, None),
        ({"data": [], "metadata": {"pagination": []}}, None),
    ],
)
def test_the_next_page(body: Any, next_page: dict[str, str] | None) -> None:
    assert parse.page(answer(body), JAKARTA).next_page == next_page


@pytest.mark.parametrize("raw", [NEWER, OLDER], ids=["newer", "older"])
def test_what_is_older_is_left_out_by_its_time_alone(raw: dict[str, Any]) -> None:
    nameless = {name: value for name, value in raw.items() if name != "id"}
    untimed = {**raw, "id": "untimed", "created_at": "soon", "timestamp": None}
    body = [
        {**raw, "id": "before", "created_at": "2026-04-10 16:24:22"},
        {**raw, "id": "at", "created_at": "2026-04-10T16:24:23+07:00"},
        {**raw, "id": "after", "created_at": "2026-04-10T09:24:23.001Z"},
        {**nameless, "created_at": "2026-04-10T09:00:00Z"},
        untimed,
    ]
    since = datetime(2026, 4, 10, 9, 24, 23, tzinfo=parse.UTC)
    page = parse.page(answer(body), JAKARTA, since)
    # One that has no id is kept: by nothing else could a page that is given again be told.
    assert [message.id for message in page.messages] == ["at", "after", None, "untimed"]
    assert page.older == ("before",)
    assert parse.page(answer(body), JAKARTA).older == ()
