"""The link from a task to its conversation: where there is one, where there is none, and what is never one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import XCom

from cekat_provider import links
from cekat_provider.core.config import from_connection
from cekat_provider.core.errors import CekatConfigError
from cekat_provider.get_provider_info import get_provider_info
from cekat_provider.operators.ask import CekatAskOperator
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.operators.template import CekatSendTemplateOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

CHAT = "https://chat.example.com/conversations/{conversation_id}"
SAID = "Halo, pesanan Anda siap."


def url(dashboard_url: Any, conversation_id: str | None = "c-1") -> str | None:
    config = from_connection(password="key", host=None, schema=None, port=None, extra={"dashboard_url": dashboard_url})
    return config.conversation_url(conversation_id)


@pytest.mark.parametrize(
    ("dashboard_url", "conversation_id", "expected"),
    [
        (None, "c-1", None),
        ("", "c-1", None),
        (CHAT, None, None),
        (f" {CHAT} ", "c-1", "https://chat.example.com/conversations/c-1"),
        ("http://127.0.0.1:3000/#/conversations/{conversation_id}", "c-1", "http://127.0.0.1:3000/#/conversations/c-1"),
        ("https://example.com/?id={conversation_id}&x=1", "a/b&c", "https://example.com/?id=a%2Fb%26c&x=1"),
    ],
)
def test_the_address(dashboard_url: Any, conversation_id: str | None, expected: str | None) -> None:
    assert url(dashboard_url, conversation_id) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        "javascript:alert('{conversation_id}')",
        "JavaScript://example.com/%0aalert({conversation_id})",
        "data:text/html,{conversation_id}",
        "//chat.example.com/{conversation_id}",
        "chat.example.com/{conversation_id}",
        "https:///{conversation_id}",
        "https://{conversation_id}.example.com/",
        "https://key@chat.example.com/{conversation_id}",
        "https://chat.example.com:0/{conversation_id}",
        "https://chat.example.com:port/{conversation_id}",
        "https://chat.example.com/a b/{conversation_id}",
        "https://chat.example.com/",
        "https://chat.example.com/{id}",
        "https://chat.example.com/{conversation_id}/{inbox}",
        "https://chat.example.com/{conversation_id}/{conversation_id}",
        7,
    ],
)
def test_what_is_no_address_is_refused(wrong: Any) -> None:
    with pytest.raises(CekatConfigError, match=r"dashboard_url must be an http\(s\) URL with \{conversation_id\}"):
        url(wrong)


class TI:
    """A task instance that remembers its XComs."""

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}
        self.dag_id, self.task_id, self.run_id, self.map_index = "d", "t", "r", -1
        self.try_number, self.max_tries = 1, 0

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value


def send(**more: Any) -> Any:
    return CekatSendWhatsAppOperator(task_id="send", receiver="6281234567890", message=SAID, **more)


def run(operator: Any) -> dict[str, Any]:
    """Run it as a first try; return its XComs."""
    ti = TI()
    operator.execute({"ti": ti, "task": operator, "task_state_store": None, "run_id": "r"})
    return ti.xcoms


def test_a_send_links_to_its_conversation(cekat_sandbox: Any) -> None:
    xcoms = run(send())
    (sent,) = cekat_sandbox.sent()
    assert xcoms == {"conversation_url": f"{cekat_sandbox.url}/#/conversations/{sent['conversation_id']}"}


def test_a_send_that_fails_links_to_the_conversation_that_it_names(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.faults(kind="status", status=400, on="send")
    ti = TI()
    with pytest.raises(Exception, match="400"):
        send(conversation_id="c-1").execute({"ti": ti, "task": send()})
    assert ti.xcoms == {"conversation_url": f"{cekat_sandbox.url}/#/conversations/c-1"}


def test_a_wait_links_before_anything_comes(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    sensor = CekatMessagesSensor(task_id="wait", conversation_id="c-1", since=None)
    ti = TI()
    assert not sensor.poke({"ti": ti})  # type: ignore[typeddict-item]
    assert ti.xcoms == {"conversation_url": f"{cekat_sandbox.url}/#/conversations/c-1"}
    ti.xcoms.clear()
    assert not sensor.poke({"ti": ti})  # type: ignore[typeddict-item]
    assert ti.xcoms == {}, "once is enough"


def test_no_dashboard_no_link(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps({**cekat_sandbox.connection, "extra": {}}))
    assert run(send()) == {}


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        ("https://chat.example.com/c-1", "https://chat.example.com/c-1"),
        (None, ""),
        ("", ""),
        ("javascript:alert(1)", ""),
        (["https://chat.example.com/c-1"], ""),
    ],
)
def test_what_the_link_shows(monkeypatch: pytest.MonkeyPatch, left: Any, shown: str) -> None:
    asked = []
    monkeypatch.setattr(XCom, "get_value", lambda *, ti_key, key: asked.append((ti_key, key)) or left)
    assert links.CekatConversationLink().get_link(None, ti_key="the key") == shown
    assert asked == [("the key", links.CekatConversationLink().xcom_key)]


@pytest.mark.parametrize(
    "operator", [CekatSendWhatsAppOperator, CekatSendTemplateOperator, CekatAskOperator, CekatMessagesSensor]
)
def test_every_task_with_a_conversation_has_it(operator: Any) -> None:
    (link,) = operator.operator_extra_links
    assert f"{type(link).__module__}.{type(link).__name__}" in get_provider_info()["extra-links"]
