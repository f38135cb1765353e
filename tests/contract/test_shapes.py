"""Whatever the shape of the answer, the messages are the same."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from cekat_provider.core.parse import Message
from cekat_provider.hooks.cekat import CekatHook

ENVELOPES = ("data", "data.messages", "data.items", "bare")
SHAPES = list(itertools.product(ENVELOPES, ("new", "old"), ("z", "offset", "naive")))
ORDERS = ("oldest_first", "newest_first", "shuffled")


@pytest.fixture
def conversation(cekat_sandbox: Any) -> str:
    """Make a conversation of five messages, a second or more apart: naive times have no fraction."""
    hook = CekatHook()
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.advance(seconds=1)
    cekat_sandbox.reply("Halo", conversation_id="c-1")
    cekat_sandbox.advance(seconds=1)
    hook.send_message(conversation_id="c-1", message="Halo, apa kabar?")
    cekat_sandbox.advance(seconds=1)
    cekat_sandbox.reply("Baik", conversation_id="c-1", media_type="image", media_url="https://files.example.com/a.jpg")
    cekat_sandbox.advance(seconds=1)
    cekat_sandbox.note("pelanggan baik", conversation_id="c-1")
    cekat_sandbox.advance(seconds=1)
    cekat_sandbox.note("Ada lagi?", conversation_id="c-1", sent_by_type="agent")
    hook.close()
    return "c-1"


def told(messages: list[Message], *, old: bool = False) -> list[tuple[Any, ...]]:
    """Give what every shape can tell; the older pages have no place for a status, nor for a note's kind."""
    return [
        (
            m.id,
            m.conversation_id,
            m.direction,
            m.text,
            None if m.direction == "note" else m.media_type,
            None if m.sent_at is None else m.sent_at.replace(microsecond=0),
        )
        for m in messages
    ]


EXPECTED = [
    ("inbound", "Halo", "text"),
    ("outbound", "Halo, apa kabar?", "text"),
    ("inbound", "Baik", "image"),
    ("note", "pelanggan baik", None),
    ("outbound", "Ada lagi?", "text"),
]


def test_every_shape_gives_the_same_messages(cekat_sandbox: Any, conversation: str) -> None:
    hook = CekatHook()
    plain = told(hook.get_messages(conversation))
    assert [(direction, text, kind) for _, _, direction, text, kind, _ in plain] == EXPECTED
    seen = {}
    for number, (envelope, messages, times) in enumerate(SHAPES):
        order = ORDERS[number % len(ORDERS)]
        cekat_sandbox.shape(envelope=envelope, messages=messages, times=times, order=order, page_size=None)
        seen[envelope, messages, times, order] = told(hook.get_messages(conversation))
    hook.close()
    assert seen == dict.fromkeys(seen, plain)


def test_every_way_of_paging_gives_the_same_messages(cekat_sandbox: Any, conversation: str) -> None:
    hook = CekatHook()
    plain = told(hook.get_messages(conversation))
    seen, asked = {}, {}
    for pagination, size, envelope, order in itertools.product(
        ("pages", "cursor"), (1, 2, 5, 6), ("data", "data.messages"), ORDERS
    ):
        cekat_sandbox.shape(pagination=pagination, page_size=size, envelope=envelope, order=order)
        before = len(cekat_sandbox.requests())
        key = (pagination, size, envelope, order)
        seen[key] = told(hook.get_messages(conversation))
        asked[key] = len(cekat_sandbox.requests()) - before
    hook.close()
    assert seen == dict.fromkeys(seen, plain)
    assert asked == {key: {1: 5, 2: 3, 5: 1, 6: 1}[key[1]] for key in asked}


def test_what_the_answer_keeps_silent_about_is_not_known(cekat_sandbox: Any, conversation: str) -> None:
    cekat_sandbox.shape(pagination="none", page_size=2)
    hook = CekatHook()
    assert [message.text for message in hook.get_messages(conversation)] == ["pelanggan baik", "Ada lagi?"]
    hook.close()


@pytest.mark.parametrize(("zone", "hours"), [("Asia/Jakarta", 0), ("UTC", 7), ("Asia/Jayapura", -2)])
def test_a_naive_time_is_read_in_the_connections_zone(cekat_sandbox: Any, connect: Any, zone: str, hours: int) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.reply("ya", conversation_id="c-1")
    hook = connect(cekat_sandbox.url, cekat_sandbox.api_key, timezone=zone)
    (exact,) = hook.get_messages("c-1")
    cekat_sandbox.shape(times="naive")
    (naive,) = hook.get_messages("c-1")
    assert exact.sent_at is not None
    assert naive.sent_at is not None
    assert (naive.sent_at - exact.sent_at.replace(microsecond=0)).total_seconds() == hours * 3600


def test_sent_at_is_on_cekats_clock(cekat_sandbox: Any) -> None:
    cekat_sandbox.advance(hours=1000)
    hook = CekatHook()
    sent = hook.send_message(receiver="6281234567890", message="halo")
    (message,) = hook.get_messages(sent.conversation_id or "")
    hook.close()
    assert sent.sent_at is not None
    assert message.sent_at is not None
    # The header has whole seconds, so a `since` made of it lets the message and every answer through.
    assert 0 <= (message.sent_at - sent.sent_at).total_seconds() + 1 < 3
