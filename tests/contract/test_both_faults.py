"""One table: what Cekat does → what the caller gets, through either transport."""

from __future__ import annotations

from typing import Any

import pytest
from both import BOTH, Run, configured

from cekat_provider.core import classify, wire
from cekat_provider.core.errors import CekatError
from cekat_provider.core.wire import Response

pytestmark = BOTH
SEND = wire.send_message({"receiver": "6281234567890", "message": "Halo, “Budi” 🙏"})

#: fault → (what comes of the struck request, what comes of the next over the same client)
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "rate_limit", "retry_after": 2}, "RateLimitedError retry 2"),
    ({"kind": "rate_limit", "retry_after": None}, "RateLimitedError"),
    ({"kind": "status", "status": 500}, "ServerError"),
    ({"kind": "status", "status": 503}, "ServerError"),
    ({"kind": "status", "status": 403}, "AuthError"),
    ({"kind": "status", "status": 302, "location": "https://elsewhere.example/?token=x"}, "RedirectError"),
    ({"kind": "status", "status": 200, "headers": {"Set-Cookie": "a=b; Path=/"}, "body": []}, "200"),
    ({"kind": "error_code", "code": 131047}, "WindowClosedError"),
    ({"kind": "drop"}, "OutcomeUnknownError"),
    ({"kind": "accept_then_drop"}, "OutcomeUnknownError"),
    ({"kind": "truncated"}, "OutcomeUnknownError"),
    ({"kind": "not_json"}, "200"),
    ({"kind": "deep"}, "200"),
    ({"kind": "huge"}, "AnswerTooLargeError"),
    ({"kind": "slow", "seconds": 5}, "OutcomeUnknownError"),
    ({"kind": "drip", "seconds_per_byte": 0.05}, "OutcomeUnknownError"),
]


def outcome(got: Response | Exception, key: str) -> str:
    """Name what came of a request."""
    error = got if isinstance(got, Exception) else classify.error_of(got, SEND, (key,))
    if error is None:
        assert isinstance(got, Response)
        return str(got.status)
    assert isinstance(error, CekatError), repr(error)
    assert key not in str(error)
    assert "token=x" not in str(error)
    retry = getattr(error, "retry_after_seconds", None)
    return type(error).__name__ + (f" retry {retry:g}" if retry is not None else "")


@pytest.mark.parametrize("what", ["send", "read"])
@pytest.mark.parametrize(("fault", "comes"), FAULTS, ids=lambda value: value["kind"] if isinstance(value, dict) else "")
def test_fault(cekat_sandbox: Any, transport: Run, fault: dict[str, Any], comes: str, what: str) -> None:
    conversation = cekat_sandbox.conversation()
    # The first goes well, so that the fault strikes a connection that is in use.
    cekat_sandbox.faults(**fault, skip=1)
    request = SEND if what == "send" else wire.get_messages(conversation["id"])
    config = configured(cekat_sandbox.url, timeout=1)
    config = type(config)(**{**vars(config), "api_key": cekat_sandbox.api_key})
    first, struck, after = transport(config, [request, request, request])
    assert outcome(first, config.api_key) == "200"
    assert outcome(struck, config.api_key) == comes
    assert outcome(after, config.api_key) == "200"
    # Nothing was repeated, and nothing followed.
    entries = cekat_sandbox.requests()
    assert len(entries) == 3
    assert all("cookie" not in entry["headers"] for entry in entries)


def test_the_same_request_leaves(cekat_sandbox: Any, transport: Run) -> None:
    conversation = cekat_sandbox.conversation()
    config = configured(cekat_sandbox.url, auth_scheme="both")
    config = type(config)(**{**vars(config), "api_key": cekat_sandbox.api_key})
    odd = "a b&c=d/é\r\nX: y"
    transport(config, [SEND, wire.get_messages(conversation["id"]), wire.get_messages(odd)])
    send, read, strange = cekat_sandbox.requests()
    assert (send["method"], send["path"], send["query"]) == ("POST", "/messages/whatsapp", "")
    assert send["body"] == SEND.content.decode()
    assert (read["method"], read["path"]) == ("GET", "/messages")
    assert read["query"] == f"conversation_id={conversation['id']}"
    assert strange["query"] == "conversation_id=a+b%26c%3Dd%2F%C3%A9%0D%0AX%3A+y"
    for entry in (send, read):
        headers = dict(entry["headers"])
        assert headers.pop("accept-encoding").startswith("gzip, deflate")
        assert headers.pop("user-agent").startswith("airflow-provider-cekat/")
        assert headers.pop("connection", "keep-alive") == "keep-alive"
        assert headers.pop("content-length", None) == (str(len(SEND.content)) if entry is send else None)
        assert headers.pop("content-type", None) == ("application/json" if entry is send else None)
        assert headers.pop("host") == cekat_sandbox.url.removeprefix("http://")
        assert headers.pop("accept") == "application/json"
        assert set(headers) == {"api_key", "authorization"}
