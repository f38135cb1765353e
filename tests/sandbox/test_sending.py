from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest

from .conftest import RECEIVER

OTHER = "6281200000002"
KEY_REFUSED = {"success": False, "status_code": 401, "error": {"message": "Not authenticated"}}


def test_a_send_is_accepted_and_kept(api, cekat_sandbox):
    data = api.sent(message="Pesanan sudah dikirim 📦")
    uuid.UUID(data["message_id"])
    uuid.UUID(data["conversation_id"])
    assert (data["receiver"], data["status"]) == (RECEIVER, "sent")
    (message,) = api.history(data["conversation_id"])
    assert message["id"] == data["message_id"]
    assert message["message"] == "Pesanan sudah dikirim 📦"
    assert message["sent_by_type"] == "api"
    assert message["contact"]["phone_number"] == RECEIVER
    (kept,) = cekat_sandbox.sent()
    assert kept["request_body"] == {"receiver": RECEIVER, "message": "Pesanan sudah dikirim 📦"}
    assert kept["request_headers"]["api_key"] == "***"


def test_a_message_has_every_field_of_the_newer_pages(api):
    (message,) = api.history(api.sent()["conversation_id"])
    assert set(message) == {
        *("id", "message", "conversation_id", "sent_by", "sent_by_name", "sent_by_type", "media_type"),
        *("media_url", "status", "is_template", "created_at", "updated_at", "platform_mid", "additional_data"),
        *("contact", "inbox", "location", "interactive", "action"),
    }
    assert message["additional_data"] == {"is_private_note": False}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"api_key": ""},
        {"api_key": "wrong"},
        {"api_key": "w\xf6rng"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic {key}"},
        {"api_key": "{key}", "Authorization": "Bearer wrong"},
        {"api_key": "wrong", "Authorization": "Bearer {key}"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/messages/whatsapp"), ("GET", "/messages"), ("GET", "/nope")])
def test_a_missing_or_wrong_key_is_refused(api, cekat_sandbox, headers, method, path):
    given = {name: value.replace("{key}", cekat_sandbox.api_key) for name, value in headers.items()}
    got = api.raw(method, path, b"{}" if method == "POST" else None, given)
    assert (got.status, got.json) == (401, KEY_REFUSED)
    assert cekat_sandbox.api_key not in json.dumps(cekat_sandbox.requests())


@pytest.mark.parametrize("both", [True, False])
def test_the_key_is_taken_as_bearer_too(api, cekat_sandbox, both):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {cekat_sandbox.api_key}"}
    if both:
        headers["api_key"] = cekat_sandbox.api_key
    body = json.dumps({"receiver": RECEIVER, "message": "halo"}).encode()
    assert api.raw("POST", "/messages/whatsapp", body, headers).status == 200


def test_a_rotated_key_replaces_the_old_one(api, cekat_sandbox):
    old = cekat_sandbox.api_key
    cekat_sandbox.rotate_key("another-key")
    assert api.send().status == 200
    assert api.raw("GET", "/messages?conversation_id=x", None, {"api_key": old}).status == 401


def test_one_conversation_for_each_receiver(api, cekat_sandbox):
    first, again, other = api.sent(), api.sent(), api.sent(receiver=OTHER)
    assert first["conversation_id"] == again["conversation_id"] != other["conversation_id"]
    assert [c["receiver"] for c in cekat_sandbox.conversations()] == [RECEIVER, OTHER]
    assert first["message_id"] != again["message_id"]


def test_a_known_conversation_needs_no_receiver(api):
    where = api.sent()["conversation_id"]
    assert api.send({"conversation_id": where, "message": "lagi"}).json["data"]["receiver"] == RECEIVER


def test_an_unknown_conversation_without_receiver_is_not_found(api):
    got = api.send({"conversation_id": str(uuid.uuid4()), "message": "halo"})
    assert (got.status, got.json["error"]["code"]) == (404, "NOT_FOUND")


def test_an_unknown_conversation_with_a_new_receiver_is_made(api):
    wanted = str(uuid.uuid4())
    assert api.sent(conversation_id=wanted)["conversation_id"] == wanted


@pytest.mark.parametrize("wanted", ["a/b", "a&b=c#d?e", "..", "percakapan é 📦", "'; DROP TABLE x"])
def test_odd_ids_are_only_text(api, cekat_sandbox, wanted):
    api.sent(conversation_id=wanted)
    cekat_sandbox.reply("ya", conversation_id=wanted)
    assert [message["message"] for message in cekat_sandbox.messages(wanted)] == ["halo", "ya"]
    assert [message["message"] for message in api.history(quote(wanted, safe=""))] == ["halo", "ya"]


def test_a_line_break_in_an_id_stays_in_it(api):
    wanted = "a\r\nX-Evil: 1"
    assert api.sent(conversation_id=wanted)["conversation_id"] == wanted
    got = api.read(quote(wanted, safe=""))
    assert (len(got.json["data"]), got.headers["X-Evil"]) == (1, None)


def test_conversation_and_receiver_must_go_together(api):
    mine, other = api.sent(), api.sent(receiver=OTHER)
    crossed = api.send(receiver=OTHER, conversation_id=mine["conversation_id"])
    assert (crossed.status, crossed.json["error"]["details"][0]["field"]) == (404, "receiver")
    second = api.send(receiver=OTHER, conversation_id=str(uuid.uuid4()))
    assert (second.status, second.json["error"]["details"][0]["field"]) == (404, "conversation_id")
    assert len(api.history(other["conversation_id"])) == 1


@pytest.mark.parametrize(
    ("data", "content_type", "code"),
    [
        (b"{", "application/json", "INVALID_JSON"),
        (b"", "application/json", "INVALID_JSON"),
        (b"[]", "application/json", "INVALID_JSON"),
        (b"null", "application/json", "INVALID_JSON"),
        (b'"text"', "application/json", "INVALID_JSON"),
        (b'{"message": NaN}', "application/json", "INVALID_JSON"),
        (b'{"message": "\xff"}', "application/json", "INVALID_JSON"),
        (b'{"message": "\\ud800"}', "application/json", "INVALID_JSON"),
        (b'\xef\xbb\xbf{"message": "halo"}', "application/json", "INVALID_JSON"),
        (b"[" * 200_000, "application/json", "INVALID_JSON"),
        (b'{"x": ' + b"9" * 10_000 + b"}", "application/json", "INVALID_JSON"),
        (b'{"message": "halo"}', "text/plain", "VALIDATION_ERROR"),
        (b"message=halo", "application/x-www-form-urlencoded", "VALIDATION_ERROR"),
    ],
)
def test_what_is_not_a_json_object_is_refused(api, cekat_sandbox, data, content_type, code):
    headers = {"api_key": cekat_sandbox.api_key, "Content-Type": content_type}
    got = api.raw("POST", "/messages/whatsapp", data, headers)
    assert got.status == 400
    assert got.json["success"] is False
    assert got.json["error"]["code"] == code
    assert cekat_sandbox.sent() == []


def test_a_body_beyond_all_measure_is_refused(api):
    got = api.raw("POST", "/messages/whatsapp", b'{"message": "%b"}' % (b"x" * 9_000_000))
    assert (got.status, got.json["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_unlisted_fields_are_taken_and_kept(api, cekat_sandbox):
    api.sent(context={"reply_to": "abc"}, campaign=7)
    assert cekat_sandbox.sent()[0]["request_body"]["context"] == {"reply_to": "abc"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("DELETE", "/messages", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/messages/whatsapp", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/messages?conversation_id=unknown", 404, "NOT_FOUND"),
        ("GET", "/messages", 400, "VALIDATION_ERROR"),
        ("GET", "/messages?conversation_id=", 400, "VALIDATION_ERROR"),
        ("GET", "/messages?conversation_id=a&conversation_id=b", 400, "VALIDATION_ERROR"),
        ("GET", "/messages?conversation_id=a&page=0", 400, "VALIDATION_ERROR"),
        ("GET", "/messages?conversation_id=a&cursor=x", 400, "VALIDATION_ERROR"),
    ],
)
def test_other_requests_are_refused_in_the_same_form(api, method, path, status, code):
    got = api.raw(method, path)
    assert (got.status, got.json["error"]["code"]) == (status, code)
    assert got.json["success"] is False


def test_the_date_header_is_the_sandbox_clock(api, cekat_sandbox):
    cekat_sandbox.advance(hours=-48)
    before = datetime.now(timezone.utc)
    got = api.send()
    told = parsedate_to_datetime(got.headers["Date"])
    assert abs((before - told).total_seconds() - 48 * 3600) < 60
    assert got.headers.get_all("Date") == [got.headers["Date"]]


def test_the_window_closes_a_day_after_the_customer_wrote(api, cekat_sandbox):
    where = api.sent()["conversation_id"]
    cekat_sandbox.advance(hours=23.9)
    api.sent()
    cekat_sandbox.advance(hours=0.2)
    got = api.send()
    assert got.status == 400
    assert got.json["error"]["code"] == 131047
    assert "Re-engagement message" in got.json["error"]["message"]
    assert "Re-engagement" in cekat_sandbox.refused()[-1]["reason"]
    cekat_sandbox.note("Sudah 24 jam", sent_by_type="agent")
    assert api.send().status == 400
    cekat_sandbox.reply("Masih ada?")
    api.sent()
    cekat_sandbox.advance(hours=24)
    assert api.send().status == 400
    assert len(api.history(where)) == 5


def test_the_window_closes_at_24_hours_to_the_millisecond():
    from cekat_provider.sandbox.cekat import Cekat, Settings
    from cekat_provider.sandbox.refusal import Refused

    cekat = Cekat(Settings())
    body = {"receiver": RECEIVER, "message": "halo"}
    now = 1_700_000_000_000
    cekat.clock.now_ms = lambda: now
    cekat.accept(body, {})
    now += 24 * 3_600_000 - 1
    cekat.accept(body, {})
    now += 1
    with pytest.raises(Refused):
        cekat.accept(body, {})


def test_a_conversation_can_be_old_from_the_start(api, cekat_sandbox):
    made = cekat_sandbox.conversation(RECEIVER, opened_hours_ago=30, name="Budi")
    assert (made["window_open"], made["name"]) == (False, "Budi")
    assert api.send().json["error"]["code"] == 131047


def test_every_kind_of_refusal_is_in_the_log(api, cekat_sandbox):
    api.send({"receiver": "+62812", "message": ""})
    entry = cekat_sandbox.requests()[-1]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/messages/whatsapp", 400)
    assert "receiver must be 7 to 15 digits" in entry["reason"]
    assert "message must not be empty" in entry["reason"]
    assert json.loads(entry["body"]) == {"receiver": "+62812", "message": ""}
