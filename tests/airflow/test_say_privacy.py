"""Nothing of a customer's, and no key, is logged by what says, alerts or sends templates; nor is it in an error."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from cekat_provider.compat import AirflowFailException
from cekat_provider.core.errors import CekatError
from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.messages import Buttons, Menu, Text
from cekat_provider.notifications.cekat import CekatNotifier
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.operators.template import CekatSendTemplateOperator

INBOX = "5f0c1f9e-0000-4000-8000-000000000001"
NUMBER, TEXT, NAME = "6281234567890", "Tagihan rumah sakit", "Bu Contoh"


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def test_logs_and_errors_hold_nothing_private(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"inbox_id": INBOX}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    kept = Kept()
    logging.getLogger().addHandler(kept)
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)
    errors: list[str] = []

    def attempt(call: Any, *args: Any, **kwargs: Any) -> None:
        try:
            call(*args, **kwargs)
        except (CekatError, AirflowFailException) as err:
            errors.append(f"{err!r} {err} {err.__cause__!r}")

    to: dict[str, Any] = {"task_id": "t", "receiver": NUMBER}
    for fault in (None, {"kind": "error_code", "code": 131026, "message": f"{NUMBER}: {TEXT}"}):
        if fault is not None:
            cekat_sandbox.faults({**fault, "on": "send", "times": 4})
        attempt(CekatSendWhatsAppOperator(**to, message=Text(TEXT)).execute, {})
        attempt(CekatSendWhatsAppOperator(**to, message=Menu(TEXT, "Buka", [TEXT])).execute, {})
        attempt(CekatSendTemplateOperator(**to, template="alert", variables=[TEXT], receiver_name=NAME).execute, {})
        attempt(CekatNotifier(receivers=[NUMBER, "08123"], message=TEXT, quiet_for=0), {"reason": "x"})
    attempt(CekatSendWhatsAppOperator(**to, message=Buttons(TEXT * 100, [NAME])).execute, {})
    attempt(CekatSendWhatsAppOperator(**to, message=TEXT, footer=TEXT * 10).execute, {})
    attempt(CekatSendTemplateOperator(**to, template="alert", variables=[TEXT + "\n"]).execute, {})
    attempt(CekatHook().send_message, receiver=NUMBER, message=Menu(TEXT * 60, "Buka", ["a"]), validate="warn")
    logging.getLogger().removeHandler(kept)

    assert len(cekat_sandbox.sent()) == 5
    assert len(errors) == 6
    everything = "\n".join([*kept.lines, *errors, *capfd.readouterr()])
    assert "could not be told" in everything
    for private in (NUMBER, TEXT, NAME, cekat_sandbox.api_key):
        assert private not in everything
