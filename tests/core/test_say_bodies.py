"""What is said, and the exact body that goes out: wire facts A and B, one table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cekat_provider.core.body import send_body
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.wire import send_message
from cekat_provider.messages import (
    Button,
    Buttons,
    File,
    Link,
    Location,
    Menu,
    OutboundMessage,
    Row,
    Section,
    Text,
)

TO = {"conversation_id": "5f0c1f9e-0000-4000-8000-000000000001", "receiver": "6281234567890"}

#: A message, and the fields of the wire that it is.
SAID: list[tuple[OutboundMessage, dict[str, Any]]] = [
    (Text("Halo"), {"message": "Halo"}),
    (File("https://files.example.com/a/nota.pdf"), {"file_url": "https://files.example.com/a/nota.pdf"}),
    (
        File("https://files.example.com/nota.pdf", caption="Nota Anda"),
        {"message": "Nota Anda", "file_url": "https://files.example.com/nota.pdf"},
    ),
    (
        Location(-6.2, "106.816666", "Kantor", "Jl. Sudirman"),
        {
            "media_type": "location",
            "location": {
                "latitude": "-6.2",
                "longitude": "106.816666",
                "name": "Kantor",
                "address": "Jl. Sudirman",
            },
        },
    ),
    (
        Location(0, 0),
        {"media_type": "location", "location": {"latitude": "0", "longitude": "0"}},
    ),
    (
        Link("Lacak paket", "Lacak", "https://toko.example.com/x?y=1"),
        {
            "media_type": "cta_url",
            "message": "Lacak paket",
            "action": {
                "name": "cta_url",
                "parameters": {"display_text": "Lacak", "url": "https://toko.example.com/x?y=1"},
            },
        },
    ),
    (
        Link(
            "Lacak paket",
            "Lacak",
            "https://toko.example.com",
            header="Pesanan",
            header_file_url="https://files.example.com/a.png",
            footer="Toko",
        ),
        {
            "media_type": "cta_url",
            "message": "Lacak paket",
            "footer": "Toko",
            "header": {"text": "Pesanan", "file_url": "https://files.example.com/a.png"},
            "action": {
                "name": "cta_url",
                "parameters": {"display_text": "Lacak", "url": "https://toko.example.com"},
            },
        },
    ),
    (
        Buttons("Jadi?", [Button("Ya", "yes"), "Tidak", {"title": "Nanti", "id": "later"}], header="Pesanan"),
        {
            "media_type": "button",
            "message": "Jadi?",
            "header": {"text": "Pesanan"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "yes", "title": "Ya"}},
                    {"type": "reply", "reply": {"id": "Tidak", "title": "Tidak"}},
                    {"type": "reply", "reply": {"id": "later", "title": "Nanti"}},
                ]
            },
        },
    ),
    (
        Menu("Pilih kurir", "Buka", [Row("JNE", "jne", "2 hari"), "POS"], footer="Toko"),
        {
            "media_type": "list",
            "message": "Pilih kurir",
            "footer": "Toko",
            "action": {
                "button": "Buka",
                "sections": [
                    {
                        "rows": [
                            {"id": "jne", "title": "JNE", "description": "2 hari"},
                            {"id": "POS", "title": "POS"},
                        ]
                    }
                ],
            },
        },
    ),
    (
        Menu(
            "Pilih",
            "Buka",
            [Section(["JNE"], "Cepat"), {"title": "Hemat", "rows": [{"title": "POS", "id": "pos"}]}],
            header="Kurir",
        ),
        {
            "media_type": "list",
            "message": "Pilih",
            "header": {"text": "Kurir"},
            "action": {
                "button": "Buka",
                "sections": [
                    {"title": "Cepat", "rows": [{"id": "JNE", "title": "JNE"}]},
                    {"title": "Hemat", "rows": [{"id": "pos", "title": "POS"}]},
                ],
            },
        },
    ),
]
KINDS = [f"{type(message).__name__}-{index}" for index, (message, _) in enumerate(SAID)]


@pytest.mark.parametrize(("message", "fields"), SAID, ids=KINDS)
def test_a_message_is_these_fields(message: OutboundMessage, fields: dict[str, Any]) -> None:
    assert send_body(message=message, **TO) == {**TO, **fields}


@pytest.mark.parametrize(("message", "fields"), SAID, ids=KINDS)
def test_raw_fields_give_the_same_bytes(message: OutboundMessage, fields: dict[str, Any]) -> None:
    raw = send_message(send_body(**fields, **TO)).content
    assert send_message(send_body(message=message, **TO)).content == raw
    # JSON of an object is what a template leaves that does not render natively.
    as_text = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in fields.items()}
    assert send_message(send_body(**as_text, **TO)).content == raw


def test_json_gives_the_same_buttons_and_sections() -> None:
    buttons = json.dumps(["Ya", {"title": "Tidak", "id": "no"}])
    assert Buttons("Jadi?", buttons).to_body() == Buttons("Jadi?", ["Ya", Button("Tidak", "no")]).to_body()
    sections = json.dumps([{"title": "A", "rows": ["x"]}, {"title": "B", "rows": [{"title": "y"}]}])
    wanted = Menu("Pilih", "Buka", [Section(["x"], "A"), Section([Row("y")], "B")]).to_body()
    assert Menu("Pilih", "Buka", sections).to_body() == wanted


def test_a_number_where_native_rendering_made_one_is_its_text() -> None:
    made: Any = Buttons(12345, [1, {"title": 2}], footer=3)  # type: ignore[arg-type, list-item]
    assert send_body(message=made, **TO) == send_body(message=Buttons("12345", ["1", "2"], footer="3"), **TO)
    assert send_body(message=12345, **TO)["message"] == "12345"  # type: ignore[arg-type]


def test_unknown_keys_of_a_row_are_sent() -> None:
    row = {"title": "JNE", "id": "jne", "icon": "🚚"}
    assert Menu("Pilih", "Buka", [row]).to_body()["action"]["sections"][0]["rows"] == [row]


@pytest.mark.parametrize("count", range(1, 11))
def test_choices_are_buttons_up_to_three_and_a_list_up_to_ten(count: int) -> None:
    titles = [f"Pilihan {number}" for number in range(count)]
    body = send_body(message="Pilih", choices=titles, choices_label="Buka", footer="Toko", **TO)
    message = Buttons("Pilih", titles, footer="Toko") if count <= 3 else Menu("Pilih", "Buka", titles, footer="Toko")
    assert body == send_body(message=message, **TO)
    assert body == send_body(message="Pilih", choices=json.dumps(titles), choices_label="Buka", footer="Toko", **TO)


@pytest.mark.parametrize("count", [0, 11])
def test_no_choice_and_more_than_ten_are_refused(count: int) -> None:
    with pytest.raises(CekatInputError, match=f"choices must be 1 to 10 choices, got {count}"):
        send_body(message="Pilih", choices=["x"] * count, **TO)


@pytest.mark.parametrize("name", ["media_type", "file_url", "action", "header"])
def test_what_a_message_brings_cannot_be_given_beside_it(name: str) -> None:
    message = Link("a", "b", "https://example.com", header="c") if name != "file_url" else File("https://a.com/b.pdf")
    raw: dict[str, Any] = {name: {} if name in ("action", "header") else "x"}
    with pytest.raises(CekatInputError, match=f"{name} must be left out: the message"):
        send_body(message=message, **raw, **TO)


def test_choices_stand_beside_a_text() -> None:
    with pytest.raises(CekatInputError, match="message must be a text beside choices, got a NoneType"):
        send_body(choices=["a"], **TO)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Buttons("x", "not json"), "buttons must be a list"),
        (Buttons("x", 3), "buttons must be a list"),  # type: ignore[arg-type]
        (Buttons("x", [["a"]]), r"buttons\[0\] must be a title, a Button or an object with a title, got a list"),
        (Menu("x", "y", [Section("z")]), r"sections\[0\].rows must be a list"),
        (Menu("x", "y", [Section(["a"]), "b"]), r"sections\[1\] must be a Section or an object with rows, got a str"),
        (Menu("x", "y", [Section([None])]), r"sections\[0\].rows\[0\] must be a title, a Row"),  # type: ignore[list-item]
    ],
)
def test_what_has_no_place_on_the_wire_is_refused(message: OutboundMessage, said: str) -> None:
    with pytest.raises(CekatInputError, match=said):
        send_body(message=message, validate="off", **TO)


def test_a_file_is_named_by_its_url() -> None:
    assert File("https://files.example.com/a/nota%20juli.pdf").file_name == "nota juli.pdf"
