"""Message templates: which there are, and which one a name means (wire facts B, C)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from cekat_provider.core import flow, parse, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CekatInputError, NotJSONError

APPROVED: Final = "APPROVED"
#: Where a template's body takes a variable.
PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


@dataclass(frozen=True)
class Template:
    """One message template.

    :param id: Cekat's id (a UUID). Not what a send wants.
    :param wa_template_id: WhatsApp's number: what a send wants.
    :param name: such as ``order_ready``; there may be one for each language.
    :param status: ``APPROVED``, or any other word: not to be sent.
    :param language: such as ``id`` or ``en_US``, or None.
    :param body: the text with its placeholders (``{{1}}``), or None.
    :param placeholders: how many variables it takes, or None where the answer does not tell.
    :param raw: the object as it came.
    """

    id: str | None
    wa_template_id: str | None
    name: str
    status: str
    language: str | None
    body: str | None
    placeholders: int | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def approved(self) -> bool:
        """Whether WhatsApp lets it be sent."""
        return self.status.upper() == APPROVED


#: The templates of each inbox that were asked for: one look-up for each hook.
Cache = MutableMapping[str, list[Template]]


def listing(config: CekatConfig, inbox_id: str | None) -> Flow[list[Template]]:
    """Read the templates of an inbox, whatever their status."""
    request = wire.get_templates(inbox_of(config, inbox_id))
    response = flow.answered((yield request), request, config)
    return [_template(raw) for raw in _list(parse.load_json(response), response) if isinstance(raw, Mapping)]


def choose(templates: Iterable[Template], name: str, language: str | None = None) -> Template:
    """Return the one approved template of a name.

    :param language: such as ``id`` or ``en_US``, whatever the case; needed where a name has several.
    :raises CekatInputError: when there is none, or more than one, saying what there is.
    """
    named = [template for template in templates if template.name == name]
    if not named:
        raise CekatInputError("template", repr(name), "the name of a template of this inbox")
    spoken = [template for template in named if language is None or _same_language(template.language, language)]
    if not spoken:
        there = ", ".join(sorted(str(template.language) for template in named))
        raise CekatInputError("language", repr(language), f"a language of template {name!r}: {there}")
    approved = [template for template in spoken if template.approved and template.wa_template_id is not None]
    if not approved:
        got = ", ".join(sorted({template.status for template in spoken}))
        raise CekatInputError("template", f"{name!r}, which is {got}", "an approved template")
    if len(approved) > 1:
        there = ", ".join(sorted(str(template.language) for template in approved))
        raise CekatInputError("language", "none" if language is None else repr(language), f"one of {there}")
    return approved[0]


def inbox_of(config: CekatConfig, inbox_id: str | None) -> str:
    """Return the inbox that is named, or the connection's.

    :raises CekatInputError: where there is neither.
    """
    found = inbox_id if inbox_id is not None else config.inbox_id
    if not isinstance(found, str) or not found.strip():
        raise CekatInputError("inbox_id", "nothing", "given, here or as the connection's extra inbox_id")
    return found


def _same_language(one: str | None, other: str) -> bool:
    return one is not None and one.replace("-", "_").casefold() == other.replace("-", "_").casefold()


def _list(body: Any, response: wire.Response) -> list[Any]:
    """Find the list: `data` (B, C), and tolerantly where a history's may be."""
    for holder in (body, _get(body, "data")):
        for candidate in (holder, _get(holder, "templates"), _get(holder, "items")):
            if isinstance(candidate, list):
                return candidate
    raise NotJSONError(
        f"Cekat answered {response.status} without a list of templates. {NotJSONError.advice}", response.status
    )


def _template(raw: Mapping[str, Any]) -> Template:
    body = raw.get("body")
    placeholders: int | None = None
    if isinstance(body, str):
        placeholders = len(set(PLACEHOLDER.findall(body)))
    elif isinstance(raw.get("body_placeholder"), list):
        placeholders = len(raw["body_placeholder"])
    return Template(
        id=_text(raw.get("id")),
        wa_template_id=_text(raw.get("wa_template_id")),
        name=_text(raw.get("name")) or "",
        status=_text(raw.get("status")) or "unknown",
        language=_text(raw.get("language")),
        body=body if isinstance(body, str) else None,
        placeholders=placeholders,
        raw=raw,
    )


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None
