"""What a log may say of a message: its kind, its size, and no word of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cekat_provider.core.match import criteria
from cekat_provider.core.parse import Message
from cekat_provider.core.story import arrived, sending, waiting
from cekat_provider.messages import Buttons, File, Link, Location, Menu, Row, Section

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=timezone.utc)


def message(text: str, seconds: float | None = None, media_type: str = "text") -> Message:
    sent_at = None if seconds is None else NOON + timedelta(seconds=seconds)
    return Message("m", "c-1", "inbound", text, media_type, None, None, sent_at, "user", {})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "Halo Bu"}, "a text (7 characters) to the number …90"),
        ({"message": "H", "conversation_id": "c-1"}, "a text (1 character) to the number …90 in conversation c-1"),
        (Buttons("Jadi?", ["Ya", "Tidak"]).to_body(), "2 reply buttons (5 characters) to the number …90"),
        (
            Menu(
                "Pilih", "Lihat", [Section([Row("A", "a")], "S"), Section([Row("B", "b"), Row("C", "c")], "T")]
            ).to_body(),
            "a list of 3 rows (5 characters) to the number …90",
        ),
        (Link("Lihat", "Buka", "https://example.com/a").to_body(), "a link button (5 characters) to the number …90"),
        (File("https://example.com/nota.pdf").to_body(), "a file to the number …90"),
        (Location(-6.2, 106.8).to_body(), "a location to the number …90"),
        ({"message": "Halo", "media_type": "sticker"}, "a message of type sticker (4 characters) to the number …90"),
        ({"media_type": "button", "action": "{}"}, "0 reply buttons to the number …90"),
    ],
)
def test_what_is_sent(body: dict[str, Any], said: str) -> None:
    assert sending({**body, "receiver": "6281234567890"}) == said


def test_a_conversation_alone() -> None:
    assert sending({"message": "Halo", "conversation_id": "c-1"}) == "a text (4 characters) to conversation c-1"


@pytest.mark.parametrize(
    ("arguments", "many", "said"),
    [
        ({}, 1, "1 inbound message"),
        ({"since": NOON, "direction": "any"}, 2, "2 messages since 2026-01-05T12:00:00+00:00"),
        ({"contains": "rahasia", "media_type": "image"}, 1, "1 inbound message, by contains, media_type"),
        ({"pattern": "INV-7", "match": bool}, 1, "1 inbound message, by pattern, match"),
    ],
)
def test_what_is_waited_for(arguments: dict[str, Any], many: int, said: str) -> None:
    assert waiting(criteria(**arguments), many) == said


@pytest.mark.parametrize(
    ("messages", "since", "said"),
    [
        ([message("Ya, benar", 34)], NOON, "1 message (text, 9 characters) within 34 s"),
        ([message("Ya", 34)], None, "1 message (text, 2 characters)"),
        ([message("Ya")], NOON, "1 message (text, 2 characters)"),
        ([message("Ya", -0.4)], NOON, "1 message (text, 2 characters) within 0 s"),
        (
            [message("", 1, "image")] * 4,
            NOON,
            "4 messages (image, 0 characters; image, 0 characters; image, 0 characters; …) within 1 s",
        ),
        ([], NOON, "0 messages ()"),
    ],
)
def test_what_has_come(messages: list[Message], since: datetime | None, said: str) -> None:
    assert arrived(messages, since) == said
