"""What the operator and the sensor log: ids and counts; never a key, a number or a text."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException

from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

PRIVATE = ("6281234567890", "812-3456", "Halo Bu Contoh", "Sudah saya transfer")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, ["Cekat accepted message", "1 of 2 messages count, 1 wanted"]),
        ({"kind": "status", "status": 500, "body": "to 6281234567890: Halo Bu Contoh"}, []),
        ({"kind": "error_code", "code": 131026, "message": "not to 6281234567890"}, []),
        ({"kind": "drop"}, []),
    ],
)
def test_task_logs(
    cekat_sandbox: Any,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any] | None,
    words: list[str],
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(CekatHook, "settle_seconds", (0.0,))
    cekat_sandbox.conversation(id="c-1")
    send = CekatSendWhatsAppOperator(
        task_id="send",
        receiver="+62 812-3456-7890",
        message="Halo Bu Contoh",
        conversation_id="c-1",
        on_unknown="fail",
    )
    wait = CekatMessagesSensor(task_id="wait", conversation_id="c-1", since=None, timeout=0, poke_interval=0)
    told = ""
    if fault:
        cekat_sandbox.faults({**fault, "on": "send"})
        with pytest.raises(AirflowException) as caught:
            send.execute({})  # type: ignore[arg-type]
        told = str(caught.value)
        cekat_sandbox.faults(kind="rate_limit", on="read")
        with pytest.raises(AirflowException):
            wait.execute({})  # type: ignore[arg-type]
        words = ["Not yet: Cekat answered 429 to GET /messages"]
    else:
        send.execute({})  # type: ignore[arg-type]
        cekat_sandbox.reply("Sudah saya transfer", conversation_id="c-1")
        wait.execute({})  # type: ignore[arg-type]
    logged = caplog.text + "".join(capfd.readouterr())
    for private in (*PRIVATE, cekat_sandbox.api_key):
        assert private not in logged
        assert private not in told
    for word in words:
        assert word in logged
