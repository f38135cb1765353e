"""What WhatsApp accepts, one table; Cekat sits in front of it and may be stricter or looser.

Letters: ``M`` Meta's own text or OpenAPI, ``m`` a mirror of it, ``3`` third parties only, ``B`` and ``C`` wire facts.
`check.py` holds a body against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: What a body is, where it does not say so in `media_type`: these two names are ours.
PLAIN, ATTACHMENT = "text", "file"
INTERACTIVE: Final = ("cta_url", "button", "list")
_CAPTIONED: Final = (ATTACHMENT, "image", "video", "document")


@dataclass(frozen=True)
class Rule:
    """What one place of a body may hold.

    :param kinds: where it applies: a `media_type`, `PLAIN` or `ATTACHMENT`; empty is everywhere.
    :param path: the place; ``[]`` stands for each element of a list.
    :param what: what the place is called.
    :param type: JSON type.
    :param least: characters of a text, elements of a list.
    :param most: the same; None where no limit is known.
    :param required: it must be there as soon as what it stands in is.
    :param shown: an error shows how the text begins (see `check.py`).
    :param beside: words that tell the author why the limit is the one it is.
    """

    kinds: tuple[str, ...]
    path: str
    what: str
    type: Literal["text", "list", "object"] = "text"
    least: int = 0
    most: int | None = None
    required: bool = False
    shown: bool = False
    beside: str = ""


_LINK, _BUTTONS, _LIST = ("cta_url",), ("button",), ("list",)
_ROW = "action.sections[].rows[]"

RULES: Final[tuple[Rule, ...]] = (
    Rule((), "media_type", "media_type", "text", 1),
    Rule(_CAPTIONED, "message", "message", "text", 1, 1024, beside=" as a caption"),  # M
    Rule(("cta_url", "button"), "message", "message", "text", 1, 1024, True, beside=" beside a link or buttons"),  # M
    Rule(_LIST, "message", "message", required=True, beside=" beside a list"),
    Rule((), "message", "message", "text", 1, 4096),  # M; a list's: see LIST_TEXT_ADVISED
    Rule((), "header", "header", "object"),
    Rule((), "header.text", "header text", "text", 1, 60),  # M
    Rule((), "footer", "footer", "text", 1, 60),  # M
    Rule((), "location.name", "location name", "text", 1),
    Rule((), "location.address", "location address", "text", 1),
    Rule(INTERACTIVE, "action", "action", "object", required=True),  # B
    # A link. m
    Rule(_LINK, "action.parameters", "link", "object", required=True),
    Rule(_LINK, "action.parameters.display_text", "link label", "text", 1, 20, True, True),
    Rule(_LINK, "action.parameters.url", "link URL", "text", 1, required=True),
    # Reply buttons. M
    Rule(_BUTTONS, "action.buttons", "buttons", "list", 1, 3, True),
    Rule(_BUTTONS, "action.buttons[]", "button", "object"),
    Rule(_BUTTONS, "action.buttons[].reply", "button", "object", required=True),
    Rule(_BUTTONS, "action.buttons[].reply.id", "button id", "text", 1, 256, True),
    Rule(_BUTTONS, "action.buttons[].reply.title", "button title", "text", 1, 20, True, True),
    # A list. M
    Rule(_LIST, "action.button", "list label", "text", 1, 20, True, True),
    Rule(_LIST, "action.sections", "sections", "list", 1, 10, True),
    Rule(_LIST, "action.sections[]", "section", "object"),
    Rule(_LIST, "action.sections[].title", "section title", "text", 1, 24, shown=True),
    Rule(_LIST, "action.sections[].rows", "rows", "list", 1, 10, True),
    Rule(_LIST, _ROW, "row", "object"),
    Rule(_LIST, f"{_ROW}.id", "row id", "text", 1, 200, True),
    Rule(_LIST, f"{_ROW}.title", "row title", "text", 1, 24, True, True),
    Rule(_LIST, f"{_ROW}.description", "row description", "text", 1, 72),
)

#: Meta's page says 4,096 and its OpenAPI 1,024: above this is a warning.
LIST_TEXT_ADVISED: Final = 1024
#: Rows of all sections together. M
ROWS_IN_ALL: Final = 10
#: Kind, place and what it is called: no two may be the same. M
UNIQUE: Final = (
    ("button", "action.buttons[].reply.id", "button id"),
    ("button", "action.buttons[].reply.title", "button title"),
    ("list", f"{_ROW}.id", "row id"),
)
#: Kind and place: no space at either end. M
UNPADDED: Final = (("button", "action.buttons[].reply.id", "button id"),)
#: Kind, place → the only value (B).
CONSTANTS: Final = (("cta_url", "action.name", "cta_url"), ("button", "action.buttons[].type", "reply"))
#: Kind, place, what it is called → why it must be left out. M
FORBIDDEN: Final = (
    ("audio", "message", "message", "left out: audio has no caption"),
    ("list", "header.file_url", "header file", "left out: the header of a list is text only"),
)
#: Places of a file that WhatsApp fetches itself (C).
FILES: Final = (("file_url", "file_url"), ("header.file_url", "header file"))
LATITUDE: Final = 90.0  # M
LONGITUDE: Final = 180.0  # M


def length(text: str) -> int:
    """Count characters as UTF-16 units: no text of Meta's says how it counts, and this is the strict reading."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
