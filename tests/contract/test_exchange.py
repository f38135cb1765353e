"""The whole exchange of a hook: what goes over the wire, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from peers import headers_of, http, peer

from cekat_provider import __version__
from cekat_provider.core.flow import SentMessage
from cekat_provider.hooks.cekat import CekatHook

KEY = "key-0123456789-made-up"
DATE = "Date: Fri, 10 Apr 2026 09:24:23 GMT"
ALWAYS = {
    "User-Agent": f"airflow-provider-cekat/{__version__}",
    "Accept": "application/json",
    "Connection": "keep-alive",
    "api_key": KEY,
}


def split(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    headers = headers_of(request)
    # What can be unpacked depends on what else is installed.
    assert "gzip" in headers.pop("Accept-Encoding")
    return head.split(b"\r\n")[0].decode(), headers, body


def test_a_send(connect: Callable[..., CekatHook]) -> None:
    with peer(http(b'{"success":true,"data":{"message_id":"m-1","status":"sent"}}', "200 OK", DATE)) as cekat:
        sent = connect(cekat.url).send_message(receiver="+62 812-3456-7890", message="Halo 😀", footer="é")
        (request,) = cekat.requests
    body = '{"receiver":"6281234567890","message":"Halo 😀","footer":"é"}'.encode()
    assert split(request) == (
        "POST /messages/whatsapp HTTP/1.1",
        {
            "Host": f"127.0.0.1:{cekat.port}",
            **ALWAYS,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        },
        body,
    )
    assert sent == SentMessage(
        message_id="m-1",
        conversation_id=None,
        receiver="6281234567890",
        sent_at=datetime(2026, 4, 10, 9, 24, 23, tzinfo=timezone.utc),
        status="sent",
        response={"success": True, "data": {"message_id": "m-1", "status": "sent"}},
    )


def test_a_read(connect: Callable[..., CekatHook]) -> None:
    with peer(http()) as cekat:
        assert connect(f"{cekat.url}/prefix/").get_messages("c-1") == []
        (request,) = cekat.requests
    assert split(request) == (
        "GET /prefix/messages?conversation_id=c-1 HTTP/1.1",
        {"Host": f"127.0.0.1:{cekat.port}", **ALWAYS},
        b"",
    )


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        ("api_key", {"api_key": KEY}),
        ("bearer", {"Authorization": f"Bearer {KEY}"}),
        ("both", {"api_key": KEY, "Authorization": f"Bearer {KEY}"}),
    ],
)
def test_the_key_goes_where_the_scheme_says(
    connect: Callable[..., CekatHook], scheme: str, headers: dict[str, str]
) -> None:
    with peer(http()) as cekat:
        connect(cekat.url, auth_scheme=scheme).get_messages("c-1")
        got = headers_of(cekat.requests[0])
    assert {name: got[name] for name in got if name in ("api_key", "Authorization")} == headers


@pytest.mark.parametrize("scheme", ["api_key", "bearer", "both"])
def test_the_sandbox_takes_every_scheme(connect: Callable[..., CekatHook], cekat_sandbox: Any, scheme: str) -> None:
    hook = connect(cekat_sandbox.url, cekat_sandbox.api_key, auth_scheme=scheme)
    sent = hook.send_message(receiver="6281234567890", message="halo")
    held = hook.get_messages(sent.conversation_id or "")
    assert [(message.id, message.direction, message.text) for message in held] == [
        (sent.message_id, "outbound", "halo")
    ]


def test_as_the_sandbox_recorded_it(cekat_sandbox: Any) -> None:
    hook = CekatHook()
    try:
        sent = hook.send_message(receiver="6281234567890", message="halo")
        hook.get_messages(sent.conversation_id or "")
    finally:
        hook.close()
    posted, read = cekat_sandbox.requests()
    common = {
        "host": cekat_sandbox.url.removeprefix("http://"),
        "user-agent": ALWAYS["User-Agent"],
        "accept": "application/json",
        "connection": "keep-alive",
        "api_key": "***",
    }
    for entry in (posted, read):
        entry["headers"].pop("accept-encoding")
    body = '{"receiver":"6281234567890","message":"halo"}'
    more = {"content-type": "application/json", "content-length": str(len(body))}
    assert (posted["method"], posted["path"], posted["query"], posted["headers"], posted["body"]) == (
        "POST",
        "/messages/whatsapp",
        "",
        {**common, **more},
        body,
    )
    query = f"conversation_id={sent.conversation_id}"
    assert (read["method"], read["path"], read["query"], read["headers"], read["body"]) == (
        "GET",
        "/messages",
        query,
        common,
        "",
    )
    assert [entry["status"] for entry in (posted, read)] == [200, 200]


@pytest.mark.parametrize(
    "arguments",
    [
        {"message": "halo"},
        {"message": "nota", "file_url": "https://files.example.com/nota.pdf"},
        {"media_type": "location", "location": {"latitude": -6.2, "longitude": "106.8", "name": "Toko"}},
        {
            "message": "Lacak pesanan",
            "media_type": "cta_url",
            "header": {"text": "INV-7"},
            "footer": "Toko",
            "action": {"name": "cta_url", "parameters": {"display_text": "Lacak", "url": "https://a.example/7"}},
        },
        {
            "message": "Setuju?",
            "media_type": "button",
            "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Ya"}}]},
        },
        {
            "message": "Kurir?",
            "media_type": "list",
            "action": {"button": "Pilih", "sections": [{"title": "K", "rows": [{"id": "j", "title": "JNE"}]}]},
        },
        {"message": "halo", "extra_fields": {"tag": ["x", None]}},
    ],
    ids=lambda arguments: arguments.get("media_type", "plain"),
)
def test_every_kind_is_accepted(cekat_sandbox: Any, arguments: dict[str, Any]) -> None:
    hook = CekatHook()
    try:
        sent = hook.send_message(receiver=6281234567890, **arguments)
    finally:
        hook.close()
    (kept,) = cekat_sandbox.sent()
    assert kept["id"] == sent.message_id
    assert kept["conversation_id"] == sent.conversation_id
    expected = {"receiver": "6281234567890", **arguments}
    expected.update(expected.pop("extra_fields", {}))
    if "location" in expected:
        expected["location"] = {"latitude": "-6.2", "longitude": "106.8", "name": "Toko"}
    assert kept["request_body"] == expected


@pytest.mark.parametrize(
    "conversation_id", ["a&page=9", "a/../b", "a?b#c", "é😀", "%26", "a+b", "x" * 200, "'\"<>", "{}", "a;b", "[::1]"]
)
def test_an_id_arrives_as_it_was_given(cekat_sandbox: Any, conversation_id: str) -> None:
    cekat_sandbox.conversation(id=conversation_id)
    cekat_sandbox.reply("ya", conversation_id=conversation_id)
    hook = CekatHook()
    try:
        (message,) = hook.get_messages(conversation_id)
    finally:
        hook.close()
    assert (message.text, message.conversation_id) == ("ya", conversation_id)
    (entry,) = cekat_sandbox.requests()
    assert entry["path"] == "/messages"


@pytest.mark.parametrize("conversation_id", ["a\r\nX-Evil: 1", "a b", "", "x" * 10_000, "None", "\x00", None, 7])
def test_an_id_that_is_none_is_never_sent(cekat_sandbox: Any, conversation_id: Any) -> None:
    from cekat_provider.core.errors import CekatInputError

    hook = CekatHook()
    with pytest.raises(CekatInputError, match=r"^conversation_id must be"):
        hook.get_messages(conversation_id)
    if conversation_id is not None:
        with pytest.raises(CekatInputError, match=r"^conversation_id must be"):
            hook.send_message(conversation_id=conversation_id, message="halo")
    assert cekat_sandbox.requests() == []
