"""One table: a good body of each kind, and what breaks when one thing in it changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

FILE = "https://files.example/a/nota.pdf"


def button(number: int, **reply: Any) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": f"id{number}", "title": f"Tombol {number}", **reply}}


def section(title: str | None, *ids: str) -> dict[str, Any]:
    made: dict[str, Any] = {"rows": [{"id": row, "title": f"Baris {row}"} for row in ids]}
    return made if title is None else {"title": title, **made}


GOOD: dict[str, dict[str, Any]] = {
    "text": {"message": "halo"},
    "attachment": {"message": "Nota", "file_url": FILE},
    "image": {"media_type": "image", "file_url": "https://files.example/a.JPG"},
    "audio": {"media_type": "audio", "file_url": "https://files.example/a.ogg", "message": ""},
    "location": {
        "media_type": "location",
        "location": {"latitude": "-6.2", "longitude": "106.816666", "name": "Kantor", "address": "Jakarta"},
    },
    "cta_url": {
        "media_type": "cta_url",
        "message": "Lacak paket",
        "header": {"text": "Pesanan", "file_url": "https://files.example/a.png"},
        "footer": "Toko",
        "action": {"name": "cta_url", "parameters": {"display_text": "Lacak", "url": "https://toko.example/x?y=1"}},
    },
    "button": {"media_type": "button", "message": "Pilih", "action": {"buttons": [button(1), button(2), button(3)]}},
    "list": {
        "media_type": "list",
        "message": "Pilih",
        "header": {"text": "Menu"},
        "action": {"button": "Buka", "sections": [section("Satu", "a", "b"), section("Dua", "c")]},
    },
}


def changed(kind: str, path: str, value: Any) -> dict[str, Any]:
    body: Any = {"receiver": "6281200000001", **copy.deepcopy(GOOD[kind])}
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner = body
    for part in way:
        inner = inner[part]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return body


@pytest.mark.parametrize("kind", GOOD)
def test_the_good_ones_are_good(refusals, kind):
    assert refusals({"receiver": "6281200000001", **GOOD[kind]}) == []


def at_most(kind: str, path: str, limit: int, field: str | None = None) -> list[tuple[str, str, Any, str | None]]:
    named = field or path
    return [
        (kind, path, "x" * limit, None),
        (kind, path, "x" * (limit + 1), named),
        # An emoji outside the basic plane counts as two.
        (kind, path, "😀" * (limit // 2), None),
        (kind, path, "😀" * (limit // 2 + 1), named),
    ]


TITLE, ROWS = "action.buttons[0].reply.title", "action.sections[0].rows[0]"
CASES = [
    *at_most("text", "message", 4096),
    *at_most("attachment", "message", 1024),
    *at_most("image", "message", 1024),
    *at_most("cta_url", "message", 1024),
    *at_most("cta_url", "header.text", 60),
    *at_most("cta_url", "footer", 60),
    *at_most("cta_url", "action.parameters.display_text", 20),
    *at_most("button", "message", 1024),
    *at_most("button", "action.buttons.0.reply.title", 20, TITLE),
    *at_most("button", "action.buttons.0.reply.id", 256, "action.buttons[0].reply.id"),
    *at_most("list", "message", 4096),
    *at_most("list", "action.button", 20),
    *at_most("list", "action.sections.0.title", 24, "action.sections[0].title"),
    *at_most("list", "action.sections.0.rows.0.id", 200, f"{ROWS}.id"),
    *at_most("list", "action.sections.0.rows.0.title", 24, f"{ROWS}.title"),
    *at_most("list", "action.sections.0.rows.0.description", 72, f"{ROWS}.description"),
    ("text", "message", ..., "message"),
    ("text", "message", "", "message"),
    ("text", "message", None, "message"),
    ("text", "message", 7, "message"),
    ("text", "receiver", ..., "receiver"),
    ("text", "receiver", "+6281200000001", "receiver"),
    ("text", "receiver", "62 812", "receiver"),
    ("text", "receiver", "٦٢٨١٢٠٠٠٠٠٠", "receiver"),
    ("text", "receiver", "6281200000001\n", "receiver"),
    ("text", "receiver", "123456", "receiver"),
    ("text", "receiver", "1234567", None),
    ("text", "receiver", "123456789012345", None),
    ("text", "receiver", "1234567890123456", "receiver"),
    ("text", "receiver", 6281200000001, "receiver"),
    ("text", "conversation_id", "", "conversation_id"),
    ("text", "conversation_id", None, "conversation_id"),
    ("text", "conversation_id", "x" * 257, "conversation_id"),
    ("text", "media_type", "text", None),
    ("text", "media_type", "buttons", "media_type"),
    ("text", "media_type", "", "media_type"),
    ("text", "media_type", None, "media_type"),
    ("text", "footer", "", "footer"),
    ("text", "header", "Pesanan", "header"),
    ("text", "action", {"buttons": [button(1)]}, "action"),
    ("text", "location", {"latitude": "1", "longitude": "1"}, "location"),
    ("image", "file_url", ..., "file_url"),
    ("audio", "message", "Dengarkan", "message"),
    ("audio", "message", ..., None),
    *[
        ("attachment", "file_url", url, None if good else "file_url")
        for url, good in [
            ("http://files.example:8080/a.b/c.v2.zip", True),
            ("https://files.example/a%20b.pdf", True),
            ("https://files.example/nota", False),
            ("https://files.example/a.d/nota", False),
            ("https://files.example/", False),
            ("https://files.example.pdf", False),
            ("https://files.example/nota.pdf?token=1", False),
            ("https://files.example/nota.pdf#1", False),
            ("ftp://files.example/nota.pdf", False),
            ("file:///nota.pdf", False),
            ("nota.pdf", False),
            ("https://files.example/no ta.pdf", False),
            ("https://[e]/nota.pdf", False),
            ("", False),
            (None, False),
        ]
    ],
    ("location", "location", ..., "location"),
    ("location", "location", [], "location"),
    ("location", "location.latitude", ..., "location.latitude"),
    ("location", "location.longitude", ..., "location.longitude"),
    ("location", "location.latitude", -6.2, "location.latitude"),
    ("location", "location.latitude", "90.0", None),
    ("location", "location.latitude", "90.1", "location.latitude"),
    ("location", "location.latitude", "-91", "location.latitude"),
    ("location", "location.latitude", "6,2", "location.latitude"),
    ("location", "location.latitude", "nan", "location.latitude"),
    ("location", "location.longitude", "-180", None),
    ("location", "location.longitude", "180.5", "location.longitude"),
    ("location", "location.longitude", "181", "location.longitude"),
    ("location", "location.name", 7, "location.name"),
    ("location", "location.name", ..., None),
    ("cta_url", "action", ..., "action"),
    ("cta_url", "action.name", ..., "action.name"),
    ("cta_url", "action.name", "url", "action.name"),
    ("cta_url", "action.parameters", ..., "action.parameters"),
    ("cta_url", "action.parameters.display_text", "", "action.parameters.display_text"),
    ("cta_url", "action.parameters.url", ..., "action.parameters.url"),
    ("cta_url", "action.parameters.url", "toko.example", "action.parameters.url"),
    ("cta_url", "header.file_url", "https://files.example/x", "header.file_url"),
    ("cta_url", "header", {}, None),
    ("button", "action.buttons", [], "action.buttons"),
    ("button", "action.buttons", {}, "action.buttons"),
    ("button", "action.buttons", [button(n) for n in range(4)], "action.buttons"),
    ("button", "action.buttons.1", "Tombol", "action.buttons[1]"),
    ("button", "action.buttons.0.type", "url", "action.buttons[0].type"),
    ("button", "action.buttons.0.reply", ..., "action.buttons[0].reply"),
    ("button", "action.buttons.0.reply.id", "id2", "action.buttons"),
    ("button", "action.buttons.0.reply.id", " id", "action.buttons[0].reply.id"),
    ("button", "action.buttons.0.reply.id", "id ", "action.buttons[0].reply.id"),
    ("button", "action.buttons.0.reply.title", "Tombol 2", "action.buttons"),
    ("button", "action.buttons.0.reply.title", "", TITLE),
    ("list", "header.file_url", FILE, "header.file_url"),
    ("list", "action.button", ..., "action.button"),
    ("list", "action.sections", [], "action.sections"),
    ("list", "action.sections", [section(None, *"abcdefghij")], None),
    ("list", "action.sections", [section(None, *"abcdefghijk")], "action.sections"),
    ("list", "action.sections", [section("Satu", *"abcdef"), section("Dua", *"ghijk")], "action.sections"),
    ("list", "action.sections", [section(str(n), str(n)) for n in range(10)], None),
    ("list", "action.sections", [section(str(n), str(n)) for n in range(11)], "action.sections"),
    ("list", "action.sections.0.title", ..., "action.sections[0].title"),
    ("list", "action.sections.0.rows", [], "action.sections[0].rows"),
    ("list", "action.sections.0.rows.0.id", "c", "action.sections"),
    ("list", "action.sections.0.rows.0", 7, f"{ROWS}"),
    ("list", "action.sections.0.rows.0.description", "", None),
]


@pytest.mark.parametrize(("kind", "path", "value", "field"), CASES)
def test_one_change(refusals, kind, path, value, field):
    found = refusals(changed(kind, path, value))
    assert {name for name, _ in found} == ({field} if field else set())


def test_all_reasons_are_given_at_once(refusals):
    found = refusals({"receiver": "+62", "message": "x" * 4097, "footer": "y" * 61})
    assert [field for field, _ in found] == ["receiver", "footer", "message"]
    assert found[2][1] == "has 4097 characters, at most 4096 allowed"


@pytest.mark.parametrize(
    ("url", "kind"),
    [("a.jpg", "image"), ("a.MP4", "video"), ("a.ogg", "audio"), ("a.pdf", "document"), ("a.xyz", "document")],
)
def test_a_plain_attachment_is_kept_as_what_it_is(api, url, kind):
    where = api.sent(message="ini", file_url=f"https://files.example/{url}")["conversation_id"]
    (message,) = api.history(where)
    assert (message["media_type"], message["media_url"]) == (kind, f"https://files.example/{url}")


def test_an_interactive_message_is_kept_with_its_parts(api):
    where = api.sent(**GOOD["cta_url"])["conversation_id"]
    (message,) = api.history(where)
    assert message["media_type"] == "cta_url"
    assert message["action"] == GOOD["cta_url"]["action"]
    assert message["media_url"] == "https://files.example/a.png"
    assert message["interactive"]["type"] == "cta_url"
    assert message["interactive"]["footer"] == {"text": "Toko"}
