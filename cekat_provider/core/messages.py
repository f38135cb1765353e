"""What can be said, checked before anything is sent: arguments to the JSON body (wire facts A, B)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from cekat_provider.core import limits
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.phone import receiver_digits

_JSON_ADVICE: Final = (
    "an object (for a template that gives one, use an XComArg, `| tojson`, or render_template_as_native_obj=True)"
)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?")
#: Far above any real id (a UUID has 36).
_LONGEST_ID: Final = 200


def send_body(
    *,
    receiver: str | int | None = None,
    message: str | None = None,
    conversation_id: str | None = None,
    media_type: str | None = None,
    file_url: str | None = None,
    location: Mapping[str, Any] | str | None = None,
    header: Mapping[str, Any] | str | None = None,
    footer: str | None = None,
    action: Mapping[str, Any] | str | None = None,
    extra_fields: Mapping[str, Any] | str | None = None,
    default_country_code: str | None = None,
) -> dict[str, Any]:
    """Check the arguments of a send and make its body; an argument that is None is left out.

    :param extra_fields: further fields of the body, for what the API has and this list lacks.
    :raises CekatInputError: naming the field, what it got and what it wants.
    """
    body: dict[str, Any] = {}
    if conversation_id is not None:
        body["conversation_id"] = check_conversation_id(conversation_id)
    if receiver is not None:
        body["receiver"] = receiver_digits(receiver, default_country_code)
    if not body:
        raise CekatInputError("receiver", "neither it nor conversation_id", "given, or conversation_id, or both")

    if media_type is not None:
        body["media_type"] = _text("media_type", media_type, 1, _LONGEST_ID)
    if message is not None:
        longest = limits.TEXT_BY_MEDIA_TYPE.get(body.get("media_type", ""))
        longest = longest or (limits.TEXT if file_url is None else limits.CAPTION)
        body["message"] = _text("message", message, 1, longest)
        if message == "None":
            raise CekatInputError(
                "message",
                "the text 'None'",
                "something to say (does its template pull an XCom that is not there?)",
            )
    for name, text in (("file_url", file_url), ("footer", footer)):
        if text is not None:
            body[name] = _text(name, text, 1, limits.TEXT)
    if location is not None:
        body["location"] = _location(_object("location", location))
    for name, value in (("header", header), ("action", action)):
        if value is not None:
            body[name] = _object(name, value)
    more = {} if extra_fields is None else _object("extra_fields", extra_fields)
    if not more and body.keys().isdisjoint(("message", "file_url", "location", "action")):
        raise CekatInputError("message", "nothing", "given, or one of file_url, location, action, extra_fields")
    for name in more:
        if name in _ARGUMENTS:
            raise CekatInputError("extra_fields", f"the key {name!r}", f"without it: use the argument {name}")
    return {**body, **more}


#: What has an argument of its own is checked there, so `extra_fields` may not carry it past the checks.
_ARGUMENTS: Final = frozenset(
    (
        "receiver",
        "message",
        "conversation_id",
        "media_type",
        "file_url",
        "location",
        "header",
        "footer",
        "action",
    )
)


def check_conversation_id(value: object) -> str:
    """Return a conversation's id. Cekat's are UUIDs; anything printable passes, since Cekat decides.

    :raises CekatInputError: when it is empty, too long, or holds spaces or control characters.
    """
    text = _text("conversation_id", value, 1, _LONGEST_ID)
    if text == "None":
        raise CekatInputError(
            "conversation_id", "the text 'None'", "an id (does its template pull an XCom that is not there?)"
        )
    if not text.isprintable() or any(char.isspace() for char in text):
        raise CekatInputError("conversation_id", "spaces or control characters", "an id, such as a UUID")
    return text


def _text(name: str, value: object, shortest: int, longest: int) -> str:
    if not isinstance(value, str):
        raise CekatInputError(name, f"a {type(value).__name__}", "a text")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise CekatInputError(name, "half a surrogate pair", "a text of whole characters")
    if not shortest <= (got := limits.length(value)) <= longest:
        raise CekatInputError(name, str(got), f"{shortest} to {longest} characters")
    return value


def _object(name: str, value: Mapping[str, Any] | str) -> dict[str, Any]:
    """Accept an object, or JSON of one: what a template leaves when it does not render natively."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise CekatInputError(name, "a text that is not JSON", _JSON_ADVICE) from None
    if not isinstance(value, Mapping):
        raise CekatInputError(name, f"a {type(value).__name__}", _JSON_ADVICE)
    if not all(isinstance(key, str) for key in value):
        raise CekatInputError(name, "a key that is not a text", _JSON_ADVICE)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise CekatInputError(name, "a value that JSON cannot hold", _JSON_ADVICE) from None
    return dict(value)


def _location(location: dict[str, Any]) -> dict[str, Any]:
    """Check a location; the wire wants its numbers as strings."""
    for name, most in (("latitude", limits.LATITUDE), ("longitude", limits.LONGITUDE)):
        value = location.get(name)
        degrees = _decimal(value)
        if degrees is None or not -most <= float(degrees) <= most:
            got = "nothing" if value is None else "something else"
            raise CekatInputError(f"location.{name}", got, f"a number from {-most:g} to {most:g}")
        location[name] = degrees
    for name in ("name", "address"):
        if location.get(name) is not None:
            location[name] = _text(f"location.{name}", location[name], 1, limits.TEXT)
        else:
            location.pop(name, None)
    return location


def _decimal(value: object) -> str | None:
    """Write a number as plain decimals; None where it is none. Never `1e-07`, which not every reader knows."""
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f")
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    return text if _DECIMAL.fullmatch(text) else None
