"""The hook for event loops does what the other does."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from cekat_provider.core.errors import AuthError, CekatConfigError, NotFoundError, WindowClosedError
from cekat_provider.hooks.cekat import CekatAsyncHook, CekatHook


@pytest.mark.usefixtures("airflow_db")
def test_sends_and_reads_as_the_other_does(cekat_sandbox: Any) -> None:
    async def talk() -> Any:
        async with CekatAsyncHook() as hook:
            sent = await hook.send_message(receiver="+62 812-3456-7890", message="Halo")
            cekat_sandbox.reply("Ya")
            return sent, await hook.get_messages(sent.conversation_id)

    sent, messages = asyncio.run(talk())
    assert sent.receiver == "6281234567890"
    assert messages == CekatHook().get_messages(sent.conversation_id)
    assert [message.text for message in messages] == ["Halo", "Ya"]


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize(
    ("connection", "error"),
    [({"password": "wrong"}, AuthError), ({"host": "ftp://x"}, CekatConfigError), ({"password": ""}, CekatConfigError)],
)
def test_the_same_errors(
    cekat_sandbox: Any, connection: dict[str, Any], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps({**cekat_sandbox.connection, **connection}))

    async def ask() -> None:
        async with CekatAsyncHook() as hook:
            await hook.get_messages("c-1")

    with pytest.raises(error) as asynchronous:
        asyncio.run(ask())
    with pytest.raises(error) as blocking:
        CekatHook().get_messages("c-1")
    assert str(asynchronous.value) == str(blocking.value)


@pytest.mark.usefixtures("airflow_db")
def test_many_at_once_share_few_connections(cekat_sandbox: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cekat_sandbox.faults(kind="error_code", code=131047, on="send", skip=39)

    async def ask() -> list[Any]:
        async with CekatAsyncHook() as hook:
            sends = [hook.send_message(receiver=f"62812000000{n:02}", message="rahasia") for n in range(40)]
            reads = [hook.get_messages("no-such-conversation")]
            return await asyncio.gather(*sends, *reads, return_exceptions=True)

    got = asyncio.run(ask())
    assert sorted({type(one) for one in got if isinstance(one, Exception)}, key=str) == [
        NotFoundError,
        WindowClosedError,
    ]
    assert len(cekat_sandbox.sent()) == 39
    assert cekat_sandbox.api_key not in caplog.text
    assert "rahasia" not in caplog.text
    assert "62812000000" not in caplog.text


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize("hook_class", [CekatHook, CekatAsyncHook])
def test_its_own_earlier_twin_is_not_the_one_that_dropped(
    cekat_sandbox: Any, hook_class: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words again, and the second connection drops before Cekat reads a thing."""
    monkeypatch.setattr(hook_class, "settle_seconds", (0.0,))
    conversation_id = cekat_sandbox.conversation()["id"]
    cekat_sandbox.faults(kind="drop", on="send", skip=1)

    async def both() -> list[str]:
        async with CekatAsyncHook() as hook:
            return [(await hook.send_message(conversation_id=conversation_id, message="Halo")).message_id for _ in "12"]

    hook = CekatHook()
    ids = (
        asyncio.run(both())
        if hook_class is CekatAsyncHook
        else [hook.send_message(conversation_id=conversation_id, message="Halo").message_id for _ in "12"]
    )
    assert len(set(ids)) == 2
    assert [message["id"] for message in cekat_sandbox.sent()] == ids
