"""Every shape in which a list of templates may come, read by one parser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cekat_provider.core import templates, wire
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import drive
from cekat_provider.core.errors import CekatInputError, NotJSONError

CONFIG = CekatConfig(api_key="k", inbox_id="in")
ONE = {
    "id": "u",
    "wa_template_id": 77,
    "name": "a",
    "status": "approved",
    "language": "en_US",
    "body": "{{1}} {{2}} {{1}}",
}


def read(body: Any) -> list[templates.Template]:
    content = json.dumps(body).encode()
    return drive(
        templates.listing(CONFIG, None), lambda _: wire.Response(200, {}, content), lambda _: None, lambda: 0.0
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        {"success": True, "data": [ONE]},
        {"data": {"templates": [ONE]}},
        {"data": {"items": [ONE]}},
        {"templates": [ONE]},
        [ONE, "not one", None],
    ],
)
def test_the_list_is_found(wrapped: Any) -> None:
    (found,) = read(wrapped)
    assert (found.id, found.wa_template_id, found.name, found.placeholders) == ("u", "77", "a", 2)
    assert found.approved
    assert templates.choose([found], "a", "en-us") is found


@pytest.mark.parametrize("body", [{"success": True, "data": {}}, "x", None, 3, {"data": "x"}])
def test_no_list_is_an_error(body: Any) -> None:
    with pytest.raises(NotJSONError):
        read(body)


def test_what_is_not_told_is_not_guessed() -> None:
    bare, listed = read([{"name": "a"}, {"name": "b", "body_placeholder": ["x", "y"]}])
    assert (bare.placeholders, bare.status, bare.approved, listed.placeholders) == (None, "unknown", False, 2)
    with pytest.raises(CekatInputError, match="template must be an approved template, got 'a', which is unknown"):
        templates.choose([bare], "a")
