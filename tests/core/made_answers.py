"""Answers of Cekat's that are nearly right, made of thrown dice: cut, changed, mistyped, nested, in other encodings."""

from __future__ import annotations

import json
from typing import Any

from dice import Dice
from samples import NEWER, OLDER

_STATUSES = [200, 201, 204, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 599]
_ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7"]
_REFUSED = {
    "success": False,
    "status_code": 400,
    "error": {"code": 131047, "message": "no", "details": [{"field": "x"}]},
}
_SENT = {"success": True, "data": {"message_id": "m-1", "conversation_id": "c-1", "status": "sent"}}
_PAGE = {"success": True, "data": [NEWER, OLDER], "metadata": {"pagination": {"current_page": 1, "total_page": 2}}}
_HEADERS = {
    "Date": ["Fri, 10 Apr 2026 09:24:23 GMT", "Fri, 99 Apr 2026 09:24:23 GMT", "0", "Mon, 01 Jan 0001 00:00:00 +2359"],
    "Retry-After": ["1", "-1", "1e999", "nan", "Fri, 10 Apr 2026 09:24:23 GMT", "soon", "9" * 400],
    "Content-Type": ["application/json", "text/html; charset=utf-16", "\xff"],
}
#: What no field of Cekat's should hold.
_ODD: list[Any] = [
    None, True, {}, [], "", "\x00", "\ud800", "null", 0, -1, 1.5, 10**400, 1e308, float("nan"), float("inf"),
    "9" * 13, "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+23:59", "2026-02-30 10:00:00", [None], {"text": {}},
    "x" * 5000,
]  # fmt: skip


def status(dice: Dice) -> int:
    """Make a status, most often a good one."""
    return dice.one([200, 200, dice.one(_STATUSES)])


def headers(dice: Dice) -> dict[str, str]:
    """Make headers that mean something here."""
    return {name: dice.one([dice.one(values), dice.text()]) for name, values in _HEADERS.items() if dice.below(2)}


def content(dice: Dice) -> bytes:
    """Make an answer's bytes."""
    value = _mistyped(dice, dice.one([_PAGE, _SENT, _REFUSED, [NEWER], {"data": {"messages": [OLDER]}}]))
    text = json.dumps(value, ensure_ascii=bool(dice.below(2)))
    if not dice.below(12):
        depth = dice.one([99, 101, 2000, 100_000])
        text = text.replace("null", dice.one(["[", '{"a":']) * depth, 1)
    encoding = dice.one(["utf-8", "utf-8", "utf-8", dice.one(_ENCODINGS)])
    return _broken(dice, text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace"))


def _mistyped(dice: Dice, value: Any) -> Any:
    if not dice.below(16):
        return dice.one(_ODD)
    if isinstance(value, dict):
        return {dice.text(5) if not dice.below(40) else name: _mistyped(dice, inner) for name, inner in value.items()}
    return [_mistyped(dice, inner) for inner in value] if isinstance(value, list) else value


def _broken(dice: Dice, whole: bytes) -> bytes:
    at = dice.below(len(whole) + 1)
    return dice.one(
        [
            whole,
            whole,
            whole,
            whole[:at],
            whole[:at] + dice.content(3) + whole[at + 1 :],
            whole[:at] + whole,
            dice.content(40),
        ]
    )
