"""The conversations with Cekat, each written once: what is asked, what an answer means, what comes next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cekat_provider.core import classify, parse, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow
from cekat_provider.core.errors import BadRequestError, NotFoundError, NotJSONError

#: Where a history that pages never ends, reading stops: 1,000 pages.
_MOST_PAGES: Final = 1000


@dataclass(frozen=True)
class SentMessage:
    """A message that Cekat accepted. Accepted is not delivered.

    :param message_id: Cekat's id, or None where the answer gave none (wire fact A promises no answer).
    :param conversation_id: from the answer, else where its sender knows it to be, else None.
    :param receiver: the digits as sent, or None where only the conversation was named.
    :param sent_at: aware UTC on Cekat's clock (the answer's ``Date``), or None where it gave none. When the request
        left, rather than when it was answered: the customer may have been quicker.
    :param status: ``sent`` or any other word of Cekat's, or None.
    :param response: the answer's JSON, or None where it was empty; the message as the history holds it where `found`.
    :param found: True where no answer came and the conversation's history shows the message.
    :param by_template: True where it is a template.
    """

    message_id: str | None
    conversation_id: str | None
    receiver: str | None = field(repr=False)
    sent_at: datetime | None
    status: str | None
    response: Any = field(repr=False)
    found: bool = False
    by_template: bool = False


def send(
    config: CekatConfig,
    body: Mapping[str, Any],
    endpoint: Callable[[Mapping[str, Any]], wire.Request] = wire.send_message,
) -> Flow[SentMessage]:
    """Send one message, once: nothing here repeats a request.

    :param endpoint: makes the request of the body: `wire.send_message` or `wire.send_template`.
    """
    request = endpoint(body)
    response = _answer((yield request))
    _raise_for(response, request, config)
    # An empty answer with a good status is acceptance: the contract promises no body (A).
    answer = parse.load_json(response) if response.content.strip() else None
    data = answer.get("data", answer) if isinstance(answer, Mapping) else None
    fields: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    return SentMessage(
        message_id=_text(fields.get("message_id")) or _text(fields.get("id")),
        conversation_id=_text(fields.get("conversation_id")),
        receiver=receiver_of(body),
        sent_at=_left_at(response),
        status=_text(fields.get("status")),
        response=answer,
        by_template=endpoint is wire.send_template,
    )


def _left_at(response: wire.Response) -> datetime | None:
    answered_at = classify.http_date(response.headers.get("date", ""))
    # Whole seconds, as a ``Date`` has.
    return None if answered_at is None else answered_at - timedelta(seconds=int(response.seconds))


def receiver_of(body: Mapping[str, Any]) -> str | None:
    """Return the digits that a message's or a template's body names, or None."""
    digits: str | None = body.get("receiver", body.get("phone_number"))
    return digits


def history(config: CekatConfig, conversation_id: str, since: datetime | None = None) -> Flow[list[parse.Message]]:
    """Read a whole conversation, oldest first.

    :param since: leave out what is known to be from before it; or None.
    """
    messages, _ = yield from history_at(config, conversation_id, since)
    return messages


def history_at(
    config: CekatConfig, conversation_id: str, since: datetime | None = None
) -> Flow[tuple[list[parse.Message], datetime | None]]:
    """Read a whole conversation, oldest first, and Cekat's clock (the answer's ``Date``) as it was read.

    Follows pages where an answer carries them, and never depends on the order of the answer. A server that
    says there is more and gives the same again ends the reading.
    """
    seen: dict[object, parse.Message] = {}
    older: set[str] = set()
    newest_first = False
    page: Mapping[str, str] | None = {}
    server_now: datetime | None = None
    for _ in range(_MOST_PAGES):
        request = wire.get_messages(conversation_id, **(page or {}))
        response = _answer((yield request))
        _raise_for(response, request, config)
        server_now = classify.http_date(response.headers.get("date", ""))
        found = parse.page(response, config.zone, since)
        newest_first = newest_first or found.newest_first
        fresh = {key: message for message in found.messages if (key := _identity(message)) not in seen}
        seen.update(fresh)
        if found.next_page is None or found.next_page == page:
            break
        if not fresh and older.issuperset(found.older):
            break
        older.update(found.older)
        page = found.next_page
    messages = list(seen.values())
    if newest_first:
        messages.reverse()  # for those of the same second, which a time cannot tell apart
    return sorted(messages, key=_seconds), server_now


def check_key(config: CekatConfig, conversation_id: str) -> Flow[bool]:
    """Make one read that sends nothing, of a conversation that does not exist.

    :returns: True where Cekat accepted the key. 400 and 404 are an accepted key too: the key is looked at first.
    """
    request = wire.get_messages(conversation_id)
    response = _answer((yield request))
    error = classify.error_of(response, request, (config.api_key,))
    if error is None:
        parse.page(response, config.zone)
        return True
    if not isinstance(error, BadRequestError | NotFoundError):
        raise error
    body = parse.load_json(response)
    if not isinstance(body, Mapping | list):
        raise NotJSONError(f"The host answered {response.status} with JSON that is not Cekat's.", response.status)
    return True


def answered(response: wire.Response | float | None, request: wire.Request, config: CekatConfig) -> wire.Response:
    """Return a good answer.

    :raises CekatResponseError: what any other answer means.
    """
    found = _answer(response)
    _raise_for(found, request, config)
    return found


def _answer(response: wire.Response | float | None) -> wire.Response:
    """Narrow what a driver sends: a `Sleep` is answered with None, `Now` with a number."""
    if not isinstance(response, wire.Response):
        raise TypeError("a driver answers a Request with a Response")
    return response


def _raise_for(response: wire.Response, request: wire.Request, config: CekatConfig) -> None:
    error = classify.error_of(response, request, (config.api_key,))
    if error is not None:
        raise error


def _seconds(message: parse.Message) -> float:
    return math.inf if message.sent_at is None else message.sent_at.timestamp()


def _identity(message: parse.Message) -> object:
    return message.id or (message.sent_at, message.direction, message.text)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
