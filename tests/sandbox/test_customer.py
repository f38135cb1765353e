from __future__ import annotations

import time

import pytest

from cekat_provider.sandbox.cekat import Cekat, Settings
from cekat_provider.sandbox.client import SandboxError
from cekat_provider.sandbox.customer import Rule

from .conftest import RECEIVER
from .test_limits import GOOD

OTHER = "6281200000002"


def until(check):
    deadline = time.monotonic() + 60
    while not (value := check()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return value


def inbound(messages):
    return [message["message"] for message in messages if message["sent_by_type"] == "user"]


def test_a_reply_is_the_customers(api, cekat_sandbox):
    where = api.sent()["conversation_id"]
    cekat_sandbox.reply("Ya")
    last = api.history(where)[-1]
    assert (last["message"], last["sent_by_type"], last["sent_by"]) == ("Ya", "user", RECEIVER)


def test_a_reply_goes_where_it_was_last_written_to(api, cekat_sandbox):
    first, second = api.sent(), api.sent(receiver=OTHER)
    assert cekat_sandbox.reply("dua")["conversation_id"] == second["conversation_id"]
    assert cekat_sandbox.reply("satu", receiver=RECEIVER)["conversation_id"] == first["conversation_id"]
    where = first["conversation_id"]
    assert cekat_sandbox.reply("satu", conversation_id=where)["conversation_id"] == where


def test_a_reply_with_a_file(api, cekat_sandbox):
    where = api.sent()["conversation_id"]
    cekat_sandbox.reply(media_type="image", media_url="https://files.example/bukti.jpg")
    last = api.history(where)[-1]
    assert (last["media_type"], last["media_url"]) == ("image", "https://files.example/bukti.jpg")


@pytest.mark.parametrize(
    ("kind", "tap", "interactive"),
    [
        (
            "button",
            {"button_id": "id2"},
            {"type": "button_reply", "button_reply": {"id": "id2", "title": "Tombol 2"}},
        ),
        ("list", {"row_id": "c"}, {"type": "list_reply", "list_reply": {"id": "c", "title": "Baris c"}}),
    ],
)
def test_a_tap(api, cekat_sandbox, kind, tap, interactive):
    where = api.sent(**GOOD[kind])["conversation_id"]
    cekat_sandbox.reply(**tap)
    last = api.history(where)[-1]
    assert last["interactive"] == interactive
    assert last["message"] == interactive[interactive["type"]]["title"]
    with pytest.raises(SandboxError, match="No message of this conversation has"):
        cekat_sandbox.reply(**dict.fromkeys(tap, "nothing"))


def test_a_reply_nowhere_is_explained(cekat_sandbox):
    with pytest.raises(LookupError, match="There is no conversation yet"):
        cekat_sandbox.reply("Ya")
    with pytest.raises(SandboxError, match="Conversation not found"):
        cekat_sandbox.reply("Ya", conversation_id="unknown")


@pytest.mark.parametrize("body", [{}, {"button_id": "a", "row_id": "b"}, {"mesage": "Ya"}])
def test_a_reply_that_makes_no_sense_is_refused(cekat_sandbox, body):
    cekat_sandbox.conversation(RECEIVER)
    with pytest.raises(SandboxError, match="VALIDATION_ERROR"):
        cekat_sandbox.reply(**body)


def test_notes_and_agents(api, cekat_sandbox):
    where = api.sent()["conversation_id"]
    cekat_sandbox.note("Pelanggan lama")
    cekat_sandbox.note("Ada yang bisa dibantu?", sent_by_type="agent", name="Sari")
    note, agent = api.history(where)[1:]
    assert (note["sent_by_type"], note["additional_data"]["is_private_note"]) == ("private_note", True)
    assert (agent["sent_by_type"], agent["sent_by_name"]) == ("agent", "Sari")
    assert len(cekat_sandbox.sent()) == 1


def test_conversations_can_be_made(cekat_sandbox):
    made = cekat_sandbox.conversation(RECEIVER, id="rapat-1", name="Budi")
    assert (made["id"], made["window_open"]) == ("rapat-1", True)
    assert cekat_sandbox.conversation(RECEIVER) == made
    with pytest.raises(SandboxError, match="409"):
        cekat_sandbox.conversation(RECEIVER, id="rapat-2")
    with pytest.raises(SandboxError, match="409"):
        cekat_sandbox.conversation(OTHER, id="rapat-1")
    with pytest.raises(SandboxError, match="receiver"):
        cekat_sandbox.conversation("+62812")


def test_automatic_answers_come_in_their_time(api, cekat_sandbox):
    cekat_sandbox.auto_reply("segera", after_seconds=0)
    cekat_sandbox.auto_reply("nanti", after_seconds=0.3)
    where = api.sent()["conversation_id"]
    assert inbound(cekat_sandbox.messages(where)) == ["segera"]
    until(lambda: inbound(cekat_sandbox.messages(where)) == ["segera", "nanti"])
    first, second = [m for m in api.history(where) if m["sent_by_type"] == "user"]
    assert first["created_at"] < second["created_at"]


def test_an_answer_carries_the_time_it_was_due():
    now_ms = 1_700_000_000_000
    cekat = Cekat(Settings(rules=[Rule("ya", after_seconds=5)]))
    cekat.clock.real_ms = lambda: now_ms
    cekat.advance(3600)
    sent, conversation = cekat.accept({"receiver": RECEIVER, "message": "halo"}, {})
    now_ms += 4_999
    cekat.settle()
    assert len(cekat.store.messages(conversation.id)) == 1
    now_ms += 60_000
    cekat.settle()
    cekat.settle()
    (_, answer) = cekat.store.messages(conversation.id)
    assert (answer.content["message"], answer.created_ms) == ("ya", sent.created_ms + 5_000)


def test_rules_can_be_narrow(api, cekat_sandbox):
    one, two = api.sent(), api.sent(receiver=OTHER)
    cekat_sandbox.auto_reply("a", receiver=OTHER)
    cekat_sandbox.auto_reply("b", conversation_id=one["conversation_id"], times=1)
    cekat_sandbox.auto_reply("c", contains="harga")
    for receiver in (RECEIVER, OTHER):
        for text in ("harga?", "halo"):
            api.sent(receiver=receiver, message=text)
    assert inbound(api.history(one["conversation_id"])) == ["b", "c"]
    assert sorted(inbound(api.history(two["conversation_id"]))) == ["a", "a", "c"]
    api.raw("DELETE", "/sandbox/auto-reply")
    api.sent(message="harga?")
    assert len(inbound(api.history(one["conversation_id"]))) == 2


def test_a_status_set_by_hand(api, cekat_sandbox):
    data = api.sent()
    cekat_sandbox.set_status(data["message_id"], "read")
    (message,) = api.history(data["conversation_id"])
    assert message["status"] == "read"
    cekat_sandbox.set_status(data["message_id"], "failed", {"code": 131026, "message": "Undeliverable"})
    (message,) = api.history(data["conversation_id"])
    assert message["status"] == "failed"
    assert message["additional_data"]["error"] == {"code": 131026, "message": "Undeliverable"}
    with pytest.raises(SandboxError, match="Message not found"):
        cekat_sandbox.set_status("unknown", "read")


def test_the_ladder_of_statuses(api, cekat_sandbox):
    cekat_sandbox.delivery(delivered_after_seconds=10, read_after_seconds=100)
    where = api.sent()["conversation_id"]
    cekat_sandbox.delivery(failed_after_seconds=50, error_code=131050, error_message="Opted out")
    api.sent()

    def statuses():
        return [message["status"] for message in api.history(where)]

    assert statuses() == ["sent", "sent"]
    cekat_sandbox.advance(seconds=10)
    assert statuses() == ["delivered", "sent"]
    cekat_sandbox.advance(seconds=90)
    assert statuses() == ["read", "failed"]
    first, second = api.history(where)
    assert first["updated_at"] > first["created_at"]
    assert second["additional_data"]["error"] == {"code": 131050, "message": "Opted out"}


def test_clear_forgets_all_but_the_key(api, cekat_sandbox):
    api.sent()
    cekat_sandbox.auto_reply("ya")
    cekat_sandbox.faults(kind="drop")
    cekat_sandbox.advance(hours=5)
    cekat_sandbox.rate_limit(1)
    cekat_sandbox.delivery(read_after_seconds=0)
    cekat_sandbox.rotate_key("kept-key")
    cekat_sandbox.clear()
    assert cekat_sandbox.conversations() == cekat_sandbox.sent() == cekat_sandbox.requests() == []
    assert cekat_sandbox.faults() == []
    assert api.raw("GET", "/sandbox/auto-reply").json == []
    assert api.raw("GET", "/sandbox/clock").json["offset_seconds"] == 0
    assert [api.sent()["status"], api.sent()["status"]] == ["sent", "sent"]
    where = cekat_sandbox.conversations()[0]["id"]
    assert {message["status"] for message in api.history(where)} == {"sent"}


def test_health(cekat_sandbox):
    health = cekat_sandbox.health()
    assert (health["ok"], health["name"]) == (True, "cekat-sandbox")
    assert health["version"] not in ("", "0")
