"""The operator, executed: what fails at once, what may be retried, what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from cekat_provider.core import errors
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator


def send(**arguments: Any) -> Any:
    given = {"receiver": "6281234567890", "message": "halo", **arguments}
    return CekatSendWhatsAppOperator(task_id="send", **given).execute({})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        *[({"kind": "status", "status": status}, errors.BadRequestError) for status in (400, 405, 413, 422)],
        *[({"kind": "status", "status": status}, errors.AuthError) for status in (401, 403)],
        ({"kind": "status", "status": 404}, errors.NotFoundError),
        ({"kind": "status", "status": 302, "location": "https://x.example/"}, errors.RedirectError),
        ({"kind": "error_code", "code": 131047}, errors.WindowClosedError),
        ({"kind": "error_code", "code": 131026}, errors.BadRequestError),
        ({"kind": "error_code", "code": 190}, errors.AuthError),
    ],
)
def test_what_no_retry_can_mend_fails_at_once(cekat_sandbox: Any, fault: dict[str, Any], cause: type) -> None:
    cekat_sandbox.faults(fault)
    with pytest.raises(AirflowFailException) as caught:
        send()
    assert type(caught.value.__cause__) is cause
    assert str(caught.value) == str(caught.value.__cause__)
    assert len(cekat_sandbox.requests()) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "rate_limit"}, errors.RateLimitedError),
        ({"kind": "status", "status": 500}, errors.ServerError),
        ({"kind": "drop"}, errors.OutcomeUnknownError),
        ({"kind": "not_json"}, errors.NotJSONError),
        ({"kind": "error_code", "code": 131000}, errors.ServerError),
    ],
)
def test_what_a_retry_may_mend_is_left_to_airflow(cekat_sandbox: Any, fault: dict[str, Any], kind: type) -> None:
    cekat_sandbox.faults(fault)
    with pytest.raises(AirflowException) as caught:
        send()
    assert type(caught.value) is kind
    assert not isinstance(caught.value, AirflowFailException)
    assert len(cekat_sandbox.requests()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"receiver": None},
        {"message": None},
        {"message": ""},
        {"message": "x" * 4097},
        {"receiver": "081234567890"},
        {"receiver": "Bu Contoh"},
        {"location": {"latitude": 91, "longitude": 0}},
        {"header": "not json"},
        {"extra_fields": {"message": "past the checks"}},
        {"conversation_id": "a b"},
    ],
    ids=lambda arguments: repr(arguments)[:30],
)
def test_a_wrong_argument_fails_before_any_request(cekat_sandbox: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException) as caught:
        send(**arguments)
    assert isinstance(caught.value.__cause__, errors.CekatInputError)
    assert cekat_sandbox.requests() == []


@pytest.mark.usefixtures("cekat_sandbox")
def test_a_wrong_connection_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", '{"conn_type": "cekat", "host": "ftp://x", "password": "key"}')
    with pytest.raises(AirflowFailException) as caught:
        send()
    assert isinstance(caught.value.__cause__, errors.CekatConfigError)


def test_the_default_country_code(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"default_country_code": "62"}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    assert send(receiver="0812-3456-7890")["receiver"] == "6281234567890"


STRUCK = ["NaN", "1e999"]


@pytest.mark.parametrize(
    ("body", "message_id", "response"),
    [
        (b"", None, None),
        (
            b'{"data": {"message_id": "m", "x": [NaN, 1e999]}}',
            "m",
            {"data": {"message_id": "m", "x": ["NaN", "1e999"]}},
        ),
        (rb'{"data": {"message_id": "\ud800\u0000"}}', "\ufffd\ufffd", {"data": {"message_id": "\ufffd\ufffd"}}),
        (b"[" * 100 + b"]" * 100, None, None),
    ],
)
def test_what_it_returns_is_always_json(cekat_sandbox: Any, body: bytes, message_id: str | None, response: Any) -> None:
    cekat_sandbox.faults(kind="accept_then_status", status=200, body=body.decode())
    returned = send()
    assert json.loads(json.dumps(returned, allow_nan=False)) == returned
    assert json.dumps(returned, ensure_ascii=False).encode()
    assert returned["message_id"] == message_id
    assert response is None or returned["response"] == response


def test_template_fields_are_all_arguments() -> None:
    fields = set(CekatSendWhatsAppOperator.template_fields)
    assert set(CekatSendWhatsAppOperator.template_fields_renderers) <= fields
    task = CekatSendWhatsAppOperator(task_id="send")
    assert {name for name in fields if getattr(task, name) is None} == fields - {"cekat_conn_id"}
    assert task.cekat_conn_id == "cekat_default"
    assert not CekatSendWhatsAppOperator.template_ext
