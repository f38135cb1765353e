from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Any

import pytest

from cekat_provider.sandbox.client import Sandbox

RECEIVER = "6281200000001"


@dataclass
class Got:
    status: int
    raw: bytes
    headers: Message

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class Api:
    """The documented endpoints, called as plainly as can be."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def raw(self, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
        if headers is None:
            headers = {"api_key": self.sandbox.api_key, "Content-Type": "application/json"}
        request = urllib.request.Request(self.sandbox.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Got(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            return Got(error.code, error.read(), error.headers)

    def send(self, body: Any = None, **fields: Any) -> Got:
        if body is None:
            body = {"receiver": RECEIVER, "message": "halo", **fields}
        return self.raw("POST", "/messages/whatsapp", json.dumps(body).encode())

    def sent(self, **fields: Any) -> dict[str, Any]:
        got = self.send(**fields)
        assert got.status == 200, got.raw
        data: dict[str, Any] = got.json["data"]
        return data

    def read(self, conversation_id: str, more: str = "") -> Got:
        return self.raw("GET", f"/messages?conversation_id={conversation_id}{more}")

    def history(self, conversation_id: str, more: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.read(conversation_id, more).json["data"]
        return items


@pytest.fixture
def api(cekat_sandbox: Sandbox) -> Api:
    return Api(cekat_sandbox)


@pytest.fixture
def refusals(api: Api) -> Callable[..., list[tuple[str, str]]]:
    """Sends a body and gives the refusal's details, each as (field, message); empty where it was accepted."""

    def details(body: Any) -> list[tuple[str, str]]:
        got = api.send(body)
        assert got.status in (200, 400), got.raw
        if got.status == 200:
            return []
        assert got.json["success"] is False
        return [(detail["field"], detail["message"]) for detail in got.json["error"]["details"]]

    return details
