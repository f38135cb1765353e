"""The four outcomes of `test_connection`: accepted, refused, unreachable, not Cekat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from peers import drop, free_port, http, peer, silence

from cekat_provider.hooks.cekat import CekatHook

Connect = Callable[..., CekatHook]
KEY = "key-0123456789-made-up"


def test_accepted(cekat_sandbox: Any) -> None:
    hook = CekatHook()
    assert hook.test_connection() == (True, "Cekat accepted the API key")
    hook.close()
    (entry,) = cekat_sandbox.requests()
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/messages", 404)
    assert cekat_sandbox.conversations() == []


def test_refused(cekat_sandbox: Any) -> None:
    cekat_sandbox.rotate_key("another-key-made-up")
    hook = CekatHook()
    good, words = hook.test_connection()
    hook.close()
    assert not good
    assert words == (
        "Cekat answered 401 to GET /messages: 'Not authenticated'. "
        "Check the API key (the connection's password) and the extra auth_scheme."
    )


def test_unreachable(connect: Connect) -> None:
    good, words = connect(f"http://127.0.0.1:{free_port()}").test_connection()
    assert not good
    assert words.startswith("GET /messages on 127.0.0.1: no connection was made (ConnectionError, NewConnectionError).")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http(b"<html>Hello</html>"), "Cekat answered 200 with 18 bytes that are not JSON."),
        (http(b"<html>Hello</html>", "404 Not Found"), "Cekat answered 404 with 18 bytes that are not JSON."),
        (http(b'{"hello":"world"}'), "Cekat answered 200 without a list of messages."),
        (http(b'"hello"'), "Cekat answered 200 without a list of messages."),
        (http(b"", "302 Found", "Location: https://login.example.com/"), "with a redirect to login.example.com."),
        (http(b"", "429 Too Many Requests"), "Cekat answered 429 to GET /messages."),
        (http(b"", "500 Oh"), "Cekat answered 500 to GET /messages."),
        (drop, "it was sent, and no whole answer came"),
        (silence, "it was sent, and no whole answer came"),
    ],
)
def test_not_cekat(connect: Connect, answer: Any, words: str) -> None:
    with peer(answer) as host:
        good, told = connect(host.url, timeout=0.5).test_connection()
    assert not good
    assert words in told


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"host": "ftp://x"}, "Cekat connection: host must be"),
        ({"host": "http://x"}, "Cekat connection: host must be"),
        ({"host": "x", "timeout": "soon"}, "Cekat connection: timeout must be"),
        ({"host": "x", "password": ""}, "Cekat connection: password must be"),
        ({"host": "x", "verify": "/no/such.pem"}, "Cekat connection: verify must be"),
    ],
)
def test_a_wrong_field_is_named(connect: Connect, fields: dict[str, Any], words: str) -> None:
    good, told = connect(**fields).test_connection()
    assert not good
    assert told.startswith(words)


def test_the_words_never_hold_the_key(connect: Connect) -> None:
    """Airflow shows them as they are, and does not strike out secrets."""
    echo = b'{"success":false,"error":{"code":"%b","message":"bad key %b"}}' % (KEY.encode(), KEY.encode())
    answers = [http(echo, status) for status in ("200 OK", "401 No", "403 No", "500 No")]
    answers += [http(b"", "302 Found", f"Location: https://x.example/?k={KEY}"), http(KEY.encode(), "401 No")]
    for answer in answers:
        with peer(answer) as host:
            _, told = connect(host.url, auth_scheme="both").test_connection()
        assert KEY not in told
