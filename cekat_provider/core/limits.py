"""What WhatsApp accepts, one table; Cekat sits in front of it and may be stricter or looser.

Letters: ``M`` Meta's own text, ``3`` third parties only.
"""

from __future__ import annotations

from typing import Final

TEXT: Final = 4096  # M
#: The body beside buttons or a link. M
INTERACTIVE_TEXT: Final = 1024
#: Meta's page says 4,096, its OpenAPI 1,024. M
LIST_TEXT: Final = 4096
#: The text beside an image, video or document. M
CAPTION: Final = 1024
LATITUDE: Final = 90.0  # M
LONGITUDE: Final = 180.0  # M

#: `media_type` → the longest `message` beside it. Everything else is plain text.
TEXT_BY_MEDIA_TYPE: Final = {"cta_url": INTERACTIVE_TEXT, "button": INTERACTIVE_TEXT, "list": LIST_TEXT}


def length(text: str) -> int:
    """Count characters as UTF-16 units: no text of Meta's says how it counts, and this is the strict reading."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
