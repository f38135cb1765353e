"""Many messages for one task: each read and checked before the first is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from cekat_provider.core import body as bodies
from cekat_provider.core import check, fallback, lookup
from cekat_provider.core.choosing import items
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.fallback import Fallback
from cekat_provider.core.templates import Cache

#: What an entry of the list may hold: the arguments of one send.
_KEYS: Final = (
    "receiver",
    "conversation_id",
    "message",
    "media_type",
    "file_url",
    "location",
    "header",
    "footer",
    "action",
    "choices",
    "choices_label",
    "extra_fields",
    "fallback_variables",
)


@dataclass(frozen=True)
class Item:
    """One message of the list, checked.

    :param body: the request's.
    :param fallback: the template for a closed window, or None.
    :param twin_of: the index of an earlier entry that says the same to the same customer, or None.
    """

    body: Mapping[str, Any] = field(repr=False)
    fallback: Fallback | None
    twin_of: int | None


@dataclass(frozen=True)
class Options:
    """What holds for every entry; `CekatBulkSendOperator` explains them."""

    validate: check.Validate = "strict"
    fallback_template: str | None = None
    fallback_variables: Any = None
    inbox_id: str | None = None
    language: str | None = None


def read(config: CekatConfig, messages: Any, options: Options, warn: Callable[[str], None]) -> list[Item]:
    """Check every entry of the list.

    :param messages: a list, any other sequence, or JSON of a list.
    :raises CekatInputError: naming index and field.
    """
    cache: dict[str, list[Any]] = {}
    first: dict[str, int] = {}
    found: list[Item] = []
    for index, entry in enumerate(items("messages", messages)):
        try:
            body, stand_in = _item(config, entry, options, cache, partial(_warn_at, warn, index))
        except CekatInputError as error:
            raise _at(index, error) from None
        twin_of = first.setdefault(_likeness(body), index)
        found.append(Item(body, stand_in, None if twin_of == index else twin_of))
    return found


def check_templates(config: CekatConfig, found: Sequence[Item]) -> Flow[None]:
    """Look the fallback template up, and check the count of every entry's variables.

    :raises CekatInputError: naming index and field.
    """
    for index, item in enumerate(found):
        if item.fallback is not None:
            try:
                yield from fallback.prepare(config, item.body, item.fallback)
            except CekatInputError as error:
                raise _at(index, error) from None


def addressees(found: Sequence[Item]) -> str:
    """Return a short mark of who is written to, and in which order: it tells nothing about them."""
    named = [[item.body.get("conversation_id"), item.body.get("receiver")] for item in found]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


def _item(
    config: CekatConfig, entry: Any, options: Options, cache: Cache, warn: Callable[[str], None]
) -> tuple[dict[str, Any], Fallback | None]:
    if not isinstance(entry, Mapping):
        raise CekatInputError("", f"a {type(entry).__name__}", "an object such as {'receiver': …, 'message': …}")
    fields = dict(entry)
    for name in fields:
        if name not in _KEYS:
            raise CekatInputError("", f"the key {name!r}", f"an object with the keys {', '.join(_KEYS)}")
    if isinstance(message := fields.get("message"), Mapping):
        fields |= {"message": None, **_wire_fields(message, fields)}
    variables = fields.pop("fallback_variables", None)
    body = bodies.send_body(
        **fields, default_country_code=config.default_country_code, validate=options.validate, warn=warn
    )
    if options.fallback_template is None:
        if variables is not None:
            raise CekatInputError("fallback_variables", "some", "left out: there is no fallback_template")
        return body, None
    stand_in = fallback.of(
        config,
        body,
        cache,
        template=options.fallback_template,
        variables=options.fallback_variables if variables is None else variables,
        inbox_id=options.inbox_id,
        language=options.language,
    )
    return body, stand_in


def _wire_fields(message: Mapping[str, Any], fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a message that is an object: the wire's fields, as ``Buttons(…).to_body()`` gives them."""
    for name in message:
        if name not in _KEYS or name in ("receiver", "conversation_id", "fallback_variables"):
            raise CekatInputError(f"message.{name}", "one", "left out: it is no field of a message")
        if name != "message" and fields.get(name) is not None:
            raise CekatInputError(name, "one", "left out: the message brings its own")
    return message


def _warn_at(warn: Callable[[str], None], index: int, said: str) -> None:
    warn(f"messages[{index}]: {said}")


def _at(index: int, error: CekatInputError) -> CekatInputError:
    place = f"messages[{index}].{error.field}" if error.field else f"messages[{index}]"
    return CekatInputError(place, error.got, error.wants)


def _likeness(body: Mapping[str, Any]) -> str:
    """Return what two entries have in common that a conversation could not tell apart."""
    said = {name: value for name, value in body.items() if name not in ("receiver", "conversation_id")}
    said["message"] = lookup.plain(said.get("message"))
    return json.dumps([body.get("conversation_id") or body.get("receiver"), said], sort_keys=True)
