"""The arguments of a send, checked and put together: the JSON body (wire facts A, B)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from cekat_provider.core import check, choosing, limits
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.messages import OutboundMessage
from cekat_provider.core.phone import receiver_digits

_JSON_ADVICE: Final = (
    "an object (for a template that gives one, use an XComArg, `| tojson`, or render_template_as_native_obj=True)"
)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?")
#: Far above any real id (a UUID has 36).
_LONGEST_ID: Final = 200
#: The body's fields in the order in which they go out: the same bytes, however the message was given.
_TEXTS: Final = ("media_type", "message", "file_url", "footer")
_OBJECTS: Final = ("location", "header", "action")
#: What has an argument of its own is checked there, so `extra_fields` may not carry it past the checks.
_ARGUMENTS: Final = frozenset(("receiver", "conversation_id", *_TEXTS, *_OBJECTS))


def send_body(
    *,
    receiver: str | int | None = None,
    message: str | OutboundMessage | None = None,
    conversation_id: str | None = None,
    media_type: str | None = None,
    file_url: str | None = None,
    location: Mapping[str, Any] | str | None = None,
    header: Mapping[str, Any] | str | None = None,
    footer: str | None = None,
    action: Mapping[str, Any] | str | None = None,
    choices: Any = None,
    choices_label: str = "Pilih",
    extra_fields: Mapping[str, Any] | str | None = None,
    default_country_code: str | None = None,
    validate: check.Validate = "strict",
    warn: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Check the arguments of a send and make its body; an argument that is None is left out.

    :param choices: titles, or objects with ``title`` and ``id``, beside a text: buttons for up to three, a list for
        four to ten.
    :param choices_label: on the button that opens that list.
    :param extra_fields: further fields of the body, for what the API has and this list lacks.
    :param validate: ``strict`` refuses what WhatsApp would not take, ``warn`` only tells, ``off`` does not look. What
        cannot be written as a body at all is refused always.
    :param warn: told each finding that does not refuse the message.
    :raises CekatInputError: naming the field, what it got and what it wants.
    """
    check.check_validate(validate)
    body = _addressee(receiver, conversation_id, default_country_code)
    given: dict[str, Any] = {
        "media_type": media_type,
        "message": message,
        "file_url": file_url,
        "footer": footer,
        "location": location,
        "header": header,
        "action": action,
    }
    if choices is not None:
        if not isinstance(message, str):
            raise CekatInputError("message", f"a {type(message).__name__}", "a text beside choices")
        message = choosing.pick(message, choices, choices_label)
        given["message"] = None
    if isinstance(message, OutboundMessage):
        own = message.to_body()
        for name in own:
            if name != "message" and given[name] is not None:
                raise CekatInputError(name, "one", "left out: the message or its choices bring their own")
        given |= {"message": None, **own}

    for name in _TEXTS:
        if given[name] is not None:
            body[name] = _text(name, given[name])
    if body.get("message") == "None":
        raise CekatInputError(
            "message", "the text 'None'", "something to say (does its template pull an XCom that is not there?)"
        )
    for name in _OBJECTS:
        if given[name] is not None:
            body[name] = _object(name, given[name])
    if "location" in body:
        body["location"] = _location(body["location"])
    more = {} if extra_fields is None else _object("extra_fields", extra_fields)
    if not more and body.keys().isdisjoint(("message", "file_url", "location", "action")):
        raise CekatInputError("message", "nothing", "given, or one of file_url, location, action, extra_fields")
    for name in more:
        if name in _ARGUMENTS:
            raise CekatInputError("extra_fields", f"the key {name!r}", f"without it: use the argument {name}")
    for finding in check.findings(body) if validate != "off" else ():
        if validate == "strict" and finding.certain:
            raise finding.error()
        warn(str(finding.error()))
    return {**body, **more}


def check_conversation_id(value: object) -> str:
    """Return a conversation's id. Cekat's are UUIDs; anything printable passes, since Cekat decides.

    :raises CekatInputError: when it is empty, too long, or holds spaces or control characters.
    """
    if not isinstance(value, str):
        raise CekatInputError("conversation_id", f"a {type(value).__name__}", "a text")
    text = _text("conversation_id", value)
    if not 1 <= (got := limits.length(text)) <= _LONGEST_ID:
        raise CekatInputError("conversation_id", str(got), f"1 to {_LONGEST_ID} characters")
    if text == "None":
        raise CekatInputError(
            "conversation_id",
            "the text 'None'",
            "an id (is the XCom there that its template pulls, and did Cekat name a conversation?)",
        )
    if not text.isprintable() or any(char.isspace() for char in text):
        raise CekatInputError("conversation_id", "spaces or control characters", "an id, such as a UUID")
    return text


def _addressee(receiver: str | int | None, conversation_id: str | None, country_code: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if conversation_id is not None:
        body["conversation_id"] = check_conversation_id(conversation_id)
    if receiver is not None:
        body["receiver"] = receiver_digits(receiver, country_code)
    if not body:
        raise CekatInputError("receiver", "neither it nor conversation_id", "given, or conversation_id, or both")
    return body


def _text(name: str, value: object) -> str:
    """Take a text. A whole number becomes its text: native rendering makes one of "12345"."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise CekatInputError(name, f"a {type(value).__name__}", "a text")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise CekatInputError(name, "half a surrogate pair", "a text of whole characters")
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
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise CekatInputError(name, "a value that JSON cannot hold", _JSON_ADVICE) from None
    return dict(value)


def _location(location: dict[str, Any]) -> dict[str, Any]:
    """Write a location as the wire wants it: its numbers as strings."""
    for name, most in (("latitude", limits.LATITUDE), ("longitude", limits.LONGITUDE)):
        degrees = _decimal(location.get(name))
        if degrees is None:
            got = "nothing" if location.get(name) is None else "something else"
            raise CekatInputError(f"location.{name}", got, f"a number from {-most:g} to {most:g}")
        location[name] = degrees
    for name in ("name", "address"):
        if location.get(name) is None:
            location.pop(name, None)
        else:
            location[name] = _text(f"location.{name}", location[name])
    return location


def _decimal(value: object) -> str | None:
    """Write a number as plain decimals; None where it is none. Never `1e-07`, which not every reader knows."""
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f")
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    return text if _DECIMAL.fullmatch(text) else None
