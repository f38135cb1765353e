"""What an answer holds can be stored again, in any JSON column, whatever Cekat wrote."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import GENERATED, NEWER, answer

from cekat_provider.core import parse
from cekat_provider.core.errors import NotJSONError
from cekat_provider.core.wire import Response


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": NaN, "b": Infinity, "c": -Infinity}', {"a": "NaN", "b": "Infinity", "c": "-Infinity"}),
        (b"[1e999, -1e999, 1e5, 0.1]", ["1e999", "-1e999", 1e5, 0.1]),
        (rb'["\ud800", "a\udfffb", "\ud83d\ude00"]', ["\ufffd", "a\ufffdb", "\U0001f600"]),
        (rb'["\u0000", "a\u0000b"]', ["\ufffd", "a\ufffdb"]),
        (rb'{"k\u0000": 1, "\uD800": {"\udc00": "x"}}', {"k\ufffd": 1, "\ufffd": {"\ufffd": "x"}}),
        (rb'["\\u0000"]', ["\\u0000"]),
        # Halves of a pair can also come unescaped, in what is nearly UTF-8.
        (b'["a\xed\xa0\x80b"]', ["a\ufffdb"]),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('["\\u0000 é"]'.encode("utf-16"), ["\ufffd é"]),
        ('["\\ud800"]'.encode("utf-16-le"), ["\ufffd"]),
        ('["\\u0000"]'.encode("utf-32"), ["\ufffd"]),
        ('["é \U0001f600"]'.encode(), ["é \U0001f600"]),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_table(content: bytes, value: Any) -> None:
    assert parse.load_json(answer(content)) == value


def storable(value: Any) -> bool:
    """Tell whether any JSON column takes a value."""
    if isinstance(value, str):
        value.encode()
        return "\x00" not in value
    if isinstance(value, list):
        return all(map(storable, value))
    if isinstance(value, dict):
        return all(storable(key) and storable(inner) for key, inner in value.items())
    return not isinstance(value, float) or math.isfinite(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


@GENERATED
@given(JSON, st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-32", "utf-8-sig"]), st.booleans())
@example({"\ud800": ["\x00"]}, "utf-16", False)
def test_whatever_json_comes(value: Any, encoding: str, escaped: bool) -> None:
    content = json.dumps(value, ensure_ascii=escaped).encode(encoding, "surrogatepass")
    assert storable(parse.load_json(answer(content)))


def test_deeper_than_can_be_read_or_written() -> None:
    """What was read can be written, at any depth that was read."""
    for depth in (10, 50, 100, 400, 900, 990, 5_000, 100_000):
        content = b'{"data":[{"id":"1","raw":' + b"[" * depth + b"]" * depth + b"}]}"
        try:
            value = parse.load_json(answer(content))
        except NotJSONError:
            continue
        assert json.loads(json.dumps(value)) == value


@GENERATED
@given(
    st.dictionaries(
        st.sampled_from([*NEWER, "direction", "type", "content", "timestamp", "text", "message_id", "file_url"]),
        JSON,
        max_size=8,
    )
)
def test_fields_of_wrong_types_raise_nothing(raw: dict[str, Any]) -> None:
    content = json.dumps({"success": True, "data": [raw]}).encode()
    (message,) = parse.page(answer(content), parse.UTC).messages
    assert message.direction in ("inbound", "outbound", "note")
    assert storable(message.to_dict())


@pytest.mark.parametrize(("depth", "reads"), [(100, True), (101, False), (100_000, False)])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_the_nesting_is_capped(depth: int, reads: bool, opening: str, closing: str) -> None:
    response = Response(200, {}, (opening * depth + "0" + closing * depth).encode())
    if reads:
        assert parse.load_json(response) is not None
    else:
        with pytest.raises(NotJSONError):
            parse.load_json(response)


def test_brackets_in_a_text_are_no_nesting() -> None:
    assert parse.load_json(Response(200, {}, b'["' + b"[{" * 500 + b'"]')) == ["[{" * 500]
