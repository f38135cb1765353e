"""Every reason to refuse a send.

A field that is not given is absent, never ``null`` or ``""``. All reasons are given, each with its field.
"""

from __future__ import annotations

from collections.abc import Callable

from cekat_provider.sandbox import interactive
from cekat_provider.sandbox.findings import Fields, Findings
from cekat_provider.sandbox.limits import (
    CAPTION,
    CONVERSATION_ID,
    FILE_PATTERN,
    FOOTER,
    HEADER,
    INTERACTIVE,
    LATITUDE_PATTERN,
    LONGITUDE_PATTERN,
    MEDIA_TYPES,
    RECEIVER_PATTERN,
    TEXT,
)
from cekat_provider.sandbox.refusal import Detail


def check_send(body: Fields) -> list[Detail]:
    """Give every reason to refuse a send; an empty list means that it is good."""
    found = Findings()
    if "receiver" not in body and "conversation_id" not in body:
        found.add("receiver", "is required when conversation_id is absent")
    found.text(body, "conversation_id", 1, CONVERSATION_ID)
    found.like(body, "receiver", RECEIVER_PATTERN, "must be 7 to 15 digits with the country code, without '+'", 64)
    found.text(body, "footer", 1, FOOTER)
    _file_url(found, body, "file_url")
    header = found.typed(body, "header", dict)
    if header is not None:
        found.text(header, "header.text", 1, HEADER)
        _file_url(found, header, "header.file_url")
    kind = found.text(body, "media_type", 1, 64) if "media_type" in body else "text"
    if kind is not None and kind not in MEDIA_TYPES:
        found.add("media_type", f"must be one of {', '.join(MEDIA_TYPES)}")
    elif kind is not None:
        _fits_kind(found, body, kind)
        _KINDS[kind](found, body)
    return found.details


def _fits_kind(found: Findings, body: Fields, kind: str) -> None:
    # Without this, buttons whose media_type was forgotten would go out as a bare text.
    if "location" in body and kind != "location":
        found.add("location", f"does not go with media_type {kind!r}; media_type must be 'location'")
    if "action" in body and kind not in INTERACTIVE:
        found.add(
            "action",
            f"does not go with media_type {kind!r}; media_type must be one of {', '.join(INTERACTIVE)}",
        )


def _file_url(found: Findings, owner: Fields, path: str, *, required: bool = False) -> None:
    meaning = "must be an http(s) URL that ends in a file name with an extension"
    found.like(owner, path, FILE_PATTERN, meaning, required=required)


def _plain(found: Findings, body: Fields) -> None:
    if "file_url" in body:
        found.text(body, "message", 0, CAPTION)
    else:
        found.text(body, "message", 1, TEXT, required=True)


def _media(found: Findings, body: Fields) -> None:
    if "file_url" not in body:
        found.add("file_url", "is required")
    found.text(body, "message", 0, CAPTION)


def _audio(found: Findings, body: Fields) -> None:
    if "file_url" not in body:
        found.add("file_url", "is required")
    if found.text(body, "message", 0, TEXT):
        found.add("message", "must be empty: audio has no caption")


def _location(found: Findings, body: Fields) -> None:
    found.text(body, "message", 0, TEXT)
    location = found.typed(body, "location", dict, required=True)
    if location is None:
        return
    degrees = "must be a decimal number in a string, from {0} to {1}"
    found.like(location, "location.latitude", LATITUDE_PATTERN, degrees.format(-90, 90), 64, required=True)
    found.like(location, "location.longitude", LONGITUDE_PATTERN, degrees.format(-180, 180), 64, required=True)
    found.typed(location, "location.name", str)
    found.typed(location, "location.address", str)


_KINDS: dict[str, Callable[[Findings, Fields], None]] = {
    "text": _plain,
    "image": _media,
    "video": _media,
    "document": _media,
    "audio": _audio,
    "location": _location,
    "cta_url": interactive.link,
    "button": interactive.buttons,
    "list": interactive.rows,
}
