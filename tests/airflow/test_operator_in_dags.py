"""The operator in DAGs that run: templates, XComs, mapping, retries, what it returns."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from runs import Run, load

pytestmark = pytest.mark.usefixtures("airflow_db")


def test_every_way_in(cekat_sandbox: Any) -> None:
    started = datetime.now(timezone.utc).replace(microsecond=0)
    run = Run(load("tests", "cekat_test_send"))
    assert set(run.states.values()) == {"success"}
    sent = {message["receiver"]: message for message in cekat_sandbox.sent()}
    bodies = {receiver: message["request_body"] for receiver, message in sent.items()}
    assert bodies == {
        "6281234567800": {
            "receiver": "6281234567800",
            "media_type": "cta_url",
            "message": "Pesanan INV-7: lihat catatan.md",
            "footer": "cekat_test_send",
            "header": {"text": "INV-7"},
            "action": {
                "name": "cta_url",
                "parameters": {"display_text": "Lacak", "url": "https://a.example/INV-7"},
            },
            "tags": ["Lacak", ["manual"]],
            "count": 1,
            "none": None,
        },
        "6281234567801": {"receiver": "6281234567801", "message": "Halo 0"},
        "6281234567802": {"receiver": "6281234567802", "message": "Halo 1"},
        "6281234567803": {"receiver": "6281234567803", "message": "a"},
        "6281234567804": {"receiver": "6281234567804", "message": "b", "deep": [{"n": 1}]},
        "6281234567805": {"receiver": "6281234567805", "message": "INV-7"},
        "6281234567806": {
            "receiver": "6281234567806",
            "media_type": "location",
            "location": {"latitude": "-6.2", "longitude": "106.8", "name": "Toko Lacak"},
        },
        "6281234567807": {"receiver": "6281234567807", "message": "Halo"},
        "6281234567808": {"receiver": "6281234567808", "message": "Halo"},
    }
    # What it returns, as the next task gets it.
    for task_id, index, receiver in (("templated", -1, "6281234567800"), ("mapped", 1, "6281234567802")):
        returned = run.xcom(task_id, index)
        answer = returned.pop("response")
        at = datetime.fromisoformat(returned.pop("sent_at"))
        assert at.utcoffset() == timezone.utc.utcoffset(None)
        assert at >= started
        assert returned == {
            "message_id": sent[receiver]["id"],
            "conversation_id": sent[receiver]["conversation_id"],
            "receiver": receiver,
            "status": "sent",
        }
        assert answer["success"] is True
        assert answer["data"]["message_id"] == sent[receiver]["id"]
    assert run.xcom("count") == ["6281234567801", "6281234567802"]


@pytest.mark.parametrize(
    ("fault", "states", "tries", "requests"),
    [
        ({"kind": "rate_limit"}, "success", 2, 2),
        ({"kind": "rate_limit", "times": None}, "failed", 2, 2),
        # Nobody knows whether it was sent, and no conversation tells: not sent again.
        ({"kind": "status", "status": 500}, "failed", 1, 1),
        ({"kind": "status", "status": 401, "times": None}, "failed", 1, 1),
    ],
)
def test_retries(
    cekat_sandbox: Any,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    states: str,
    tries: int,
    requests: int,
) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"max_wait": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    cekat_sandbox.faults(fault)
    run = Run(load("tests", "cekat_test_native"))
    assert run.states == {"place": "success", "native": states}
    assert run.tries["native"] == tries
    bodies = [entry["body"] for entry in cekat_sandbox.requests()]
    body = '{"receiver":"6281234567809","media_type":"location","location":{"latitude":"-6.2","longitude":"106.8"}}'
    assert bodies == [body] * requests
