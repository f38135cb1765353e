"""WhatsApp's limits: each at its edge and one beyond, in words that name the place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cekat_provider.core.body import send_body
from cekat_provider.core.errors import CekatInputError
from cekat_provider.messages import Buttons, Link, Location, Menu, Section, Text

FILE = "https://files.example.com/nota.pdf"
LINK = Link("t", "l", "https://example.com", header="h", footer="f").to_body()
BUTTONS = Buttons("t", ["a", "b", "c"], header="h", footer="f").to_body()
MENU = Menu(
    "t", "l", [Section([{"title": "a", "description": "d"}, "b"], "A"), Section(["c"], "B")], "h", "f"
).to_body()


def changed(fields: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    fields = copy.deepcopy(fields)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner: Any = fields
    for part in way:
        inner = inner[part]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return fields


def refusal(fields: dict[str, Any]) -> str | None:
    try:
        send_body(receiver="6281234567890", **fields)
    except CekatInputError as err:
        return str(err)
    return None


#: Fields, a place in them, the most characters there, and the name that the error gives the place.
CHARACTERS = [
    ({"message": ""}, "message", 4096, "message"),
    ({"message": "", "file_url": FILE}, "message", 1024, "message"),
    ({"message": "", "file_url": FILE, "media_type": "image"}, "message", 1024, "message"),
    (LINK, "message", 1024, "message"),
    (BUTTONS, "message", 1024, "message"),
    (MENU, "message", 4096, "message"),
    *((fields, "header.text", 60, "header text (header.text)") for fields in (LINK, BUTTONS, MENU)),
    *((fields, "footer", 60, "footer") for fields in (LINK, BUTTONS, MENU)),
    (LINK, "action.parameters.display_text", 20, "link label (action.parameters.display_text)"),
    (BUTTONS, "action.buttons.2.reply.title", 20, "button title (action.buttons[2].reply.title)"),
    (BUTTONS, "action.buttons.2.reply.id", 256, "button id (action.buttons[2].reply.id)"),
    (MENU, "action.button", 20, "list label (action.button)"),
    (MENU, "action.sections.1.title", 24, "section title (action.sections[1].title)"),
    (MENU, "action.sections.0.rows.1.title", 24, "row title (action.sections[0].rows[1].title)"),
    (MENU, "action.sections.0.rows.1.id", 200, "row id (action.sections[0].rows[1].id)"),
    (MENU, "action.sections.0.rows.0.description", 72, "row description (action.sections[0].rows[0].description)"),
]


@pytest.mark.parametrize(("fields", "path", "most", "name"), CHARACTERS)
def test_characters(fields: dict[str, Any], path: str, most: int, name: str) -> None:
    assert refusal(changed(fields, path, "x" * most)) is None
    said = refusal(changed(fields, path, "x" * (most + 1)))
    assert said is not None
    assert said.startswith(f"{name} must be at most {most} characters")
    assert f", got {most + 1}" in said
    # Beyond the basic plane a character is two: the strict reading.
    assert refusal(changed(fields, path, "😀" * (most // 2))) is None
    assert refusal(changed(fields, path, "😀" * (most // 2 + 1))) is not None
    empty = refusal(changed(fields, path, ""))
    assert empty == f"{name} must be at least 1 character, got 0"


def test_the_words_of_a_row_title() -> None:
    title = "Pesanan besar sekali hari ini 1"
    said = refusal(Menu("t", "l", ["a", title]).to_body())
    assert said == (
        "row title (action.sections[0].rows[1].title) must be at most 24 characters, got 31: 'Pesanan besa…'"
    )


def test_no_text_of_one_customer_is_in_an_error() -> None:
    title = "+62 812-3456-7890 hubungi segera ya"
    for fields in (
        Text("rahasia " * 600).to_body(),
        changed(BUTTONS, "footer", "rahasia " * 10),
        changed(MENU, "action.sections.0.rows.0.description", "rahasia " * 10),
        changed(MENU, "action.sections.0.rows.0.id", "rahasia " * 30),
        changed(LINK, "action.parameters.url", "rahasia"),
    ):
        said = refusal(fields)
        assert said is not None
        assert "rahasia" not in said
    said = refusal(changed(BUTTONS, "action.buttons.0.reply.title", title))
    assert said is not None
    assert "…90 hubungi" in said
    assert "3456" not in said


def sections(*counts: int) -> dict[str, Any]:
    names = iter("abcdefghijklmnopqrstuvwxyz")
    return Menu("t", "l", [Section([next(names) for _ in range(n)], f"S{i}") for i, n in enumerate(counts)]).to_body()


#: What is refused: fields, and how the error begins.
REFUSED = [
    (Buttons("t", list("abcd")).to_body(), "buttons (action.buttons) must be at most 3 elements, got 4"),
    (Buttons("t", []).to_body(), "buttons (action.buttons) must be at least 1 element, got 0"),
    (
        Buttons("t", ["a", {"title": "a", "id": "b"}]).to_body(),
        "button title (action.buttons[1].reply.title) must be different from every other",
    ),
    (
        Buttons("t", ["a", {"title": "b", "id": "a"}]).to_body(),
        "button id (action.buttons[1].reply.id) must be different from every other",
    ),
    (
        Buttons("t", [{"title": "a", "id": " a"}]).to_body(),
        "button id (action.buttons[0].reply.id) must be without a space at either end",
    ),
    (Buttons("t", [{"id": "a"}]).to_body(), "button title (action.buttons[0].reply.title) must be given, got nothing"),
    (changed(BUTTONS, "action.buttons.0.type", "url"), "action.buttons[0].type must be 'reply'"),
    (changed(BUTTONS, "action.buttons.0", 3), "button (action.buttons[0]) must be an object, got a int"),
    (changed(BUTTONS, "action.buttons", {}), "buttons (action.buttons) must be a list, got a dict"),
    (
        changed(BUTTONS, "action.buttons.0.reply.title", 3),
        "button title (action.buttons[0].reply.title) must be a text",
    ),
    (changed(BUTTONS, "action", ...), "action must be given, got nothing"),
    (changed(BUTTONS, "message", ...), "message must be given beside a link or buttons, got nothing"),
    (changed(BUTTONS, "media_type", ...), "media_type must be cta_url, button, list beside an action, got None"),
    (sections(5, 6), "sections (action.sections) must be of at most 10 rows in all, got 11"),
    (sections(11), "rows (action.sections[0].rows) must be at most 10 elements, got 11"),
    (sections(1, 0), "rows (action.sections[1].rows) must be at least 1 element, got 0"),
    (sections(*[1] * 11), "sections (action.sections) must be at most 10 elements, got 11"),
    (sections(), "sections (action.sections) must be at least 1 element, got 0"),
    (
        Menu("t", "l", [Section(["a"], "A"), Section(["b"])]).to_body(),
        "section title (action.sections[1].title) must be given where there are several",
    ),
    (
        Menu("t", "l", [Section(["a"], "A"), Section(["a"], "B")]).to_body(),
        "row id (action.sections[1].rows[0].id) must be different from every other, got the same as "
        "action.sections[0].rows[0].id",
    ),
    (
        changed(MENU, "header", {"file_url": FILE}),
        "header file (header.file_url) must be left out: the header of a list is text only",
    ),
    (changed(LINK, "action.name", "url"), "action.name must be 'cta_url'"),
    (changed(LINK, "action.parameters.url", "ftp://example.com"), "link URL (action.parameters.url) must be an http"),
    (changed(LINK, "action.parameters.url", "https://a b.com"), "link URL (action.parameters.url) must be an http"),
    (changed(LINK, "action.parameters", ...), "link (action.parameters) must be given, got nothing"),
    (Location(90.1, 0).to_body(), "location.latitude must be a number from -90 to 90"),
    (Location(0, "-180.001").to_body(), "location.longitude must be a number from -180 to 180"),
    (Location("inf", 0).to_body(), "location.latitude must be a number from -90 to 90"),
    (Location("nan", 0).to_body(), "location.latitude must be a number"),
    ({"location": {"longitude": 1}}, "location.latitude must be a number from -90 to 90, got nothing"),
    (
        {"media_type": "audio", "file_url": "https://files.example.com/a.ogg", "message": "x"},
        "message must be left out: audio has no caption",
    ),
    *(
        ({"file_url": url}, "file_url must be a public http(s) URL that ends in a file name")
        for url in (
            "nota.pdf",
            "ftp://files.example.com/nota.pdf",
            "https://files.example.com",
            "https://files.example.com/nota",
            "https://files.example.com/nota.pdf?x=1",
            "https://files.example.com/?nota.pdf",
            "https://files.example.com/nota.pdf#a",
            "https://files.example.com/no ta.pdf",
            "https://files.example.com/.pdf",
            "https://localhost/nota.pdf",
            "https://10.0.0.1/nota.pdf",
            "https://[::1]/nota.pdf",
            "https://[/nota.pdf",
        )
    ),
]


@pytest.mark.parametrize(("fields", "begins"), REFUSED)
def test_refused(fields: dict[str, Any], begins: str) -> None:
    said = refusal(fields)
    assert said is not None
    assert said.startswith(begins)


@pytest.mark.parametrize(
    "fields",
    [
        LINK,
        BUTTONS,
        MENU,
        sections(10),
        sections(*[1] * 10),
        Location(-90, "180.0").to_body(),
        {"media_type": "sticker", "extra_fields": {"sticker": "x"}},
        {"media_type": "flow", "message": "x", "action": {"whatever": [None]}},
        {"file_url": "https://8.8.8.8/nota.v2.zip"},
        {"extra_fields": {"type": "reaction"}},
    ],
)
def test_accepted(fields: dict[str, Any]) -> None:
    assert refusal(fields) is None


LONG = Buttons("t", ["x" * 21, "y" * 22])


def test_warn_tells_every_finding_and_sends() -> None:
    told: list[str] = []
    body = send_body(receiver="6281234567890", message=LONG, validate="warn", warn=told.append)
    assert body["action"] == LONG.to_body()["action"]
    assert [line.split(" must ")[0] for line in told] == [
        "button title (action.buttons[0].reply.title)",
        "button title (action.buttons[1].reply.title)",
    ]


def test_off_does_not_look() -> None:
    told: list[str] = []
    body = send_body(receiver="6281234567890", message=LONG, validate="off", warn=told.append)
    assert body["action"] == LONG.to_body()["action"]
    assert told == []


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Menu("x" * 1025, "l", ["a"]), "message must be at most 1024 characters beside a list by one of"),
        (Location(1, 2, address="Jl. Sudirman"), "location.name must be given: WhatsApp shows the address with a name"),
    ],
)
def test_what_sources_disagree_on_is_a_warning(message: Any, said: str) -> None:
    told: list[str] = []
    send_body(receiver="6281234567890", message=message, warn=told.append)
    assert [line[: len(said)] for line in told] == [said]


def test_validate_is_one_of_three() -> None:
    with pytest.raises(CekatInputError, match="validate must be strict, warn or off, got 'no'"):
        send_body(receiver="6281234567890", message="x", validate="no")  # type: ignore[arg-type]
