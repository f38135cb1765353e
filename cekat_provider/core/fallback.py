"""A message, and an approved template in its place where WhatsApp's 24-hour window is closed: one of the two, once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from cekat_provider.core import delivery, flow, limits, lookup, receipt, template_send
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import CannotLookError, CekatInputError, WindowClosedError
from cekat_provider.core.lookup import Earlier
from cekat_provider.core.template_send import Wanted
from cekat_provider.core.templates import Cache

#: A template's whole text has room for so many characters (whatsapp-limits, 3).
_LONGEST_VARIABLE: Final = 1024


@dataclass(frozen=True)
class Fallback:
    """The template that takes a message's place.

    :param wanted: its arguments, checked by `of`.
    :param cache: the templates that were looked up.
    :param blind: an earlier try may have sent it, and nobody can look: a closed window is then an error.
    """

    wanted: Wanted
    cache: Cache
    blind: bool = False


def of(
    config: CekatConfig,
    body: Mapping[str, Any],
    cache: Cache,
    *,
    template: str,
    variables: Any = None,
    inbox_id: str | None = None,
    language: str | None = None,
) -> Fallback:
    """Check a fallback's arguments beside the message that it stands in for.

    :param variables: a text or a number for each placeholder; None: the message's text, in one line, as the only one.
    :raises CekatInputError: naming the field; before anything is sent.
    """
    receiver = body.get("receiver")
    if receiver is None:
        raise CekatInputError("receiver", "none", "given beside fallback_template: a template goes to a number")
    if variables is None:
        text = lookup.plain(body.get("message"))
        if not 1 <= (length := limits.length(text)) <= _LONGEST_VARIABLE:
            raise CekatInputError(
                "fallback_variables",
                f"none, and a message of {length}",
                f"given where the message has not 1 to {_LONGEST_VARIABLE} characters",
            )
        variables = [text]
    wanted = Wanted(receiver=receiver, template=template, variables=variables, inbox_id=inbox_id, language=language)
    with _named():
        template_send.body_of(config, wanted)
    return Fallback(wanted, cache)


@contextmanager
def _named() -> Iterator[None]:
    """Call a template's fields what they are called where it is a fallback."""
    try:
        yield
    except CekatInputError as error:
        if error.field.startswith(("template", "variables")):
            raise CekatInputError(f"fallback_{error.field}", error.got, error.wants) from None
        raise


def deliver(
    config: CekatConfig,
    body: Mapping[str, Any],
    policy: delivery.Policy,
    fallback: Fallback | None = None,
    earlier: Earlier | None = None,
    not_ours: Callable[[], Collection[str]] = frozenset,
    check_window: bool = False,
) -> Flow[flow.SentMessage]:
    """Send a message so that it is sent once, or its fallback where the window is closed.

    :param earlier: a try that may have sent either; the conversation is asked for both before anything is sent.
    :param check_window: look in the history before the message is sent.
    :raises WindowClosedError: without a fallback.
    :raises CekatError: as `delivery.ship` and `template_send.ship`.
    """
    if fallback is not None and earlier is not None and earlier.template is not False:
        if earlier.template:
            return (yield from instead(config, body, policy, fallback, earlier, not_ours))
        parcel = yield from prepare(config, body, fallback)
        found = yield from lookup.look(config, parcel, policy.settle_seconds, earlier, lookup.WORKERS_APART, not_ours)
        if found is not None:
            return found
    try:
        if check_window and earlier is None:
            yield from receipt.check_window(config, body["conversation_id"])
        return (yield from delivery.deliver(config, body, policy, earlier, not_ours))
    except WindowClosedError:
        if fallback is None:
            raise
    return (yield from instead(config, body, policy, fallback, None, not_ours))


def instead(
    config: CekatConfig,
    body: Mapping[str, Any],
    policy: delivery.Policy,
    fallback: Fallback,
    earlier: Earlier | None = None,
    not_ours: Callable[[], Collection[str]] = frozenset,
) -> Flow[flow.SentMessage]:
    """Send the template in the message's place."""
    if fallback.blind:
        raise CannotLookError(
            "The 24-hour window is closed, an earlier try may have sent the template, and without a conversation_id "
            "nobody can look."
        )
    parcel = yield from prepare(config, body, fallback)
    return (yield from template_send.ship(config, parcel, policy, earlier, not_ours))


def prepare(config: CekatConfig, body: Mapping[str, Any], fallback: Fallback) -> Flow[lookup.Parcel]:
    """Find the template, and check the count of its variables.

    :raises CekatInputError: naming the field.
    """
    with _named():
        return (
            yield from template_send.prepare(
                config, fallback.wanted, fallback.cache, conversation_id=body.get("conversation_id")
            )
        )
