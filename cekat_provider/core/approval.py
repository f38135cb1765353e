"""Which message answers a request, with which of its options: the one place that decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cekat_provider.core import choosing
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.parse import Message
from cekat_provider.core.phone import receiver_digits, several
from cekat_provider.core.tap import is_tap, option_id, sender_digits, sender_name, tapped_ids


@dataclass(frozen=True)
class Answer:
    """The message that answers, and the option it chooses."""

    option: str
    message: Message

    def to_result(self) -> dict[str, Any]:
        """Return it in the shape of Airflow's human-in-the-loop operators."""
        number = sender_digits(self.message)
        name = sender_name(self.message) or number
        user = None if name is None else {"id": number or name, "name": name}
        return result([self.option], self.message.sent_at, user)


@dataclass(frozen=True)
class Request:
    """What was asked, and whose answer counts.

    :param nonce: stands in every id, so that a tap answers this request and no other.
    :param options: what can be chosen, in the order of the buttons.
    :param responders: the digits of those who may answer, or None for anyone in the conversation.
    :param accept_text: whether a typed message that says exactly one of the options answers too.
    """

    nonce: str
    options: tuple[str, ...] = field(repr=False)
    responders: tuple[str, ...] | None = field(default=None, repr=False)
    accept_text: bool = False

    def choices(self) -> list[dict[str, str]]:
        """Return the buttons or rows."""
        return [{"id": option_id(self.nonce, index), "title": option} for index, option in enumerate(self.options)]

    def chosen(self, message: Message) -> str | None:
        """Return the option that a message chooses, or None where it does not answer this request."""
        if message.direction != "inbound":
            return None
        if self.responders is not None and sender_digits(message) not in self.responders:
            return None  # a sender that nobody knows is nobody who may answer
        tapped = tapped_ids(message)
        ours = [option for index, option in enumerate(self.options) if option_id(self.nonce, index) in tapped]
        if len(ours) == 1:
            return ours[0]
        # Several are an echo of the question; any other id is a tap on something else.
        if not self.accept_text or is_tap(message):
            return None
        said = _plain(message.text)
        return next((option for option in self.options if _plain(option) == said), None)

    def first(self, messages: Iterable[Message]) -> Answer | None:
        """Return the first answer among a conversation's messages, oldest first."""
        for message in messages:
            option = self.chosen(message)
            if option is not None:
                return Answer(option, message)
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        responders = None if self.responders is None else list(self.responders)
        return {
            "nonce": self.nonce,
            "options": list(self.options),
            "responders": responders,
            "accept_text": self.accept_text,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Request:
        """Make one of what `to_dict` gave."""
        responders = values["responders"]
        return cls(
            values["nonce"],
            tuple(values["options"]),
            None if responders is None else tuple(responders),
            values["accept_text"],
        )


def checked_options(value: Any) -> tuple[str, ...]:
    """Check the options; how long each may be is the message's to know.

    :raises CekatInputError: naming the one that is wrong.
    """
    options = [str(one) if type(one) is int else one for one in choosing.items("options", value)]
    if not 1 <= len(options) <= choosing.MOST_ROWS:
        raise CekatInputError("options", str(len(options) or "none"), f"1 to {choosing.MOST_ROWS} texts")
    seen: dict[str, int] = {}
    for index, option in enumerate(options):
        if not isinstance(option, str) or not option.strip():
            raise CekatInputError(f"options[{index}]", f"a {type(option).__name__} or an empty text", "a text")
        if seen.setdefault(_plain(option), index) != index:
            raise CekatInputError(f"options[{index}]", f"the same as options[{seen[_plain(option)]}]", "another text")
    return tuple(options)


def checked_default(value: Any, options: Sequence[str]) -> str | None:
    """Check the option that a time-out takes: a text, or a list of one, as Airflow's operators have it.

    :raises CekatInputError: where it is none of the options, or several.
    """
    if value is None:
        return None
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or len(given) != 1 or given[0] not in options:
        raise CekatInputError("defaults", "something else", "one of the options, or None")
    return str(given[0])


def checked_responders(value: Any, default_country_code: str | None = None) -> tuple[str, ...] | None:
    """Check the numbers of those who may answer, in any of the forms that `several` reads.

    :raises CekatInputError: naming the one that is wrong.
    """
    if value is None:
        return None
    return tuple(
        receiver_digits(one, default_country_code, f"responders[{index}]")
        for index, one in enumerate(several(value, "responders"))
    )


def result(chosen: list[str], responded_at: Any, responded_by_user: dict[str, str] | None) -> dict[str, Any]:
    """Return what a task leaves in XCom: the keys of Airflow's human-in-the-loop operators."""
    return {
        "chosen_options": chosen,
        "params_input": {},
        "responded_at": responded_at,
        "responded_by_user": responded_by_user,
    }


def question(subject: Any, body: Any) -> str:
    """Write the message's text: the subject, in bold, above the body.

    :raises CekatInputError: for a subject that is no text, or empty.
    """
    for name, value in (("subject", subject), ("body", body)):
        if not isinstance(value, str) and not (name == "body" and value is None):
            raise CekatInputError(name, f"a {type(value).__name__}", "a text")
    line = " ".join(subject.split())
    if not line:
        raise CekatInputError("subject", "an empty text", "a text")
    bold = line if "*" in line else f"*{line}*"
    return f"{bold}\n\n{body.strip()}" if body and body.strip() else bold


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
