"""Templates through hook and operator: the exact exchange, over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from instances import RECEIVER, Killed, Store, TemplateInstance, Variables

from cekat_provider.compat import AirflowFailException
from cekat_provider.core.errors import (
    BadRequestError,
    CannotLookError,
    CekatInputError,
    NotFoundError,
    RateLimitedError,
)
from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.operators.template import CekatSendTemplateOperator
from cekat_provider.transports.blocking import BlockingTransport

INBOX = "5f0c1f9e-0000-4000-8000-000000000001"
TO = "+62 812-0000-0009"


@pytest.fixture
def inbox(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A connection that names the inbox."""
    connection = {**cekat_sandbox.connection, "extra": {"inbox_id": INBOX}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    return cekat_sandbox


def exchange(sandbox: Any) -> list[tuple[str, str, str, Any]]:
    """Every request: method, path, query, body."""
    found = []
    for entry in sandbox.requests():
        body = entry["body"]
        found.append((entry["method"], entry["path"], entry["query"], json.loads(body) if body else None))
    return found


def number(sandbox: Any, name: str, language: str = "id") -> str:
    (found,) = (t["wa_template_id"] for t in sandbox.templates() if (t["name"], t["language"]) == (name, language))
    return str(found)


def test_a_name_is_looked_up_once_and_its_number_is_sent(inbox: Any) -> None:
    hook = CekatHook()
    for order in ("INV-7", 8):
        sent = hook.send_template(
            receiver=TO, template="order_ready", language="ID", variables=["Budi", order], receiver_name="Budi"
        )
    body = {
        "inbox_id": INBOX,
        "wa_template_id": number(inbox, "order_ready"),
        "phone_number": "6281200000009",
        "phone_name": "Budi",
        "template_body_variables": ["Budi", "INV-7"],
    }
    assert exchange(inbox) == [
        ("GET", "/templates", f"inbox_id={INBOX}", None),
        ("POST", "/templates/send", "", body),
        ("POST", "/templates/send", "", {**body, "template_body_variables": ["Budi", "8"]}),
    ]
    assert (sent.receiver, sent.status) == ("6281200000009", "sent")
    assert sent.message_id == inbox.sent()[-1]["id"]


def test_a_number_is_sent_as_it_is(cekat_sandbox: Any) -> None:
    invoice = number(cekat_sandbox, "invoice")
    CekatHook().send_template(
        receiver=TO,
        wa_template_id=int(invoice),
        inbox_id=INBOX,
        variables='["Budi"]',
        file_url="https://files.example.com/nota.pdf",
    )
    assert exchange(cekat_sandbox) == [
        (
            "POST",
            "/templates/send",
            "",
            {
                "inbox_id": INBOX,
                "wa_template_id": invoice,
                "phone_number": "6281200000009",
                "template_body_variables": ["Budi"],
                "file_url": "https://files.example.com/nota.pdf",
            },
        )
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"template": "order_reddy"}, "template must be the name of a template of this inbox, got 'order_reddy'"),
        ({"template": "not_yet"}, "template must be an approved template, got 'not_yet', which is PENDING"),
        ({"template": "order_ready"}, "language must be one of en, id, got none"),
        (
            {"template": "order_ready", "language": "fr"},
            "language must be a language of template 'order_ready': en, id",
        ),
        ({"template": "alert"}, "variables must be 1 for template 'alert', got 0"),
        ({"template": "alert", "variables": ["a", "b"]}, "variables must be 1 for template 'alert', got 2"),
    ],
)
def test_refused_by_the_list_and_not_sent(inbox: Any, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(CekatInputError) as caught:
        CekatHook().send_template(receiver=TO, **fields)
    assert str(caught.value).startswith(said)
    assert [entry[1] for entry in exchange(inbox)] == ["/templates"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "template must be given, or wa_template_id, and not both, got both or neither"),
        ({"template": "a", "wa_template_id": "1"}, "template must be given, or wa_template_id"),
        ({"template": "alert", "variables": [""]}, "variables[0] must be a text, got nothing"),
        ({"template": "alert", "variables": ["a\nb"]}, "variables[0] must be without a line break"),
        ({"template": "alert", "variables": ["a     b"]}, "variables[0] must be without a line break"),
        ({"template": "alert", "variables": [None]}, "variables[0] must be a text or a number, got a NoneType"),
        ({"template": "alert", "variables": ["None"]}, "variables[0] must be a text or a number (is the XCom there"),
        (
            {"template": "alert", "variables": [float("nan")]},
            "variables[0] must be a text or a number (is the XCom there",
        ),
        ({"template": "alert", "variables": "Budi"}, "variables must be a list"),
        ({"template": "alert", "variables": ["a"], "file_url": "x"}, "file_url must be a public http(s) URL"),
        ({"template": "alert", "variables": ["a"], "validate": "no"}, "validate must be strict, warn or off"),
        ({"template": "alert", "receiver": "0812"}, "receiver must be a number with its country code"),
    ],
)
def test_refused_before_any_request(inbox: Any, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(CekatInputError) as caught:
        CekatHook().send_template(**{"receiver": TO, **fields})
    assert str(caught.value).startswith(said)
    assert inbox.requests() == []


def test_an_inbox_must_be_known(cekat_sandbox: Any) -> None:
    with pytest.raises(CekatInputError, match="inbox_id must be given, here or as the connection's extra inbox_id"):
        CekatHook().send_template(receiver=TO, template="hello")
    with pytest.raises(CekatInputError, match="inbox_id must be given"):
        CekatHook().list_templates()


def test_the_list_is_typed(inbox: Any) -> None:
    found = {(t.name, t.language): t for t in CekatHook().list_templates()}
    assert (found["order_ready", "id"].placeholders, found["hello", "id"].placeholders) == (2, 0)
    assert found["order_ready", "en"].approved
    assert not found["paused", "id"].approved
    with pytest.raises(NotFoundError):
        CekatHook().list_templates("another")


def test_what_cekat_refuses_is_told_without_the_variables(inbox: Any) -> None:
    with pytest.raises(BadRequestError, match=r"must match the number of placeholders \(2\)"):
        CekatHook().send_template(
            receiver=TO, wa_template_id=number(inbox, "order_ready"), variables=["Budi"], inbox_id=INBOX
        )
    # Switched off, a bad variable reaches Cekat, which names it.
    with pytest.raises(BadRequestError, match="must not hold a line break") as caught:
        CekatHook().send_template(receiver=TO, template="alert", variables=["Budi\nSantoso"], validate="off")
    assert "Santoso" not in str(caught.value)


def test_the_operator_sends_and_returns_what_the_other_returns(inbox: Any) -> None:
    operator = CekatSendTemplateOperator(task_id="t", receiver=TO, template="alert", variables=["Gudang penuh"])
    result = operator.execute({})
    (sent,) = inbox.sent()
    assert sent["message"] == "Gudang penuh"
    assert set(result) == {"message_id", "conversation_id", "receiver", "sent_at", "status", "response"}
    assert result["conversation_id"] == sent["conversation_id"]
    assert json.loads(json.dumps(result)) == result


def test_the_operator_fails_at_once_on_what_no_retry_mends(inbox: Any) -> None:
    operator = CekatSendTemplateOperator(task_id="t", receiver=TO, template="alert")
    with pytest.raises(AirflowFailException, match="variables must be 1 for template 'alert', got 0"):
        operator.execute({})


@pytest.mark.parametrize("kind", ["accept_then_drop", "drop", "not_json"])
def test_what_may_have_been_sent_is_not_sent_again(inbox: Any, kind: str) -> None:
    inbox.faults(on="send", kind=kind)
    operator = CekatSendTemplateOperator(task_id="t", receiver=TO, template="alert", variables=["Gudang penuh"])
    with pytest.raises(AirflowFailException) as caught:
        operator.execute({})
    assert isinstance(caught.value.__cause__, CannotLookError)
    assert sum(entry["method"] == "POST" for entry in inbox.requests()) == 1


def test_a_refusal_for_now_is_waited_out(inbox: Any) -> None:
    inbox.faults(on="send", kind="rate_limit", retry_after=0)
    CekatHook().send_template(receiver=TO, template="alert", variables=["Gudang penuh"])
    assert len(inbox.sent()) == 1


def test_what_is_refused_for_long_is_left_to_the_retries(inbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {**inbox.connection, "extra": {"inbox_id": INBOX, "max_wait": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    inbox.faults(on="send", kind="rate_limit")
    operator = CekatSendTemplateOperator(task_id="t", receiver=TO, template="alert", variables=["Gudang penuh"])
    with pytest.raises(RateLimitedError):
        operator.execute({})
    operator.execute({})
    assert len(inbox.sent()) == 1


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Variables:
    return Variables(monkeypatch)


@pytest.fixture(params=["3.3", "before"])
def task(request: pytest.FixtureRequest, variables: Variables) -> TemplateInstance:
    return TemplateInstance(store=Store() if request.param == "3.3" else None)


@pytest.mark.parametrize(("moment", "sent"), [("before the request", 0), ("after acceptance", 1)])
def test_a_worker_that_dies_sends_no_second_one(
    inbox: Any, task: TemplateInstance, monkeypatch: pytest.MonkeyPatch, moment: str, sent: int
) -> None:
    send = BlockingTransport.send

    def dying(transport: Any, request: Any) -> Any:
        if request.method == "POST" and moment == "before the request":
            raise Killed
        response = send(transport, request)
        if request.method == "POST":
            raise Killed
        return response

    with monkeypatch.context() as patch:
        patch.setattr(BlockingTransport, "send", dying)
        with pytest.raises(Killed):
            task.run()
    with pytest.raises(AirflowFailException, match="An earlier try may have sent the template"):
        task.run()
    assert len(inbox.sent()) == sent
    # A person has looked, and wants it sent.
    task.clear()
    task.run()
    assert len(inbox.sent()) == sent + 1


def test_a_retry_after_it_sends_nothing_again(inbox: Any, task: TemplateInstance, variables: Variables) -> None:
    first = task.run()
    if task.store is None:
        assert variables.kept == {}
    else:
        assert task.run() == first
        assert len(inbox.sent()) == 1


def test_a_refused_one_is_sent_by_the_retry(
    inbox: Any, task: TemplateInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {**inbox.connection, "extra": {"inbox_id": INBOX, "max_wait": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    inbox.faults(on="send", kind="rate_limit")
    with pytest.raises(RateLimitedError):
        task.run()
    task.run()
    assert len(inbox.sent()) == 1


def test_a_note_that_cannot_be_read_sends_nothing(inbox: Any, variables: Variables) -> None:
    task = TemplateInstance()
    variables.broken = {"read"}
    with pytest.raises(ConnectionError):
        task.run()
    variables.broken = {"write"}
    with pytest.raises(ConnectionError):
        task.run()
    assert inbox.sent() == []


def test_a_note_that_cannot_be_removed_fails_nothing(inbox: Any, variables: Variables) -> None:
    variables.broken = {"delete"}
    task = TemplateInstance()
    first = task.run()
    assert first["receiver"] == RECEIVER
    # Whoever may read Variables sees no number and no word of it.
    (kept,) = variables.kept.values()
    assert RECEIVER not in kept
    assert "Gudang" not in kept
    # And so no retry after it, whatever failed meanwhile, sends it again.
    assert task.run() == {**first, "response": None}
    assert len(inbox.sent()) == 1


def test_one_that_is_killed_in_the_pause_after_a_refusal_is_sent_by_the_retry(
    inbox: Any, task: TemplateInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.faults(kind="rate_limit", retry_after=30, on="send", times=1)
    task.dies_in_the_pause(monkeypatch)
    task.run()
    assert len(inbox.sent()) == 1
