"""The sensor in a DAG that runs, in both modes, with `since` as it is by default."""

from __future__ import annotations

from typing import Any

import pytest
from runs import Run, load

from cekat_provider.hooks.cekat import CekatHook


@pytest.mark.usefixtures("airflow_db")
def test_old_messages_never_count(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="c-1")
    cekat_sandbox.advance(hours=-1)
    cekat_sandbox.reply("ya, kemarin!", conversation_id="c-1")
    cekat_sandbox.reply("ya, dulu!", conversation_id="c-1")
    # An hour ahead, so that however long the run takes to begin, by its clock the answers come later.
    cekat_sandbox.advance(hours=2)
    cekat_sandbox.faults(kind="status", status=503, on="read")
    for text, after_seconds in (("tidak", 0), ("ya, sekarang!", 1), ("dan lagi!", 4)):
        cekat_sandbox.auto_reply(text, after_seconds=after_seconds, times=1)
    hook = CekatHook()
    hook.send_message(conversation_id="c-1", message="Setuju?")
    hook.close()
    run = Run(load("tests", "cekat_test_wait"))
    assert run.states == {"poked": "success", "rescheduled": "success", "read": "success"}
    assert [message["text"] for message in run.xcom("poked")] == ["ya, sekarang!"]
    assert run.xcom("read") == ["ya, sekarang!", "dan lagi!"]
    reads = [entry for entry in cekat_sandbox.requests() if entry["method"] == "GET"]
    assert reads[0]["status"] == 503
    assert len(reads) > 2
