"""What is refused before anything is sent, and in which words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import GENERATED

from cekat_provider.core import wire
from cekat_provider.core.body import check_conversation_id, send_body
from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.limits import length
from cekat_provider.messages import Buttons, Link, Menu

TO: dict[str, Any] = {"receiver": "6281234567890"}
SAY: dict[str, Any] = {**TO, "message": "halo"}
ADVICE = "an object (for a template that gives one, use an XComArg, `| tojson`, or render_template_as_native_obj=True)"
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "receiver must be given, or conversation_id, or both, got neither it nor conversation_id"),
        ({"message": "x"}, "receiver must be given, or conversation_id, or both, got neither it nor conversation_id"),
        (TO, "message must be given, or one of file_url, location, action, extra_fields, got nothing"),
        ({**TO, "media_type": "text", "header": {}, "footer": "x", "extra_fields": {}},
         "message must be given, or one of file_url, location, action, extra_fields, got nothing"),
        ({**TO, "message": ""}, "message must be at least 1 character, got 0"),
        ({**TO, "message": "x" * 4097}, "message must be at most 4096 characters, got 4097"),
        # 😀 is two UTF-16 units
        ({**TO, "message": "😀" * 2049},
         "message must be at most 4096 characters, got 4098 (an emoji counts as two or more)"),
        ({**TO, "message": "x" * 1025, "file_url": "https://a.example/a.png"},
         "message must be at most 1024 characters as a caption, got 1025"),
        ({**TO, "message": "x" * 1025, "media_type": "button"},
         "message must be at most 1024 characters beside a link or buttons, got 1025"),
        ({**TO, "message": "x" * 1025, "media_type": "cta_url"},
         "message must be at most 1024 characters beside a link or buttons, got 1025"),
        ({**TO, "message": "x" * 4097, "media_type": "list"}, "message must be at most 4096 characters, got 4097"),
        ({**TO, "message": "None"},
         "message must be something to say (does its template pull an XCom that is not there?), got the text 'None'"),
        ({**TO, "message": 5.5}, "message must be a text, got a float"),
        ({**TO, "message": b"halo"}, "message must be a text, got a bytes"),
        ({**TO, "message": ["halo"]}, "message must be a text, got a list"),
        ({**TO, "message": "a\ud800b"}, "message must be a text of whole characters, got half a surrogate pair"),
        ({**SAY, "file_url": ""}, "file_url must be a public http(s) URL that ends in a file name, "
         "such as https://example.com/nota.pdf, got something else"),
        ({**SAY, "footer": True}, "footer must be a text, got a bool"),
        ({**SAY, "media_type": ""}, "media_type must be at least 1 character, got 0"),
        ({**SAY, "header": "INV-7"}, f"header must be {ADVICE}, got a text that is not JSON"),
        ({**SAY, "header": "['x']"}, f"header must be {ADVICE}, got a text that is not JSON"),
        ({**SAY, "action": DEEP}, f"action must be {ADVICE}, got a text that is not JSON"),
        ({**SAY, "header": "[1]"}, f"header must be {ADVICE}, got a list"),
        ({**SAY, "header": "null"}, f"header must be {ADVICE}, got a NoneType"),
        ({**SAY, "action": []}, f"action must be {ADVICE}, got a list"),
        ({**SAY, "action": {1: 2}}, f"action must be {ADVICE}, got a key that is not a text"),
        ({**SAY, "action": {"at": datetime.min}}, f"action must be {ADVICE}, got a value that JSON cannot hold"),
        ({**SAY, "action": {"a": float("nan")}}, f"action must be {ADVICE}, got a value that JSON cannot hold"),
        ({**SAY, "action": '{"a": NaN}'}, f"action must be {ADVICE}, got a value that JSON cannot hold"),
        ({**SAY, "extra_fields": {"a": {1, 2}}}, f"extra_fields must be {ADVICE}, got a value that JSON cannot hold"),
        ({**SAY, "extra_fields": {"receiver": "x"}},
         "extra_fields must be without it: use the argument receiver, got the key 'receiver'"),
        ({**TO, "location": {"longitude": 1}}, "location.latitude must be a number from -90 to 90, got nothing"),
        ({**TO, "location": {"latitude": 1}}, "location.longitude must be a number from -180 to 180, got nothing"),
        ({**SAY, "location": {"latitude": 1, "longitude": 2, "name": ""}},
         "location name (location.name) must be at least 1 character, got 0"),
        ({**SAY, "location": {"latitude": 1, "longitude": 2, "address": []}},
         "location.address must be a text, got a list"),
        ({"conversation_id": "", "message": "x"}, "conversation_id must be 1 to 200 characters, got 0"),
        ({"conversation_id": "x" * 10_000, "message": "x"}, "conversation_id must be 1 to 200 characters, got 10000"),
        ({"conversation_id": 7, "message": "x"}, "conversation_id must be a text, got a int"),
    ],
    ids=range(38),
)  # fmt: skip
def test_table(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(CekatInputError) as caught:
        send_body(**arguments)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    "degrees",
    [
        91,
        -91,
        "91",
        90.0001,
        "north",
        "",
        True,
        [],
        {},
        "nan",
        "inf",
        "-inf",
        10**400,
        "1_0",
        "1e1",
        "６",
        "0x1",
        "1,5",
        "--1",
    ],
    ids=lambda value: repr(value)[:9],
)
def test_degrees(degrees: Any) -> None:
    words = r"^location\.latitude must be a number from -90 to 90, got something else$"
    with pytest.raises(CekatInputError, match=words):
        send_body(**TO, location={"latitude": degrees, "longitude": 0})
    with pytest.raises(CekatInputError, match=r"^location\.longitude must be a number from -180 to 180"):
        send_body(
            **TO, location={"latitude": 0, "longitude": degrees if degrees not in (91, -91, "91", 90.0001) else 181}
        )


@pytest.mark.parametrize("value", ["a b", "a\r\nb", "a\tb", "\x00", "a\u2028b", " ", "\u00a0", "None", "\ud800"])
def test_conversation_ids_that_are_none(value: str) -> None:
    with pytest.raises(CekatInputError, match=r"^conversation_id must be "):
        check_conversation_id(value)


@pytest.mark.parametrize("value", ["c-1", "a&b=c", "a/../b", "é", "😀", "x" * 200])
def test_conversation_ids_that_may_be(value: str) -> None:
    assert check_conversation_id(value) == value


@pytest.mark.parametrize(
    ("limit", "more"),
    [
        (4096, {}),
        (1024, Buttons("", ["a"]).to_body()),
        (1024, Link("", "a", "https://a.example").to_body()),
        (4096, Menu("", "a", ["b"]).to_body()),
        (1024, {"file_url": "https://a.example/a.png"}),
        (4096, {"media_type": "something_new"}),
    ],
)
def test_the_longest_passes(limit: int, more: dict[str, Any]) -> None:
    for text in ("x" * limit, "é" * limit, "😀" * (limit // 2)):
        assert send_body(**{**TO, **more, "message": text})["message"] == text


def test_no_refusal_repeats_what_it_refuses() -> None:
    for name in ("message", "file_url", "footer", "header", "action", "location", "extra_fields", "conversation_id"):
        with pytest.raises(CekatInputError) as caught:
            send_body(**{**TO, name: "Bu Contoh \ud800 " * 5000})
        assert "Contoh" not in str(caught.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=30) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
        | st.fixed_dictionaries({"latitude": inner, "longitude": inner})
    ),
    max_leaves=5,
)
ARGUMENTS = (
    "receiver", "message", "conversation_id", "media_type", "file_url", "location", "header", "footer", "action",
    "extra_fields",
)  # fmt: skip


@GENERATED
@given(st.dictionaries(st.sampled_from(ARGUMENTS), ANYTHING, max_size=5), st.booleans())
def test_a_good_body_or_our_own_error(arguments: dict[str, Any], addressed: bool) -> None:
    try:
        request = wire.send_message(send_body(**{**(TO if addressed else {}), **arguments}))
        content = request.content
    except CekatInputError:
        return
    body = request.body
    assert body is not None
    assert content is not None
    assert content.decode()
    assert 1 <= length(body.get("message", "x")) <= 4096
    assert "receiver" in body or "conversation_id" in body
    assert all(body[name] is not None for name in ARGUMENTS if name in body)
