"""Which message answers a request: taps in every shape they might have, and all that must not count."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import GENERATED

from cekat_provider.core.approval import (
    Request,
    checked_default,
    checked_options,
    checked_responders,
    question,
)
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.parse import UTC, Message, message
from cekat_provider.core.tap import option_id, sender_digits

ANYONE = Request("n1", ("Approve", "Reject"))
TYPED = Request("n1", ("Approve", "Reject"), accept_text=True)
BOSS = Request("n1", ("Approve", "Reject"), responders=("6281200000001",))
YES, NO = (button["id"] for button in ANYONE.choices())
OLD = option_id("n0", 0)


def said(**raw: Any) -> Message:
    return message({"id": "m", "sent_by_type": "user", "created_at": "2026-04-10T09:24:23Z", **raw}, UTC)


def reply(taken: str, title: str = "Approve", kind: str = "button_reply") -> dict[str, Any]:
    return {"type": kind, kind: {"id": taken, "title": title}}


ECHO = {"buttons": [{"type": "reply", "reply": {"id": YES}}, {"type": "reply", "reply": {"id": NO}}]}

TABLE: list[tuple[str, Request, Message, str | None]] = [
    ("a button, as WhatsApp names it", ANYONE, said(interactive=reply(YES)), "Approve"),
    ("the other one", ANYONE, said(interactive=reply(NO, "Reject")), "Reject"),
    ("a row", ANYONE, said(interactive=reply(NO, "Reject", "list_reply")), "Reject"),
    ("under action", ANYONE, said(action=reply(YES)), "Approve"),
    ("the bare id under action", ANYONE, said(action={"id": YES}), "Approve"),
    ("the id as interactive", ANYONE, said(interactive=YES), "Approve"),
    ("the id as the message", ANYONE, said(message=YES), "Approve"),
    ("JSON in the message", ANYONE, said(message=json.dumps(reply(YES))), "Approve"),
    ("JSON in interactive", ANYONE, said(interactive=json.dumps(reply(YES))), "Approve"),
    ("a nested object", ANYONE, said(interactive={"nfm": [{"payload": {"x": YES}}]}), "Approve"),
    ("an older page", ANYONE, said(direction="inbound", content={"text": "A", "interactive": reply(YES)}), "Approve"),
    ("the tap wins over the echo", ANYONE, said(interactive=reply(NO), action=ECHO), "Reject"),
    ("the title does not count, the id does", ANYONE, said(message="Approve", interactive=reply(NO)), "Reject"),
    ("an echo of all ids", ANYONE, said(message="Approve", action=ECHO), None),
    ("an older request", ANYONE, said(message="Approve", interactive=reply(OLD)), None),
    ("an index that no option has", ANYONE, said(interactive=reply(option_id("n1", 2))), None),
    ("somebody else's button", ANYONE, said(interactive=reply("Approve")), None),
    ("a typed answer", ANYONE, said(message="Approve"), None),
    ("the business", ANYONE, said(sent_by_type="agent", interactive=reply(YES)), None),
    ("a note", ANYONE, said(sent_by_type="private_note", message=YES), None),
    ("an id inside a sentence", ANYONE, said(message=f"I tapped {YES}"), None),
    # typed
    ("typed", TYPED, said(message="Approve"), "Approve"),
    ("typed in another case, with spaces", TYPED, said(message="  rEJECT "), "Reject"),
    ("typed more", TYPED, said(message="Approve it"), None),
    ("typed nothing", TYPED, said(message=""), None),
    ("a tap where typing counts", TYPED, said(message="Reject", interactive=reply(YES)), "Approve"),
    ("a tap on an older request is not typed", TYPED, said(message="Approve", interactive=reply(OLD)), None),
    ("a tap on somebody else's button is not typed", TYPED, said(message="Approve", interactive=reply("ok")), None),
    ("broken JSON is typed", TYPED, said(message="{"), None),
    # who
    ("the boss", BOSS, said(interactive=reply(YES), sent_by="6281200000001"), "Approve"),
    ("the boss, with a plus", BOSS, said(interactive=reply(YES), sent_by="+62 812-0000-0001"), "Approve"),
    ("the boss, WhatsApp's form", BOSS,
     said(interactive=reply(YES), sent_by="6281200000001@s.whatsapp.net"), "Approve"),
    ("the boss, as a contact", BOSS,
     said(interactive=reply(YES), contact={"phone_number": "6281200000001"}), "Approve"),
    ("the boss, on an older page", BOSS, said(action=reply(YES), sender={"phone": "6281200000001"}), "Approve"),
    ("an id of Cekat's beside the contact", BOSS,
     said(interactive=reply(YES), sent_by="c-1", contact={"phone_number": "6281200000001"}), "Approve"),
    ("another one", BOSS, said(interactive=reply(YES), sent_by="6281200000002"), None),
    ("another one in the boss's conversation", BOSS,
     said(interactive=reply(YES), sent_by="6281200000002", contact={"phone_number": "6281200000001"}), None),
    ("nobody knows who", BOSS, said(interactive=reply(YES)), None),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "held", "option"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_table(request_: Request, held: Message, option: str | None) -> None:
    assert request_.chosen(held) == option
    assert Request.from_dict(json.loads(json.dumps(request_.to_dict()))).chosen(held) == option


def test_the_first_valid_answer_wins() -> None:
    foreign, first, second = said(message="?"), said(interactive=reply(NO)), said(interactive=reply(YES))
    answer = ANYONE.first([foreign, first, second])
    assert answer is not None
    assert (answer.option, answer.message) == ("Reject", first)
    assert ANYONE.first([foreign]) is None


@pytest.mark.parametrize(
    ("more", "user"),
    [
        ({"sent_by": "6281200000001", "sent_by_name": "Bu Contoh"}, {"id": "6281200000001", "name": "Bu Contoh"}),
        ({"sent_by": "6281200000001"}, {"id": "6281200000001", "name": "6281200000001"}),
        ({"sent_by_name": "Bu Contoh"}, {"id": "Bu Contoh", "name": "Bu Contoh"}),
        ({}, None),
    ],
)
def test_the_shape_of_the_result(more: dict[str, str], user: Any) -> None:
    held = said(interactive=reply(YES), **more)
    answer = ANYONE.first([held])
    assert answer is not None
    assert answer.to_result() == {
        "chosen_options": ["Approve"],
        "params_input": {},
        "responded_at": held.sent_at,
        "responded_by_user": user,
    }


TEXTS = st.text() | st.sampled_from([YES, NO, OLD, "Approve", json.dumps(reply(YES))])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "button_reply", "list_reply", "reply", "text", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
FIELDS = ["message", "interactive", "action", "content", "sent_by", "sender", "contact", "sent_by_type", "direction"]


@GENERATED
@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), st.sampled_from([ANYONE, TYPED, BOSS]))
def test_nothing_that_comes_breaks_it_and_only_an_id_of_ours_chooses(raw: dict[str, Any], asked: Request) -> None:
    held = message(raw, UTC)
    option = asked.chosen(held)
    if option is not None:
        assert held.direction == "inbound"
        assert any(id_ in json.dumps(raw) for id_ in (YES, NO)) or asked.accept_text
        assert asked.responders is None or sender_digits(held) in asked.responders


@GENERATED
@given(st.lists(st.text(min_size=1), min_size=1, max_size=10, unique=True), st.data())
def test_whatever_is_asked_a_tap_chooses_it(options: list[str], data: st.DataObject) -> None:
    asked = Request("n", tuple(options))
    choice = data.draw(st.sampled_from(asked.choices()))
    assert asked.chosen(said(interactive=reply(choice["id"], choice["title"]))) == choice["title"]
    assert Request("m", tuple(options)).chosen(said(interactive=reply(choice["id"]))) is None


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda: checked_options([]), "options must be 1 to 10 texts, got none"),
        (lambda: checked_options("Approve"), "options must be a list"),
        (lambda: checked_options(["Ya", " "]), r"options\[1\] must be a text, got"),
        (lambda: checked_options(["Ya", None]), r"options\[1\] must be a text, got a NoneType"),
        (lambda: checked_options(["Ya", "ya "]), r"options\[1\] must be another text, got the same as options\[0\]"),
        (lambda: checked_default("Nein", ["Ya"]), "defaults must be one of the options"),
        (lambda: checked_default(["Ya", "Tidak"], ["Ya", "Tidak"]), "defaults must be one of the options"),
        (lambda: checked_responders([]), "responders must be one phone number"),
        (lambda: checked_responders(["6281200000001", "abc"]), r"responders\[1\] must be a phone number"),
        (lambda: checked_responders("081200000001"), r"responders\[0\] must be a number with its country code"),
        (lambda: question("", None), "subject must be a text, got an empty text"),
        (lambda: question(None, "x"), "subject must be a text, got a NoneType"),
        (lambda: question("x", 5), "body must be a text, got a int"),
    ],
)
def test_refused(check: Any, words: str) -> None:
    with pytest.raises(CekatInputError, match=words):
        check()


def test_taken() -> None:
    assert checked_options('["Ya", 2]') == ("Ya", "2")
    assert checked_default("Ya", ["Ya"]) == checked_default(["Ya"], ["Ya"]) == "Ya"
    assert checked_responders("+62 812-0000-0001, 6281200000002") == ("6281200000001", "6281200000002")
    assert checked_responders(6281200000001) == ("6281200000001",)
    assert checked_responders(["081200000001"], "62") == ("6281200000001",)
    assert question("PO 7", None) == "*PO 7*"
    assert question("PO\n7", " Rp 5 ") == "*PO 7*\n\nRp 5"
    assert question("3 * 4", "x") == "3 * 4\n\nx"


@pytest.mark.parametrize("depth", [300, 900, 1100, 1300])
def test_a_text_of_brackets_is_no_answer_and_no_bug(depth: int) -> None:
    # In Python 3.12 JSON may be deeper than calls.
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        assert ANYONE.chosen(said(message=text)) is None
        assert TYPED.chosen(said(message=text)) is None
