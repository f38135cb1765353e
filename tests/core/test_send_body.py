"""What is said, byte for byte as it goes out (wire facts A, B)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from samples import CONVERSATION

from cekat_provider.core import wire
from cekat_provider.core.body import send_body

TO = {"receiver": "6281234567890"}
LINK = {"name": "cta_url", "parameters": {"display_text": "Lacak", "url": "https://shop.example.com/t/7"}}
BUTTONS = {"buttons": [{"type": "reply", "reply": {"id": f"b{n}", "title": f"Pilihan {n}"}} for n in (1, 2, 3)]}
LIST = {
    "button": "Pilih",
    "sections": [{"title": "Kurir", "rows": [{"id": "jne", "title": "JNE", "description": "Besok"}]}],
}
PLACE = {"latitude": "-6.2", "longitude": "106.8", "name": "Toko", "address": "Jl. Contoh 1"}


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        (
            {**TO, "message": 'Halo! 😀 "apa" kabar\n'},
            '{"receiver":"6281234567890","message":"Halo! 😀 \\"apa\\" kabar\\n"}',
        ),
        (
            {"conversation_id": CONVERSATION, "message": "halo"},
            f'{{"conversation_id":"{CONVERSATION}","message":"halo"}}',
        ),
        (
            {"conversation_id": CONVERSATION, "receiver": "+62 812-3456-7890", "message": "halo"},
            f'{{"conversation_id":"{CONVERSATION}","receiver":"6281234567890","message":"halo"}}',
        ),
        (
            {**TO, "message": "nota", "file_url": "https://files.example.com/nota.pdf"},
            '{"receiver":"6281234567890","message":"nota","file_url":"https://files.example.com/nota.pdf"}',
        ),
        (
            {**TO, "file_url": "https://files.example.com/nota.pdf"},
            '{"receiver":"6281234567890","file_url":"https://files.example.com/nota.pdf"}',
        ),
        (
            {
                **TO,
                "message": "Pesanan Anda",
                "media_type": "cta_url",
                "header": {"text": "INV-7", "file_url": "https://files.example.com/a.png"},
                "footer": "Terima kasih",
                "action": LINK,
            },
            '{"receiver":"6281234567890","media_type":"cta_url","message":"Pesanan Anda","footer":"Terima kasih",'
            '"header":{"text":"INV-7","file_url":"https://files.example.com/a.png"},"action":{"name":"cta_url",'
            '"parameters":{"display_text":"Lacak","url":"https://shop.example.com/t/7"}}}',
        ),
        (
            {**TO, "message": "Yang mana?", "media_type": "button", "header": {"text": "INV-7"}, "action": BUTTONS},
            '{"receiver":"6281234567890","media_type":"button","message":"Yang mana?","header":{"text":"INV-7"},'
            '"action":{"buttons":[{"type":"reply","reply":{"id":"b1","title":"Pilihan 1"}},'
            '{"type":"reply","reply":{"id":"b2","title":"Pilihan 2"}},'
            '{"type":"reply","reply":{"id":"b3","title":"Pilihan 3"}}]}}',
        ),
        (
            {**TO, "message": "Kurir?", "media_type": "list", "header": {"text": "H"}, "footer": "F", "action": LIST},
            '{"receiver":"6281234567890","media_type":"list","message":"Kurir?","footer":"F","header":{"text":"H"},'
            '"action":{"button":"Pilih","sections":[{"title":"Kurir",'
            '"rows":[{"id":"jne","title":"JNE","description":"Besok"}]}]}}',
        ),
        (
            {**TO, "media_type": "location", "location": PLACE},
            '{"receiver":"6281234567890","media_type":"location","location":{"latitude":"-6.2","longitude":"106.8",'
            '"name":"Toko","address":"Jl. Contoh 1"}}',
        ),
        (
            {**TO, "message": "halo", "extra_fields": {"phone_name": "Contoh", "flags": [1, None, True]}},
            '{"receiver":"6281234567890","message":"halo","phone_name":"Contoh","flags":[1,null,true]}',
        ),
        (
            {**TO, "extra_fields": {"template": {"name": "x"}}},
            '{"receiver":"6281234567890","template":{"name":"x"}}',
        ),
    ],
    ids=lambda value: value.get("media_type", "") if isinstance(value, dict) else "",
)
def test_exact_bytes(arguments: dict[str, Any], content: str) -> None:
    request = wire.send_message(send_body(**arguments))
    assert (request.method, request.target, request.content) == ("POST", "/messages/whatsapp", content.encode())


@pytest.mark.parametrize("name", ["header", "action", "extra_fields", "location"])
def test_an_object_may_come_as_its_json(name: str) -> None:
    value = PLACE if name == "location" else {"text": "é", "deep": [{"a": None}]}
    # Of a kind that this package does not know, so that an action may hold anything.
    base = {**TO, "message": "halo", "media_type": "something_new"}
    assert send_body(**base, **{name: json.dumps(value)}) == send_body(**base, **{name: value})


@pytest.mark.parametrize(
    ("latitude", "written"),
    [
        ("-6.2", "-6.2"),
        (-6.2, "-6.2"),
        (" -6.2\n", "-6.2"),
        (0, "0"),
        (90, "90"),
        ("-90", "-90"),
        ("90.0000", "90.0000"),
        (-6.175392, "-6.175392"),
        # never in scientific notation, which a reader of strings need not know
        (1e-07, "0.0000001"),
    ],
)
def test_degrees_go_out_as_plain_decimals(latitude: Any, written: str) -> None:
    body = send_body(**TO, location={"latitude": latitude, "longitude": latitude})
    assert body["location"] == {"latitude": written, "longitude": written}


def test_none_is_left_out_of_a_location() -> None:
    body = send_body(**TO, location={"latitude": 1, "longitude": 2, "name": None, "address": None})
    assert body["location"] == {"latitude": "1", "longitude": "2"}


def test_the_callers_objects_stay_as_they_are() -> None:
    place, more = {"latitude": 1, "longitude": 2}, {"a": 1}
    send_body(**TO, message="halo", location=place, extra_fields=more)
    assert (place, more) == ({"latitude": 1, "longitude": 2}, {"a": 1})


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ({}, "/messages?conversation_id=c-1"),
        ({"page": "2"}, "/messages?conversation_id=c-1&page=2"),
        ({"cursor": "a=&b c"}, "/messages?conversation_id=c-1&cursor=a%3D%26b+c"),
    ],
)
def test_a_read(page: dict[str, str], target: str) -> None:
    request = wire.get_messages("c-1", **page)
    assert (request.method, request.target, request.content) == ("GET", target, None)


@pytest.mark.parametrize(
    ("conversation_id", "target"),
    [
        ("a&page=9", "a%26page%3D9"),
        ("a/../b", "a%2F..%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("a\r\nX: y", "a%0D%0AX%3A+y"),
        ("é😀", "%C3%A9%F0%9F%98%80"),
        ("%26", "%2526"),
        ("a+b", "a%2Bb"),
    ],
)
def test_an_id_cannot_leave_its_place(conversation_id: str, target: str) -> None:
    assert wire.get_messages(conversation_id).target == f"/messages?conversation_id={target}"


def test_a_requests_repr_tells_nothing() -> None:
    shown = repr(wire.send_message(send_body(**TO, message="halo Bu Contoh"))) + repr(wire.get_messages("c-1"))
    assert "halo" not in shown
    assert "62812" not in shown
    assert "c-1" not in shown
