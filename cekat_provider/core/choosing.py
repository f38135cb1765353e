"""What a customer can tap: reply buttons, and a list of rows (wire fact B)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.messages import OutboundMessage, Templated, given, interactive

_MOST_BUTTONS: Final = 3
#: And so the most that anybody can choose from.
MOST_ROWS: Final = 10


@dataclass(frozen=True)
class Button(Templated):
    """A reply button.

    :param title: 1 to 20 characters; no two alike.
    :param id: comes back with the tap, 1 to 256 characters, no two alike; the title where it is None.
    """

    title: str
    id: str | None = None


@dataclass(frozen=True)
class Buttons(OutboundMessage):
    """A text with one to three reply buttons.

    :param text: 1 to 1,024 characters.
    :param buttons: each a `Button`, a title, or an object with ``title`` and ``id``; or a template, an XComArg or JSON
        that gives such a list.
    :param header: a line above, 1 to 60.
    :param header_file_url: an image, video or document above.
    :param footer: a line below, 1 to 60.
    """

    text: str
    buttons: Sequence[Button | Mapping[str, Any] | str] | str
    header: str | None = None
    header_file_url: str | None = None
    footer: str | None = None

    def to_body(self) -> dict[str, Any]:  # noqa: D102
        titled = [_titled(f"buttons[{i}]", each, Button) for i, each in enumerate(items("buttons", self.buttons))]
        action = {"buttons": [{"type": "reply", "reply": reply} for reply in titled]}
        return interactive("button", self.text, self.header, self.header_file_url, self.footer, action)


@dataclass(frozen=True)
class Row(Templated):
    """A row of a list.

    :param title: 1 to 24 characters.
    :param id: comes back with the tap, 1 to 200 characters, no two alike; the title where it is None.
    :param description: a line below, 1 to 72.
    """

    title: str
    id: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Section(Templated):
    """A part of a list.

    :param rows: each a `Row`, a title, or an object with ``title``, ``id``, ``description``.
    :param title: 1 to 24 characters; needed as soon as there are several sections.
    """

    rows: Sequence[Row | Mapping[str, Any] | str] | str
    title: str | None = None


@dataclass(frozen=True)
class Menu(OutboundMessage):
    """A text with a list to choose from: one to ten sections, ten rows in all.

    :param text: 1 to 4,096 characters; by one of Meta's two texts 1,024, so more is a warning.
    :param label: on the button that opens the list, 1 to 20.
    :param sections: each a `Section`, or an object with ``title`` and ``rows``; or a template, an XComArg or JSON that
        gives such a list. A list of `Row` or of titles is one section.
    :param header: a line above, 1 to 60; a list's is text only.
    :param footer: a line below, 1 to 60.
    """

    text: str
    label: str
    sections: Sequence[Section | Row | Mapping[str, Any] | str] | str
    header: str | None = None
    footer: str | None = None

    def to_body(self) -> dict[str, Any]:  # noqa: D102
        found = items("sections", self.sections)
        if found and not any(isinstance(each, Section) or _is_section(each) for each in found):
            found = [Section(found)]
        sections = [_section(f"sections[{i}]", each) for i, each in enumerate(found)]
        action = given(button=self.label, sections=sections)
        return interactive("list", self.text, self.header, None, self.footer, action)


def pick(
    text: str,
    choices: Any,
    label: str,
) -> Buttons | Menu:
    """Pick buttons for up to three choices and a list for four to ten.

    :param choices: titles, or objects with ``title`` and ``id``; or JSON of such a list.
    :raises CekatInputError: for none, and for more than ten.
    """
    found = items("choices", choices)
    if not 1 <= len(found) <= MOST_ROWS:
        raise CekatInputError("choices", str(len(found)), f"1 to {MOST_ROWS} choices")
    if len(found) <= _MOST_BUTTONS:
        return Buttons(text, found)
    return Menu(text, label, [Section(found)])


def items(name: str, value: Any) -> list[Any]:
    """Read a list or another sequence, or JSON of a list: what a template leaves when it does not render natively."""
    got = "None" if value is None or value == "None" else f"a {type(value).__name__}"
    if isinstance(value, str) and value != "None":
        try:
            value = json.loads(value)
            got = f"JSON of a {type(value).__name__}"
        except (ValueError, RecursionError):
            got = "a text that is not JSON"
    elif isinstance(value, Sequence | Iterator) and not isinstance(value, str | bytes | bytearray):
        value = list(value)  # the XCom of a mapped task is a sequence that reads as it goes
    if not isinstance(value, list):
        wants = "a list (for a template that gives one: an XComArg, `| tojson`, or render_template_as_native_obj=True)"
        raise CekatInputError(name, got, wants)
    return value


def _titled(name: str, value: Any, kind: type[Button] | type[Row]) -> dict[str, Any]:
    """Write a button or a row; the keys of an object that are not known are sent as they are."""
    if isinstance(value, kind):
        known = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, Mapping):
        known = dict(value)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        known = {"title": str(value)}
    else:
        raise CekatInputError(
            name, f"a {type(value).__name__}", f"a title, a {kind.__name__} or an object with a title"
        )
    title, taken = known.pop("title", None), known.pop("id", None)
    own = title.strip() if isinstance(title, str) else title
    return given(**{"id": own if taken is None else taken, "title": title, **known})


def _section(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Section):
        value = {"title": value.title, "rows": value.rows}
    if not isinstance(value, Mapping):
        raise CekatInputError(name, f"a {type(value).__name__}", "a Section or an object with rows")
    more = {key: inner for key, inner in value.items() if key not in ("title", "rows")}
    rows = [_titled(f"{name}.rows[{i}]", row, Row) for i, row in enumerate(items(f"{name}.rows", value.get("rows")))]
    return given(**{"title": value.get("title"), "rows": rows, **more})


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping) and "rows" in value
