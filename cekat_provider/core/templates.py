"""Message templates, the only way to reach a customer outside the 24 hours: found by name, checked, sent (B, D)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from cekat_provider.core import check, delivery, flow, parse, wire
from cekat_provider.core.choosing import items
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CannotLookError, CekatError, CekatInputError, NotJSONError
from cekat_provider.core.messages import given
from cekat_provider.core.phone import receiver_digits

APPROVED: Final = "APPROVED"
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
#: WhatsApp takes none of these in a variable (whatsapp-limits, 3).
_BAD_VARIABLE: Final = re.compile(r"[\r\n\t]| {5}")


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


@dataclass(frozen=True)
class Wanted:
    """The arguments of a template's send, rendered and not yet checked; `CekatHook.send_template` explains them."""

    receiver: str | int
    template: str | None = None
    wa_template_id: str | int | None = None
    variables: Any = ()
    receiver_name: str | None = None
    inbox_id: str | None = None
    language: str | None = None
    file_url: str | None = None
    validate: check.Validate = "strict"


#: The templates of each inbox that were asked for: one look-up for each hook.
Cache = MutableMapping[str, list[Template]]


def listing(config: CekatConfig, inbox_id: str | None) -> Flow[list[Template]]:
    """Read the templates of an inbox, whatever their status."""
    request = wire.get_templates(_inbox(config, inbox_id))
    response = flow.answered((yield request), request, config)
    return [_template(raw) for raw in _list(parse.load_json(response), response) if isinstance(raw, Mapping)]


def send(
    config: CekatConfig, wanted: Wanted, cache: Cache, warn: Callable[[str], None] = lambda _: None
) -> Flow[flow.SentMessage]:
    """Find the template, check the variables, send it once.

    With `wa_template_id` nothing is looked up: Cekat checks status and count.

    :param warn: told each finding that does not refuse the template.
    :raises CekatInputError: before anything is sent.
    """
    check.check_validate(wanted.validate)
    if (wanted.template is None) == (wanted.wa_template_id is None):
        raise CekatInputError("template", "both or neither", "given, or wa_template_id, and not both")
    inbox_id = _inbox(config, wanted.inbox_id)
    variables = [_variable(i, value) for i, value in enumerate(items("variables", wanted.variables))]
    receiver = receiver_digits(wanted.receiver, config.default_country_code)
    for finding in _findings(variables, wanted.file_url) if wanted.validate != "off" else ():
        if wanted.validate == "strict":
            raise finding.error()
        warn(str(finding.error()))
    wa_template_id = wanted.wa_template_id
    if wanted.template is not None:
        if inbox_id not in cache:
            cache[inbox_id] = yield from listing(config, inbox_id)
        template = choose(cache[inbox_id], wanted.template, wanted.language)
        if template.placeholders not in (None, len(variables)):
            raise CekatInputError(
                "variables", str(len(variables)), f"{template.placeholders} for template {template.name!r}"
            )
        wa_template_id = template.wa_template_id
    body = given(
        inbox_id=inbox_id,
        wa_template_id=wa_template_id,
        phone_number=receiver,
        phone_name=wanted.receiver_name,
        template_body_variables=variables,
        file_url=wanted.file_url,
    )
    try:
        return (yield from flow.send(config, body, wire.send_template))
    except CekatError as error:
        if delivery.unknown(error):
            # What a history keeps of a template is not documented, so nobody can look, and no retry may send another.
            raise CannotLookError("It is not known whether the template was sent, and nothing can tell.") from error
        raise


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


def _findings(variables: list[str], file_url: str | None) -> Iterator[check.Finding]:
    for index, value in enumerate(variables):
        if not value.strip():
            yield check.Finding(f"variables[{index}]", "nothing", "a text")
        elif _BAD_VARIABLE.search(value):
            wants = "without a line break, a tab or more than four spaces in a row"
            yield check.Finding(f"variables[{index}]", "one that has", wants)
    yield from check.files({"file_url": file_url} if file_url is not None else {})


def _variable(index: int, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CekatInputError(f"variables[{index}]", f"a {type(value).__name__}", "a text or a number")
    return str(value)


def _inbox(config: CekatConfig, inbox_id: str | None) -> str:
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
        placeholders = len(set(_PLACEHOLDER.findall(body)))
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
