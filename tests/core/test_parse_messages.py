"""Every shape of a message, newer and older, and shapes that are neither."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from samples import CONVERSATION, NEWER, OLDER

from cekat_provider.core import parse

JAKARTA = ZoneInfo("Asia/Jakarta")
AT = datetime(2026, 4, 10, 9, 24, 23, 123000, timezone.utc)


def read(**fields: Any) -> parse.Message:
    return parse.message(fields, JAKARTA)


def test_newer_and_older_give_one_shape() -> None:
    assert parse.message(NEWER, JAKARTA) == parse.Message(
        id=NEWER["id"],
        conversation_id=CONVERSATION,
        direction="inbound",
        text="Ya, benar",
        media_type="text",
        media_url=None,
        status="delivered",
        sent_at=AT,
        sender_type="user",
        raw=NEWER,
    )
    assert parse.message(OLDER, JAKARTA) == parse.Message(
        id=OLDER["id"],
        conversation_id=CONVERSATION,
        direction="inbound",
        text="Ya, benar",
        media_type="text",
        media_url=None,
        status=None,
        sent_at=AT,
        sender_type=None,
        raw=OLDER,
    )


def test_nothing_at_all() -> None:
    assert read() == parse.Message(None, None, "outbound", "", "text", None, None, None, None, {})


@pytest.mark.parametrize(
    ("fields", "direction"),
    [
        ({"sent_by_type": "user"}, "inbound"),
        ({"sent_by_type": "User"}, "inbound"),
        *[
            ({"sent_by_type": kind}, "outbound")
            for kind in ("agent", "ai", "api", "campaigns", "follow_up", "system", "inbox")
        ],
        ({"sent_by_type": "private_note"}, "note"),
        ({"sent_by_type": "Private_Note"}, "note"),
        ({"sent_by_type": "something_new"}, "outbound"),
        ({"sent_by_type": "users"}, "outbound"),
        ({"sent_by_type": ""}, "outbound"),
        ({"sent_by_type": None}, "outbound"),
        ({"sent_by_type": ["user"]}, "outbound"),
        ({"direction": "inbound"}, "inbound"),
        ({"direction": "INBOUND"}, "inbound"),
        ({"direction": "outbound"}, "outbound"),
        ({"direction": "sideways"}, "outbound"),
        ({"direction": "incoming"}, "inbound"),
        ({"direction": "Outgoing"}, "outbound"),
        # A word that nobody knows says nothing against one that everybody does.
        ({"direction": "sideways", "sent_by_type": "user"}, "inbound"),
        ({"direction": "incoming", "sent_by_type": "agent"}, "inbound"),
        ({"direction": "outgoing", "sent_by_type": "user"}, "outbound"),
        ({"direction": "outbound", "sent_by_type": "user"}, "outbound"),
        ({"direction": {"a": 1}}, "outbound"),
        # A note is nobody's message, whatever else it says of itself.
        ({"sent_by_type": "user", "additional_data": {"is_private_note": True}}, "note"),
        ({"sent_by_type": "agent", "additional_data": {"is_private_note": True}}, "note"),
        ({"sent_by_type": "user", "additional_data": {"is_private_note": False}}, "inbound"),
        ({"sent_by_type": "user", "additional_data": {"is_private_note": None}}, "inbound"),
        ({"sent_by_type": "user", "additional_data": "is_private_note"}, "inbound"),
        ({"direction": "inbound", "sent_by_type": "private_note"}, "note"),
        ({"direction": "outbound", "type": "private_note"}, "note"),
    ],
)
def test_direction(fields: dict[str, Any], direction: str) -> None:
    assert read(**fields).direction == direction


@pytest.mark.parametrize("kind", ["agent", "something_new", "private_note"])
def test_the_sender_type_is_kept_as_it_came(kind: str) -> None:
    assert read(sent_by_type=kind).sender_type == kind


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"message": "halo"}, "halo"),
        ({"message": ""}, ""),
        ({"message": None}, ""),
        ({"message": "", "content": {"text": "halo"}}, "halo"),
        ({"content": "halo"}, "halo"),
        ({"content": {"body": "halo"}}, "halo"),
        ({"message": {"text": "halo"}}, "halo"),
        ({"message": {"body": "halo"}}, "halo"),
        ({"text": "halo"}, "halo"),
        ({"text": {"body": "halo"}}, "halo"),
        ({"message": 5}, "5"),
        ({"message": True}, ""),
        ({"message": ["halo"]}, ""),
        ({"content": {"text": {"deep": 1}}}, ""),
    ],
)
def test_text(fields: dict[str, Any], text: str) -> None:
    assert read(**fields).text == text


@pytest.mark.parametrize("media_type", ["text", "image", "video", "document", "audio", "button", "cta_url", "x"])
def test_media_type_of_either_shape(media_type: str) -> None:
    assert read(media_type=media_type).media_type == media_type
    assert read(type=media_type).media_type == media_type


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "failed", "queued_somehow"])
def test_status_is_kept(status: str) -> None:
    assert read(status=status).status == status


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"message_id": "m-1"}, "id", "m-1"),
        ({"id": 17}, "id", "17"),
        ({"id": ""}, "id", None),
        ({"id": False}, "id", None),
        ({"id": {"$oid": "1"}}, "id", None),
        ({"conversation_id": 5}, "conversation_id", "5"),
        ({"media_url": "https://files.example.com/a.jpg"}, "media_url", "https://files.example.com/a.jpg"),
        ({"file_url": "https://files.example.com/a.jpg"}, "media_url", "https://files.example.com/a.jpg"),
        ({"media_url": {"url": "x"}}, "media_url", None),
        ({"status": 3}, "status", "3"),
    ],
)
def test_single_fields(fields: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(read(**fields), name) == value


def test_to_dict_is_json_and_keeps_what_nobody_listed() -> None:
    given = parse.message({**NEWER, "brand_new": {"a": [1, None]}}, JAKARTA).to_dict()
    assert json.loads(json.dumps(given)) == given
    assert given == {
        "id": NEWER["id"],
        "conversation_id": CONVERSATION,
        "direction": "inbound",
        "text": "Ya, benar",
        "media_type": "text",
        "media_url": None,
        "status": "delivered",
        "sent_at": "2026-04-10T09:24:23.123000+00:00",
        "sender_type": "user",
        "raw": {**NEWER, "brand_new": {"a": [1, None]}},
    }


def test_repr_tells_nothing_personal() -> None:
    shown = repr(parse.message({**NEWER, "media_url": "https://files.example.com/secret.jpg"}, JAKARTA))
    assert "Ya, benar" not in shown
    assert "6281234567890" not in shown
    assert "secret" not in shown
