from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
import requests

from cekat_provider.sandbox.client import SandboxError

from .conftest import RECEIVER

BODY = {"receiver": RECEIVER, "message": "halo"}


def post(sandbox, session=requests, **more):
    headers = {"api_key": sandbox.api_key}
    more = {"timeout": 5, "allow_redirects": False, **more}
    return session.post(f"{sandbox.url}/messages/whatsapp", json=BODY, headers=headers, **more)


def accepted(sandbox):
    return len(sandbox.sent())


def test_too_many_requests(cekat_sandbox):
    cekat_sandbox.faults(kind="rate_limit", retry_after=2, times=2)
    for _ in range(2):
        answer = post(cekat_sandbox)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
        assert answer.json() == {"success": False, "status_code": 429, "error": {"message": "Too many requests"}}
    assert accepted(cekat_sandbox) == 0
    assert post(cekat_sandbox).status_code == 200


def test_retry_after_as_a_date_and_missing(cekat_sandbox):
    cekat_sandbox.faults({"kind": "rate_limit", "retry_after": 90, "retry_after_date": True})
    cekat_sandbox.faults({"kind": "rate_limit", "retry_after": None})
    answer = post(cekat_sandbox)
    later = parsedate_to_datetime(answer.headers["Retry-After"]) - parsedate_to_datetime(answer.headers["Date"])
    assert 88 <= later.total_seconds() <= 90
    assert "Retry-After" not in post(cekat_sandbox).headers


@pytest.mark.parametrize("status", [500, 502, 503, 504, 403, 418])
def test_any_status(cekat_sandbox, status):
    cekat_sandbox.faults(kind="status", status=status, headers={"Retry-After": "3"}, body={"why": "busy"})
    answer = post(cekat_sandbox)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (status, "3", {"why": "busy"})
    assert accepted(cekat_sandbox) == 0


def test_a_status_without_and_with_a_text(cekat_sandbox):
    cekat_sandbox.faults({"kind": "status"}, {"kind": "status", "status": 401, "body": "Unauthorized"})
    assert post(cekat_sandbox).json() == {
        "success": False,
        "status_code": 500,
        "error": {"message": "Made to fail"},
    }
    assert post(cekat_sandbox).text == "Unauthorized"


def test_a_redirect(cekat_sandbox):
    cekat_sandbox.faults(kind="status", status=302, location="http://elsewhere.example/x")
    answer = post(cekat_sandbox)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://elsewhere.example/x")


def test_an_error_code_of_whatsapp(cekat_sandbox):
    cekat_sandbox.faults(kind="error_code", code=131026, message="Message undeliverable")
    answer = post(cekat_sandbox)
    assert answer.status_code == 400
    assert answer.json()["error"] == {"code": 131026, "message": "Message undeliverable", "details": []}


@pytest.mark.parametrize(("kind", "stored"), [("drop", 0), ("accept_then_drop", 1)])
def test_a_dropped_connection(cekat_sandbox, kind, stored):
    cekat_sandbox.faults(kind=kind, times=2)
    with requests.Session() as session, pytest.raises(requests.ConnectionError, match="RemoteDisconnected"):
        post(cekat_sandbox, session)

    async def once():
        async with aiohttp.ClientSession() as session:
            headers = {"api_key": cekat_sandbox.api_key}
            await session.post(f"{cekat_sandbox.url}/messages/whatsapp", json=BODY, headers=headers)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        asyncio.run(once())
    assert accepted(cekat_sandbox) == 2 * stored
    assert [(e["status"], e["fault"]) for e in cekat_sandbox.requests()] == [(None, kind)] * 2
    assert post(cekat_sandbox).status_code == 200


def test_a_dropped_connection_that_was_in_use_before(cekat_sandbox):
    with requests.Session() as session:
        assert post(cekat_sandbox, session).status_code == 200
        cekat_sandbox.faults(kind="drop")
        with pytest.raises(requests.ConnectionError, match="RemoteDisconnected"):
            post(cekat_sandbox, session)
        assert post(cekat_sandbox, session).status_code == 200
    assert accepted(cekat_sandbox) == 2


def test_a_drop_leaves_no_noise_in_the_log(cekat_sandbox, caplog):
    cekat_sandbox.faults(kind="drop")
    with pytest.raises(requests.ConnectionError):
        post(cekat_sandbox)
    post(cekat_sandbox)
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_accepted_but_answered_with_an_error(cekat_sandbox):
    cekat_sandbox.faults(kind="accept_then_status", status=502)
    assert post(cekat_sandbox).status_code == 502
    assert accepted(cekat_sandbox) == 1


def test_not_json(cekat_sandbox):
    cekat_sandbox.faults(kind="not_json")
    answer = post(cekat_sandbox)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises(ValueError):  # noqa: PT011 - whichever JSON library requests found
        answer.json()
    assert accepted(cekat_sandbox) == 1


def test_truncated(api, cekat_sandbox):
    cekat_sandbox.faults(kind="truncated")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        post(cekat_sandbox)
    assert accepted(cekat_sandbox) == 1
    cekat_sandbox.faults(kind="truncated")
    with pytest.raises(http.client.IncompleteRead) as caught:
        api.send()
    assert caught.value.partial.startswith(b'{"success":true')
    assert caught.value.expected > 0


def test_huge(cekat_sandbox):
    cekat_sandbox.faults(kind="huge", bytes=3_000_001)
    answer = post(cekat_sandbox)
    assert "Content-Length" not in answer.headers
    assert len(answer.content) == 3_000_001
    assert answer.json()["success"] is True
    assert accepted(cekat_sandbox) == 1


def test_deep(cekat_sandbox):
    cekat_sandbox.faults(kind="deep", depth=5)
    assert post(cekat_sandbox).json() == {"success": True, "data": [[[[[]]]]]}
    cekat_sandbox.faults(kind="deep")
    with pytest.raises(RecursionError):
        json.loads(post(cekat_sandbox).content)


def test_slow_accepts_first(cekat_sandbox):
    cekat_sandbox.faults(kind="slow", seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        post(cekat_sandbox, timeout=0.1)
    assert accepted(cekat_sandbox) == 1
    cekat_sandbox.faults(kind="slow", seconds=0.2)
    began = time.monotonic()
    assert post(cekat_sandbox).json()["success"] is True
    assert time.monotonic() - began >= 0.2


def test_slow_holds_up_nobody_else(cekat_sandbox):
    cekat_sandbox.faults(kind="slow", seconds=3)

    def hang():
        with pytest.raises(requests.ReadTimeout):
            post(cekat_sandbox, timeout=1)

    slow = threading.Thread(target=hang)
    slow.start()
    cekat_sandbox.wait_for_message()
    assert post(cekat_sandbox).status_code == 200
    assert slow.is_alive()
    slow.join()


def test_drip(cekat_sandbox):
    cekat_sandbox.faults(kind="drip", seconds_per_byte=0.001)
    assert post(cekat_sandbox).json()["success"] is True
    cekat_sandbox.faults(kind="drip", seconds_per_byte=0.5)
    with post(cekat_sandbox, stream=True, timeout=2) as answer:
        assert answer.raw.read(1) == b"{"
    assert accepted(cekat_sandbox) == 2


def test_faults_strike_where_they_were_asked_to(api, cekat_sandbox):
    where = api.sent()["conversation_id"]
    cekat_sandbox.faults({"on": "read", "kind": "status"}, {"on": "send", "kind": "status", "status": 503})
    assert api.read(where).status == 500
    assert api.read(where).status == 200
    assert api.send().status == 503
    assert api.send().status == 200
    cekat_sandbox.faults(kind="status", times=2)
    assert [api.read(where).status, api.send().status, api.send().status] == [500, 500, 200]


def test_skip_counts_requests(api, cekat_sandbox):
    cekat_sandbox.faults(
        {"kind": "status", "status": 501, "skip": 1}, {"kind": "status", "status": 502, "skip": 2, "times": 2}
    )
    assert [api.send().status for _ in range(5)] == [200, 501, 502, 502, 200]


def test_faults_left(api, cekat_sandbox):
    (left,) = cekat_sandbox.faults(kind="status", times=3, skip=1)
    assert (left["times"], left["skip"]) == (3, 1)
    api.send()
    api.send()
    (left,) = cekat_sandbox.faults()
    assert (left["times"], left["skip"]) == (2, 0)
    cekat_sandbox.clear_faults()
    assert (cekat_sandbox.faults(), api.send().status) == ([], 200)


def test_faults_by_chance_are_the_same_each_time(api, cekat_sandbox):
    def run(seed):
        cekat_sandbox.clear()
        cekat_sandbox.faults(kind="status", probability=0.3, seed=seed)
        return [api.send().status for _ in range(60)]

    first = run(7)
    assert 5 <= first.count(500) <= 35
    assert run(7) == first != run(8)
    assert len(cekat_sandbox.faults()) == 1


def test_a_wrong_key_uses_no_fault(api, cekat_sandbox):
    cekat_sandbox.faults(kind="status")
    assert api.raw("POST", "/messages/whatsapp", b"{}", {"api_key": "wrong"}).status == 401
    assert len(cekat_sandbox.faults()) == 1


def test_an_accepting_fault_does_not_make_a_bad_send_good(api, cekat_sandbox):
    cekat_sandbox.faults({"kind": "accept_then_drop"})
    with pytest.raises(OSError):  # noqa: PT011 - http.client's RemoteDisconnected, bare or wrapped by urllib
        api.send({"receiver": "+62", "message": "halo"})
    assert accepted(cekat_sandbox) == 0
    assert "receiver must be" in cekat_sandbox.requests()[-1]["reason"]


@pytest.mark.parametrize(
    "wrong", [{"kind": "explode"}, {"kind": "drop", "time": 3}, {"kind": "drop", "times": 0}, {"on": "send"}]
)
def test_a_wrong_fault_is_refused(cekat_sandbox, wrong):
    with pytest.raises(SandboxError, match="400"):
        cekat_sandbox.faults(wrong)


def test_the_rate_limit(api, cekat_sandbox):
    cekat_sandbox.rate_limit(3)
    answers = [api.send() for _ in range(4)]
    assert [got.status for got in answers] == [200, 200, 200, 429]
    assert [got.headers["X-RateLimit-Remaining"] for got in answers] == ["2", "1", "0", "0"]
    assert {got.headers["X-RateLimit-Limit"] for got in answers} == {"3"}
    assert 55 <= int(answers[3].headers["Retry-After"]) <= 60
    cekat_sandbox.advance(seconds=int(answers[3].headers["Retry-After"]))
    assert api.send().status == 200
    assert accepted(cekat_sandbox) == 4
    cekat_sandbox.rate_limit(None)
    assert api.send().headers["X-RateLimit-Limit"] is None
