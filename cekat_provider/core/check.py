"""A body held against the table of limits: what is wrong, where, and whether it is certain."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from cekat_provider.core import limits
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.limits import Rule
from cekat_provider.core.privacy import scrub

Validate = Literal["strict", "warn", "off"]

#: How much of a title or a label an error shows. These are the words that the author of the DAG gave all customers
#: to choose from, and the error is of little use without them; a number in them is struck out all the same. Of
#: everything else, written by or about one customer, an error tells the length only.
_SHOWN_CHARACTERS: Final = 12
_TYPES: Final[Mapping[str, Any]] = {"text": str, "list": (list, tuple), "object": Mapping}
_ABSENT: Final = object()
_FILE_NAME: Final = re.compile(r"[^/]\.[A-Za-z0-9]{1,8}$")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    :param certain: False where sources disagree: a warning, whatever `validate` says.
    """

    field: str
    got: str
    wants: str
    certain: bool = True

    def error(self) -> CekatInputError:
        """Return it as the error that refuses the message."""
        return CekatInputError(self.field, self.got, self.wants)


def check_validate(value: object) -> None:
    """Refuse a `validate` that is none.

    :raises CekatInputError: naming the three.
    """
    if value not in ("strict", "warn", "off"):
        raise CekatInputError("validate", repr(value), "strict, warn or off")


def findings(body: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what WhatsApp would not take of a body of ``POST /messages/whatsapp``.

    A `media_type` that this package does not know is left to Cekat.
    """
    kind = kind_of(body)
    for rule in limits.RULES:
        if not rule.kinds or kind in rule.kinds:
            for place, value in _at(body, rule.path):
                yield from _held(rule, place, value)
    for constant_kind, path, wanted in limits.CONSTANTS:
        for place, value in _at(body, path) if kind == constant_kind else ():
            if value != wanted:
                yield Finding(place, "nothing" if value is _ABSENT else "something else", repr(wanted))
    for forbidden_kind, path, what, wants in limits.FORBIDDEN:
        for place, value in _at(body, path) if kind == forbidden_kind else ():
            if value is not _ABSENT:
                yield Finding(_name(what, place), "one", wants)
    for padded_kind, path, what in limits.UNPADDED:
        for place, value in _at(body, path) if kind == padded_kind else ():
            if isinstance(value, str) and value and value != value.strip():
                yield Finding(_name(what, place), "one that has", "without a space at either end")
    for unique_kind, path, what in limits.UNIQUE:
        if kind == unique_kind:
            yield from _repeated(body, path, what)
    if kind == "list":
        yield from _list(body)
    if "action" in body and kind in (limits.PLAIN, limits.ATTACHMENT):
        # Else the buttons would be dropped and a bare text go out.
        yield Finding("media_type", repr(body.get("media_type")), f"{', '.join(limits.INTERACTIVE)} beside an action")
    yield from _location(body.get("location"))
    yield from files(body)
    yield from _link(body, kind)


def kind_of(body: Mapping[str, Any]) -> str:
    """Tell which limits a body is held against: its `media_type`, or what it holds."""
    kind = body.get("media_type", limits.PLAIN)
    if kind == limits.PLAIN:
        return limits.ATTACHMENT if "file_url" in body else "location" if "location" in body else limits.PLAIN
    return str(kind)


def _at(value: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each place that a path means, with what is there; nothing where what it stands in is not there."""
    name, _, rest = path.partition(".")
    name, each = name.removesuffix("[]"), name.endswith("[]")
    if not isinstance(value, Mapping):
        return
    inner = value.get(name, _ABSENT)
    place = f"{place}.{name}" if place else name
    found = [(place, inner)]
    if each:
        found = [(f"{place}[{index}]", element) for index, element in enumerate(inner)] if _is_list(inner) else []
    for where, element in found:
        if rest:
            yield from _at(element, rest, where)
        else:
            yield where, element


def _held(rule: Rule, place: str, value: Any) -> Iterator[Finding]:
    name = _name(rule.what, place)
    if value is _ABSENT:
        if rule.required:
            yield Finding(name, "nothing", f"given{rule.beside}")
        return
    if not isinstance(value, _TYPES[rule.type]):
        yield Finding(name, f"a {type(value).__name__}", f"a{'n' if rule.type == 'object' else ''} {rule.type}")
        return
    if rule.type == "object":
        return
    size = limits.length(value) if isinstance(value, str) else len(value)
    unit = "character" if isinstance(value, str) else "element"
    if size < rule.least:
        yield Finding(name, str(size), f"at least {rule.least} {unit}")
    elif rule.most is not None and size > rule.most:
        counted = f"{size} (an emoji counts as two or more)" if unit == "character" and size > len(value) else str(size)
        got = f"{counted}: {_beginning(value)!r}" if rule.shown else counted
        yield Finding(name, got, f"at most {rule.most} {unit}s{rule.beside}")


def _beginning(text: str) -> str:
    return scrub(text)[:_SHOWN_CHARACTERS] + "…"


def _repeated(body: Mapping[str, Any], path: str, what: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for place, value in _at(body, path):
        if isinstance(value, str) and seen.setdefault(value, place) != place:
            yield Finding(_name(what, place), f"the same as {seen[value]}", "different from every other")


def _list(body: Mapping[str, Any]) -> Iterator[Finding]:
    rows = sum(1 for _ in _at(body, "action.sections[].rows[]"))
    if rows > limits.ROWS_IN_ALL:
        wants = f"of at most {limits.ROWS_IN_ALL} rows in all"
        yield Finding("sections (action.sections)", str(rows), wants)
    titles = list(_at(body, "action.sections[].title"))
    for place, value in titles if len(titles) > 1 else ():
        if value is _ABSENT:
            yield Finding(_name("section title", place), "nothing", "given where there are several sections")
    text = body.get("message")
    if isinstance(text, str) and limits.LIST_TEXT_ADVISED < (size := limits.length(text)) <= 4096:
        wants = f"at most {limits.LIST_TEXT_ADVISED} characters beside a list by one of Meta's two texts"
        yield Finding("message", str(size), wants, certain=False)


def _location(location: Any) -> Iterator[Finding]:
    if not isinstance(location, Mapping):
        return
    for name, most in (("latitude", limits.LATITUDE), ("longitude", limits.LONGITUDE)):
        value = location.get(name)
        if value is not None and not -most <= _degrees(value) <= most:
            yield Finding(f"location.{name}", "something else", f"a number from {-most:g} to {most:g}")
    if "address" in location and "name" not in location:
        yield Finding("location.name", "nothing", "given: WhatsApp shows the address with a name only", certain=False)


def _degrees(value: Any) -> float:
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def files(body: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the files that WhatsApp could not fetch or Cekat not name."""
    for path, what in limits.FILES:
        for place, value in _at(body, path):
            if value is not _ABSENT and not (_is_url(value) and _is_file(value)):
                wants = "a public http(s) URL that ends in a file name, such as https://example.com/nota.pdf"
                yield Finding(_name(what, place), "something else", wants)


def _link(body: Mapping[str, Any], kind: str) -> Iterator[Finding]:
    for place, value in _at(body, "action.parameters.url") if kind == "cta_url" else ():
        if isinstance(value, str) and value and not _is_url(value):
            yield Finding(_name("link URL", place), "something else", "an http(s) URL")


def _is_url(value: Any) -> bool:
    # A URL is ASCII (RFC 3986); whatever else it should hold is percent-encoded.
    if not isinstance(value, str) or re.fullmatch(r"https?://[!-~]+", value) is None:
        return False
    try:
        return bool(urlsplit(value).hostname)
    except ValueError:
        return False


def _is_file(url: str) -> bool:
    """Tell whether WhatsApp can fetch it and Cekat can name it: a query or a fragment is no file name."""
    host = urlsplit(url).hostname or ""
    try:
        public = ipaddress.ip_address(host).is_global
    except ValueError:
        public = "." in host.strip(".")
    path = url.partition("://")[2].partition("/")[2]
    return public and "?" not in url and "#" not in url and _FILE_NAME.search(path) is not None


def _name(what: str, place: str) -> str:
    return place if what in (place, place.partition(".")[0]) else f"{what} ({place})"


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
