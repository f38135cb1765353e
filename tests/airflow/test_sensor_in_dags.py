"""The sensor in a DAG that runs, in both modes, with `since` as it is by default."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from runs import Run, load


def looks(sandbox: Any, conversation_id: str) -> list[int]:
    """Give the statuses of the looks at a conversation."""
    query = f"conversation_id={conversation_id}"
    return [entry["status"] for entry in sandbox.requests() if entry["query"] == query]


def customer(sandbox: Any, over: threading.Event) -> None:
    """Write in each conversation once it has been looked at in vain."""
    for conversation_id, text in (("c-1", "ya, sekarang!"), ("c-2", "dan lagi!")):
        while 200 not in looks(sandbox, conversation_id) and not over.wait(0.05):
            pass
        sandbox.reply(text, conversation_id=conversation_id)


@pytest.mark.usefixtures("airflow_db")
def test_old_messages_never_count(cekat_sandbox: Any) -> None:
    for conversation_id, receiver in (("c-1", "6281234567890"), ("c-2", "6281234567891")):
        cekat_sandbox.conversation(receiver, id=conversation_id)
    cekat_sandbox.advance(hours=-1)
    for text in ("ya, kemarin!", "ya, dulu!"):
        cekat_sandbox.reply(text, conversation_id="c-1")
        cekat_sandbox.reply(text, conversation_id="c-2")
    # An hour ahead, so that however long the run takes to begin, by its clock the answers come later.
    cekat_sandbox.advance(hours=2)
    cekat_sandbox.reply("tidak", conversation_id="c-1")
    cekat_sandbox.reply("ya, sekarang!", conversation_id="c-2")
    cekat_sandbox.faults(kind="status", status=503, on="read")
    over = threading.Event()
    writing = threading.Thread(target=customer, args=(cekat_sandbox, over))
    writing.start()
    try:
        run = Run(load("tests", "cekat_test_wait"))
    finally:
        over.set()
        writing.join()
    assert run.states == {"poked": "success", "rescheduled": "success", "read": "success"}
    assert [message["text"] for message in run.xcom("poked")] == ["ya, sekarang!"]
    assert run.xcom("read") == ["ya, sekarang!", "dan lagi!"]
    assert looks(cekat_sandbox, "c-1")[0] == 503
    assert len(looks(cekat_sandbox, "c-1")) > 2
    assert len(looks(cekat_sandbox, "c-2")) > 1
