"""What the page is made of, asked for without a browser: its files, the stream, the overview, the exports."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import cekat_provider.sandbox
from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.client import Sandbox
from cekat_provider.sandbox.server import RunningServer

from .conftest import RECEIVER

PAGE = Path(cekat_provider.sandbox.__file__).parent / "page"
FILES = sorted(path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*") if path.is_file())


@contextmanager
def stream(url: str) -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("GET", "/sandbox/events")
    yield connection.getresponse()
    connection.close()


def topics(answer: http.client.HTTPResponse) -> list[str]:
    """Read up to the next event; the stream itself says every second that it is there."""
    until = time.monotonic() + 60
    while not (line := answer.readline()).startswith(b"data: "):
        assert line, "the stream ended"
        assert time.monotonic() < until, "no event within a minute"
    return json.loads(line.removeprefix(b"data: "))


def heard(answer: http.client.HTTPResponse, *wanted: str) -> bool:
    """Read on until these topics were told, in one event or in several."""
    left = set(wanted)
    while left:
        left -= set(topics(answer))
    return True


def test_the_page_and_its_files(api):
    page = api.raw("GET", "/", headers={})
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "'unsafe" not in page.headers["content-security-policy"]
    kinds = {"css": "text/css", "js": "javascript", "svg": "image/svg+xml", "html": "text/html"}
    for name in FILES:
        got = api.raw("GET", f"/sandbox/page/{name}", headers={})
        assert got.raw == (PAGE / name).read_bytes()
        assert kinds[name.rpartition(".")[2]] in got.headers["content-type"], name
        assert got.headers["content-security-policy"] == page.headers["content-security-policy"]
    assert api.sandbox.requests() == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_can_be_read_in_one_sitting_and_names_nobody_else(name):
    text = (PAGE / name).read_text()
    assert len(text.splitlines()) <= 200
    # No way from a text to HTML, and nothing of another host but what a click leads to.
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style="):
        assert forbidden not in text
    hosts = {
        word for word in text.replace('"', " ").replace("`", " ").split() if word.startswith(("http://", "https://"))
    }
    assert not [
        url
        for url in hosts
        if not url.startswith(("http://www.w3.org/", "https://files.example.com/", "https://www.openstreetmap.org/"))
    ]


@pytest.mark.parametrize(
    "path", ["/sandbox/page/none.js", "/sandbox/page/../store.py", "/sandbox/page/%2e%2e/store.py", "/sandbox/page/js"]
)
def test_nothing_else_is_given_out(api, path):
    got = api.raw("GET", path, headers={})
    assert (got.status, got.json["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:3000"}, 200),
        ({"Host": "[::1]:3000"}, 200),
        ({"Host": "cekat.localhost"}, 200),
        ({"Host": "evil.example.com"}, 403),
        ({"Host": "127.0.0.1.example.com:3000"}, 403),
        ({"Host": "10.0.0.5"}, 403),
        ({"Host": "[evil"}, 403),
        ({"Host": "localhost:3000", "Origin": "http://localhost:3000"}, 200),
        ({"Host": "localhost:3000", "Origin": "http://localhost:4000"}, 403),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/sandbox/overview", "/sandbox/page/index.html"])
def test_another_sites_page_is_refused(api, headers, status, path):
    got = api.raw("GET", path, headers=headers)
    assert got.status == status
    if status == 403:
        assert got.json["error"]["code"] == "FORBIDDEN"


def test_another_sites_page_changes_nothing(api, cekat_sandbox):
    headers = {"Origin": "https://evil.example.com", "Content-Type": "application/json"}
    assert api.raw("POST", "/sandbox/conversations", b'{"receiver": "6281200000001"}', headers).status == 403
    assert cekat_sandbox.conversations() == []


def test_cekats_endpoints_take_any_host(api):
    headers = {"Host": "api.example.com", "api_key": api.sandbox.api_key, "Content-Type": "application/json"}
    body = json.dumps({"receiver": RECEIVER, "message": "halo"}).encode()
    assert api.raw("POST", "/messages/whatsapp", body, headers).status == 200


def test_where_others_may_come_any_name_will_do():
    server = RunningServer(Settings(), host="0.0.0.0")
    try:
        port = urlsplit(server.url).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/sandbox/health", headers={"Host": "build-7.example.com:3000"})
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        server.stop()


def test_the_stream_tells_what_changed(api, cekat_sandbox):
    with stream(cekat_sandbox.url) as events:
        assert events.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert topics(events) == ["connected"]
        conversation = api.sent()["conversation_id"]
        assert heard(events, f"conversation:{conversation}", "requests")
        message = cekat_sandbox.reply("ya")
        assert heard(events, f"conversation:{conversation}", "setup")
        cekat_sandbox.set_status(message["id"], "read")
        assert heard(events, f"conversation:{conversation}", "setup")
        cekat_sandbox.clear()
        assert heard(events, "cleared", "setup")


def test_the_stream_tells_what_time_alone_changes(api, cekat_sandbox):
    cekat_sandbox.auto_reply("ya", after_seconds=0.2)
    cekat_sandbox.delivery(delivered_after_seconds=0.5)
    conversation = api.sent()["conversation_id"]
    with stream(cekat_sandbox.url) as events:
        assert topics(events) == ["connected"]
        assert heard(events, f"conversation:{conversation}")  # nobody asks for anything: the answer comes, or the tick


def test_an_open_stream_does_not_hold_the_server_up():
    server = RunningServer(Settings())
    with stream(server.url) as one, stream(server.url) as two:
        assert [topics(events) for events in (one, two)] == [["connected"]] * 2
        server.stop()
        assert not server.alive
        with pytest.raises(http.client.IncompleteRead):  # the server has closed it
            one.read()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=5)


def test_a_closed_stream_is_forgotten(api, cekat_sandbox):
    from cekat_provider.sandbox.changes import Changes

    changes = Changes()
    with changes.listening() as listener, changes.listening():
        changes.tell("requests")
        changes.tell("requests")
        assert listener._topics == {"requests"}
    assert changes._listeners == set()


def test_the_overview(api, cekat_sandbox: Sandbox):
    quiet = cekat_sandbox.conversation("6281200000009", name="Siti", opened_hours_ago=30)
    sent = api.sent(message="x" * 500)
    cekat_sandbox.faults(kind="drop", on="send", times=2)
    cekat_sandbox.auto_reply("ya", contains="?")
    api.read("none")
    got = api.raw("GET", "/sandbox/overview", headers={}).json
    assert [one["id"] for one in got["conversations"]] == [sent["conversation_id"], quiet["id"]]
    talked, silent = got["conversations"]
    assert (talked["count"], talked["last"]["message"], talked["last"]["status"]) == (1, "x" * 200, "sent")
    assert (silent["count"], silent["last"], silent["window_open"]) == (0, None, False)
    assert got["faults"] == [{"kind": "drop", "on": "send", "times": 2}]
    assert (got["rules"][0]["contains"], got["refused"], got["rate_limit"]) == ("?", 1, None)
    assert got["clock"]["offset_seconds"] == 0
    assert got["delivery"]["read_after_seconds"] is None
    assert got["key"] is None, "the page tells nobody's own key"


def test_the_usual_key_is_told():
    server = RunningServer(Settings())
    try:
        with urllib.request.urlopen(f"{server.url}/sandbox/overview", timeout=60) as answer:
            assert json.load(answer)["key"] == "sandbox-key"
    finally:
        server.stop()


def test_the_newest_messages_and_the_newest_requests(api, cekat_sandbox):
    for number in range(5):
        conversation = api.sent(message=f"pesan {number}")["conversation_id"]
    api.read("none")
    got = api.raw("GET", f"/sandbox/conversations/{conversation}/messages?last=2", headers={}).json
    assert [m["message"] for m in got] == ["pesan 3", "pesan 4"]
    got = api.raw("GET", "/sandbox/requests?last=2", headers={}).json
    assert got == cekat_sandbox.requests()[-2:]
    assert got[1]["number"] == got[0]["number"] + 1
    [refused] = api.raw("GET", "/sandbox/requests?refused=true", headers={}).json
    assert refused["status"] == 404


def test_exports(api, cekat_sandbox):
    headers = {
        "api_key": cekat_sandbox.api_key,
        "Content-Type": "application/json",
        "X-Airflow-Dag-Id": "pesanan%20baru",
        "X-Airflow-Task-Id": "ask",
    }
    body = json.dumps({"receiver": RECEIVER, "message": "# Halo\n<b>*ya*</b> | [x](http://example.com)"}).encode()
    assert api.raw("POST", "/messages/whatsapp", body, headers).status == 200
    api.send({"receiver": "x"})
    whole = api.raw("GET", "/sandbox/export.json", headers={})
    assert whole.headers["content-disposition"] == 'attachment; filename="cekat-sandbox.json"'
    [conversation] = whole.json["conversations"]
    assert conversation["messages"][0]["request_headers"]["api_key"] == "***"
    assert [entry["status"] for entry in whole.json["requests"]] == [200, 400]
    text = api.raw("GET", "/sandbox/export.md", headers={}).raw.decode()
    assert "> \\# Halo\n> \\<b\\>\\*ya\\*\\</b\\> \\| \\[x\\]\\(http://example\\.com\\)" in text
    assert "sent by dag-id pesanan baru, task-id ask" in text
    assert "400, Validation failed: receiver must be 7 to 15 digits" in text
    assert cekat_sandbox.api_key not in text + whole.raw.decode()
