"""A template's send: its arguments checked, the template found, posted once (wire facts B, D)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from cekat_provider.core import check, delivery, flow, lookup, parse, templates, wire
from cekat_provider.core.choosing import items
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CannotLookError, CekatInputError, OutcomeUnknownError
from cekat_provider.core.messages import given
from cekat_provider.core.phone import receiver_digits
from cekat_provider.core.templates import Cache

#: WhatsApp takes none of these in a variable (whatsapp-limits, 3).
_BAD_VARIABLE: Final = re.compile(r"[\r\n\t]| {5}")


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


def body_of(config: CekatConfig, wanted: Wanted, warn: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Check all that can be checked without asking Cekat, and make the body; it lacks the id of a named template.

    :param warn: told each finding that does not refuse the template.
    :raises CekatInputError: naming the field.
    """
    check.check_validate(wanted.validate)
    if (wanted.template is None) == (wanted.wa_template_id is None):
        raise CekatInputError("template", "both or neither", "given, or wa_template_id, and not both")
    inbox_id = templates.inbox_of(config, wanted.inbox_id)
    variables = [_variable(i, value) for i, value in enumerate(items("variables", wanted.variables))]
    receiver = receiver_digits(wanted.receiver, config.default_country_code)
    for finding in _findings(variables, wanted.file_url) if wanted.validate != "off" else ():
        if wanted.validate == "strict":
            raise finding.error()
        warn(str(finding.error()))
    return given(
        inbox_id=inbox_id,
        wa_template_id=wanted.wa_template_id,
        phone_number=receiver,
        phone_name=wanted.receiver_name,
        template_body_variables=variables,
        file_url=wanted.file_url,
    )


def prepare(
    config: CekatConfig,
    wanted: Wanted,
    cache: Cache,
    warn: Callable[[str], None] = lambda _: None,
    conversation_id: str | None = None,
) -> Flow[lookup.Parcel]:
    """Find the template and check its variables. With `wa_template_id` nothing is looked up: Cekat checks it.

    :param conversation_id: where it would show, if that is known.
    :raises CekatInputError: naming the field.
    """
    body = body_of(config, wanted, warn)
    variables = body["template_body_variables"]
    text: str | None = None
    if wanted.template is not None:
        inbox_id = body["inbox_id"]
        if inbox_id not in cache:
            cache[inbox_id] = yield from templates.listing(config, inbox_id)
        template = templates.choose(cache[inbox_id], wanted.template, wanted.language)
        if template.placeholders not in (None, len(variables)):
            raise CekatInputError(
                "variables", str(len(variables)), f"{template.placeholders} for template {template.name!r}"
            )
        body = {"inbox_id": inbox_id, "wa_template_id": template.wa_template_id, **body}
        text = template.body

    def is_same(message: parse.Message) -> bool:
        return _is_same(text, variables, message)

    return lookup.Parcel(body, conversation_id, is_same, wire.send_template)


def ship(
    config: CekatConfig,
    parcel: lookup.Parcel,
    policy: delivery.Policy,
    earlier: lookup.Earlier | None = None,
    not_ours: Callable[[], Collection[str]] = frozenset,
) -> Flow[flow.SentMessage]:
    """Post a template, once.

    What a history keeps of one is hardly documented, so one that is there was sent, and one that is not may have been:
    no retry may send another.

    :raises CannotLookError: where it is not known whether it was sent.
    """
    try:
        return (yield from delivery.ship(config, parcel, replace(policy, on_unknown="fail"), earlier, not_ours))
    except OutcomeUnknownError as error:
        raise CannotLookError("It is not known whether the template was sent, and nothing can tell.") from error


def _is_same(template: str | None, variables: list[str], message: parse.Message) -> bool:
    """Tell whether a message of the history can be a template with these variables.

    :param template: its body, where it is known.
    """
    marked = message.raw.get("is_template")
    if message.direction != "outbound" or marked is False or (marked is None and template is None):
        return False
    pieces = [*templates.PLACEHOLDER.sub("\0", template or "").split("\0"), *variables]
    return all(lookup.plain(piece) in lookup.plain(message.text) for piece in pieces)


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
    if value == "None" or (isinstance(value, float) and not math.isfinite(value)):
        got = f"the text {value!r}" if isinstance(value, str) else "a number that is none"
        raise CekatInputError(f"variables[{index}]", got, "a text or a number (is the XCom there that it pulls?)")
    return str(value)
