"""What may be shown: numbers by their last two digits, a key and a text not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Long enough to be a phone number (7 digits is WhatsApp's least), however it is written.
_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
#: A conversation's or a message's id is no personal data, and a log without it tells nothing.
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
#: Shorter texts ("OK") stand in harmless words too.
_SHORTEST_TEXT = 4


def mask_number(value: object) -> str:
    """Show the last two digits of what may be a phone number."""
    digits = [char for char in str(value) if char.isdigit()]
    return "…" + "".join(digits[-2:]) if len(digits) > 4 else "…"


def scrub(text: str, private: Iterable[str] = ()) -> str:
    """Strike out what nobody but the customer should read.

    :param text: words of Cekat's, or of a library's.
    :param private: strings known to be private, such as the text that was sent.
    """
    for secret in sorted({s for s in private if len(s) >= _SHORTEST_TEXT}, key=len, reverse=True):
        text = text.replace(secret, "…")
    kept: list[str] = []
    last = 0
    for match in _UUID.finditer(text):
        kept += [_NUMBER.sub(lambda m: mask_number(m[0]), text[last : match.start()]), match[0]]
        last = match.end()
    kept.append(_NUMBER.sub(lambda m: mask_number(m[0]), text[last:]))
    return "".join(kept)
