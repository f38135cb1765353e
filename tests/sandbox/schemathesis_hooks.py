"""Leaves out the bodies that break a limit which JSON Schema cannot put into words (loaded by schemathesis)."""

from __future__ import annotations

from typing import Any

import schemathesis


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _strings(inner)]
    return []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [inner for inner in value if isinstance(inner, dict)] if isinstance(value, list) else []


def _ids_twice(values: list[Any]) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    return len(texts) != len(set(texts))


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    if not isinstance(body, dict):
        return True
    named = {key: body.get(key) for key in ("message", "header", "footer", "action", "conversation_id")}
    if any(ord(char) > 0xFFFF for text in _strings(named) for char in text):
        return False  # two UTF-16 units each: a length in code points says too little
    action = body.get("action")
    if not isinstance(action, dict):
        return True
    replies = [button.get("reply") for button in _dicts(action.get("buttons"))]
    replies = [reply for reply in replies if isinstance(reply, dict)]
    if _ids_twice([r.get("id") for r in replies]) or _ids_twice([r.get("title") for r in replies]):
        return False
    rows = [row for section in _dicts(action.get("sections")) for row in _dicts(section.get("rows"))]
    return len(rows) <= 10 and not _ids_twice([row.get("id") for row in rows])
