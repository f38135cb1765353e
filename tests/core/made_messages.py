"""Messages of every kind, good ones and ones beyond each limit, made of thrown dice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dice import Dice

from cekat_provider.messages import Button, Buttons, File, Link, Location, Menu, OutboundMessage, Row, Section, Text

# Sizes around the limits, and characters that count double; the many in the middle teach nothing.
_SIZES = [0, 1, 2, 19, 20, 21, 24, 25, 60, 61, 72, 73, 200, 201, 256, 257, 1024, 1025, 4096, 4097]
_GOOD = ["Ya", "Tidak", "Nanti", "A", "B", "Jl. Sudirman 5"]
_URLS = [
    "https://files.example.com/nota.pdf",
    "http://files.example.com/a/b.PNG",
    "https://example.com/x",
    "x",
    "",
    "ftp://a.com/b.c",
]
_EDGES = [0, 90, -90, 90.000001, 180, -180, -180.5, 1e-7, 200]
_NAMES = [
    "text",
    "file_url",
    "name",
    "parameters",
    "display_text",
    "url",
    "buttons",
    "type",
    "reply",
    "id",
    "title",
    "button",
    "sections",
    "rows",
    "description",
    "latitude",
    "longitude",
    "address",
]


def text(dice: Dice, good: int = 5) -> str:
    """Make a text; `good` of ten are good ones."""
    kind = dice.below(10)
    if kind < good:
        return dice.one(_GOOD)
    # Not "None", which is what a template leaves that pulls nothing: refused always.
    return dice.text(without="\r\n") if kind == 9 else dice.one(["x", "é", "😀"]) * dice.one(_SIZES)


def short(dice: Dice) -> str:
    """Make a short text, most often a good one."""
    return text(dice, good=8)


def url(dice: Dice) -> str:
    """Make a URL, or what is none."""
    return dice.one(_URLS)


def message(dice: Dice) -> OutboundMessage:
    """Make a message."""
    return dice.one(_KINDS)(dice)


def _maybe(dice: Dice, make: Callable[[Dice], Any] = short) -> Any:
    return dice.one([lambda _: None, make])(dice)


def _some(dice: Dice, most: int, make: Callable[[Dice], Any]) -> list[Any]:
    return [make(dice) for _ in range(dice.below(most + 1))]


def _degrees(dice: Dice) -> float:
    return dice.one([dice.one(_EDGES), dice.below(401) - 200, round((dice.below(1 << 16) - (1 << 15)) / 150, 6)])


def _button(dice: Dice) -> str | Button:
    return dice.one([short, lambda dice: Button(short(dice), _maybe(dice))])(dice)


def _row(dice: Dice) -> str | Row:
    return dice.one([short, lambda dice: Row(short(dice), _maybe(dice), _maybe(dice))])(dice)


def _section(dice: Dice) -> Section:
    return Section(_some(dice, 6, _row), _maybe(dice))


_KINDS: list[Callable[[Dice], OutboundMessage]] = [
    lambda dice: Text(text(dice)),
    lambda dice: File(url(dice), _maybe(dice, text)),
    lambda dice: Location(_degrees(dice), _degrees(dice), _maybe(dice), _maybe(dice)),
    lambda dice: Link(text(dice), short(dice), url(dice), _maybe(dice), _maybe(dice, url), _maybe(dice)),
    lambda dice: Buttons(text(dice), _some(dice, 5, _button), _maybe(dice), _maybe(dice, url), _maybe(dice)),
    lambda dice: Menu(text(dice), short(dice), _some(dice, 4, _section), _maybe(dice), _maybe(dice)),
    lambda dice: Menu(text(dice), short(dice), _some(dice, 12, _row), _maybe(dice), _maybe(dice)),
]


def json_value(dice: Dice, depth: int = 4) -> Any:
    """Make any JSON, with the names that a request has."""
    kind = dice.below(6 if depth else 4)
    if kind == 4:
        return [json_value(dice, depth - 1) for _ in range(dice.below(4))]
    if kind == 5:
        return {dice.one(_NAMES): json_value(dice, depth - 1) for _ in range(dice.below(5))}
    return [None, bool(dice.below(2)), dice.below(7) - 3, short(dice)][kind]


def fields(dice: Dice) -> dict[str, Any]:
    """Make raw arguments of a send: a message's own, with something else in the place of some."""
    made = {name: _spoiled(dice, value) for name, value in message(dice).to_body().items()}
    if not dice.below(4):
        made[dice.one(["footer", "header", "action", "location", "file_url", "choices"])] = json_value(dice)
    return made


def _spoiled(dice: Dice, value: Any) -> Any:
    if not dice.below(20):
        return json_value(dice)
    if isinstance(value, dict):
        return {name: _spoiled(dice, inner) for name, inner in value.items()}
    return [_spoiled(dice, inner) for inner in value] if isinstance(value, list) else value
