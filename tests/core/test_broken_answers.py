"""Whatever Cekat answers, to whatever is asked: a value, or one of the package's own errors."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from dice import DICE, EACH, Dice
from hypothesis import given
from made_answers import content, headers, status
from samples import CONVERSATION, MANY
from test_storable_json import storable

from cekat_provider.core import delivery, flow, parse, receipt, templates, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import Flow, drive
from cekat_provider.core.errors import CekatError
from cekat_provider.core.lookup import Earlier
from cekat_provider.core.wire import Response

CONFIG = CekatConfig(api_key="key-of-the-test")
BODY = {"conversation_id": CONVERSATION, "receiver": "6281234567890", "message": "Ya, benar"}
POLICY = delivery.Policy(max_wait_seconds=0, settle_seconds=(0.0,))
#: Everything that is asked of Cekat.
FLOWS: dict[str, Callable[[], Flow[Any]]] = {
    "send": lambda: flow.send(CONFIG, BODY),
    "template": lambda: flow.send(CONFIG, BODY, wire.send_template),
    "history": lambda: flow.history(CONFIG, CONVERSATION, parse.EPOCH),
    "check key": lambda: flow.check_key(CONFIG, CONVERSATION),
    "templates": lambda: templates.listing(CONFIG, "i-1"),
    "window": lambda: receipt.check_window(CONFIG, CONVERSATION),
    "delivery": lambda: receipt.await_delivery(CONFIG, CONVERSATION, "m-1", 0),
    "deliver": lambda: delivery.deliver(CONFIG, BODY, POLICY),
    "retry": lambda: delivery.deliver(CONFIG, BODY, POLICY, Earlier(1775813000.0, 1775814000.0)),
}


def answer(dice: Dice) -> Response:
    return Response(status(dice), {name.lower(): value for name, value in headers(dice).items()}, content(dice))


def asked(name: str, respond: Callable[[wire.Request], Response]) -> Any:
    """Return what a flow returns, or its error."""
    try:
        return drive(FLOWS[name](), respond, lambda _: None, lambda: 1775813063.5)
    except CekatError as err:
        return err


@MANY
@given(DICE)
def test_any_answers_to_anything_give_a_value_or_an_error_of_ours(dice: Dice) -> None:
    for _ in range(EACH):
        name = dice.one(list(FLOWS))
        found = asked(name, lambda _: answer(dice))
        if isinstance(found, CekatError):
            assert str(pickle.loads(pickle.dumps(found))) == str(found)
        elif isinstance(found, flow.SentMessage):
            assert storable(found.response)
        elif name == "history":
            assert storable([message.to_dict() for message in found])
