from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from .conftest import RECEIVER


@pytest.fixture
def where(api, cekat_sandbox):
    """A conversation of seven messages: 0 to 6, the odd ones from the customer."""
    conversation_id = ""
    for number in range(7):
        if number % 2:
            cekat_sandbox.reply(str(number))
        else:
            conversation_id = api.sent(message=str(number))["conversation_id"]
        cekat_sandbox.advance(seconds=1)
    return conversation_id


def texts(items):
    return [item["message"] for item in items]


@pytest.mark.parametrize(
    ("envelope", "unwrap"),
    [
        ("data", lambda body: body["data"]),
        ("data.messages", lambda body: body["data"]["messages"]),
        ("data.items", lambda body: body["data"]["items"]),
        ("bare", lambda body: body),
    ],
)
def test_envelopes(api, cekat_sandbox, where, envelope, unwrap):
    cekat_sandbox.shape(envelope=envelope)
    body = api.read(where).json
    assert texts(unwrap(body)) == list("0123456")
    if envelope != "bare":
        assert body["success"] is True
        assert "metadata" not in body


def test_the_older_pages(api, cekat_sandbox, where):
    cekat_sandbox.note("Catatan")
    cekat_sandbox.shape(messages="old")
    items = api.history(where)
    assert set(items[0]) == {"id", "conversation_id", "direction", "type", "content", "sender", "timestamp"}
    assert [item["direction"] for item in items[:2]] == ["outbound", "inbound"]
    assert items[1]["content"] == {"text": "1"}
    assert items[1]["sender"] == {"name": RECEIVER, "phone": RECEIVER}
    assert items[-1]["type"] == "private_note"


def test_times_name_the_same_moment_in_three_ways(api, cekat_sandbox, where):
    told = {}
    for times in ("z", "offset", "naive"):
        cekat_sandbox.shape(times=times)
        told[times] = api.history(where)[0]["created_at"]
    jakarta = timezone(timedelta(hours=7))
    moment = datetime.fromisoformat(told["z"].replace("Z", "+00:00"))
    assert told["z"].endswith("Z")
    assert told["offset"].endswith("+07:00")
    assert datetime.fromisoformat(told["offset"]) == moment
    naive = datetime.strptime(told["naive"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=jakarta)
    assert naive == moment.replace(microsecond=0)


def test_the_send_answer_tells_its_time_in_the_same_way(api, cekat_sandbox):
    cekat_sandbox.shape(times="naive")
    datetime.strptime(api.sent()["created_at"], "%Y-%m-%d %H:%M:%S")


def test_orders(api, cekat_sandbox, where):
    cekat_sandbox.shape(order="newest_first")
    assert texts(api.history(where)) == list("6543210")
    cekat_sandbox.shape(order="shuffled")
    shuffled = texts(api.history(where))
    assert sorted(shuffled) == list("0123456")
    assert texts(api.history(where)) == shuffled


@pytest.mark.parametrize("order", ["oldest_first", "newest_first", "shuffled"])
def test_pages(api, cekat_sandbox, where, order):
    cekat_sandbox.shape(page_size=3, order=order)
    first = api.read(where).json
    assert first["metadata"]["pagination"] == {
        "current_page": 1,
        "current_items": 3,
        "total_page": 3,
        "total_items": 7,
    }
    pages = [api.read(where, f"&page={page}").json for page in (1, 2, 3, 4)]
    assert pages[0] == first
    assert [len(page["data"]) for page in pages] == [3, 3, 1, 0]
    assert sorted(text for page in pages for text in texts(page["data"])) == list("0123456")


def test_cursor(api, cekat_sandbox, where):
    cekat_sandbox.shape(page_size=3, pagination="cursor")
    seen, cursor, requests = [], "0", 0
    while cursor is not None:
        body = api.read(where, f"&cursor={cursor}").json
        seen += texts(body["data"])
        pagination = body["metadata"]["pagination"]
        cursor = pagination["next_cursor"]
        assert pagination["has_more"] is (cursor is not None)
        requests += 1
    assert (seen, requests) == (list("0123456"), 3)
    cekat_sandbox.shape(page_size=7)
    assert api.read(where).json["metadata"]["pagination"] == {"next_cursor": None, "has_more": False}


def test_a_cut_history_that_does_not_say_so(api, cekat_sandbox, where):
    cekat_sandbox.shape(page_size=3, pagination="none")
    body = api.read(where, "&page=2").json
    assert "metadata" not in body
    assert texts(body["data"]) == list("456")
    cekat_sandbox.shape(order="newest_first")
    assert texts(api.history(where)) == list("654")


def test_a_bare_list_can_be_paged_but_does_not_say_so(api, cekat_sandbox, where):
    cekat_sandbox.shape(page_size=3, envelope="bare")
    assert texts(api.read(where, "&page=2").json) == list("345")


def test_history_lags_for_what_was_sent_only(api, cekat_sandbox, where):
    cekat_sandbox.shape(history_lag_seconds=30)
    api.sent(message="baru")
    cekat_sandbox.reply("jawab")
    assert texts(api.history(where))[-1] == "jawab"
    assert "baru" not in texts(api.history(where))
    assert "baru" in texts(cekat_sandbox.messages(where))
    assert cekat_sandbox.sent()[-1]["message"] == "baru"
    cekat_sandbox.advance(seconds=29)
    assert "baru" not in texts(api.history(where))
    cekat_sandbox.advance(seconds=1)
    assert texts(api.history(where))[-2:] == ["baru", "jawab"]


def test_history_lags_in_real_time_too(api, cekat_sandbox):
    cekat_sandbox.shape(history_lag_seconds=1.5)
    where = api.sent()["conversation_id"]
    assert api.history(where) == []
    deadline = time.monotonic() + 60
    while not api.history(where):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_shape_is_changed_field_by_field_and_cleared(api, cekat_sandbox):
    cekat_sandbox.shape(order="shuffled")
    both = cekat_sandbox.shape(times="naive")
    assert (both["order"], both["times"], both["envelope"]) == ("shuffled", "naive", "data")
    assert api.raw("GET", "/sandbox/shape").json == both
    cekat_sandbox.clear()
    assert cekat_sandbox.shape()["order"] == "oldest_first"


@pytest.mark.parametrize("wrong", [{"order": "random"}, {"page_size": 0}, {"oder": "shuffled"}, {"times": None}])
def test_a_wrong_shape_is_refused_in_words(api, wrong):
    import json

    got = api.raw("POST", "/sandbox/shape", json.dumps(wrong).encode())
    assert (got.status, got.json["error"]["details"][0]["field"]) == (400, next(iter(wrong)))
