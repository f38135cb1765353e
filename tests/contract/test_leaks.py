"""Neither a key nor a number nor a text gets into a log record or an exception's words."""

from __future__ import annotations

import itertools
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from peers import drop, free_port, http, peer

from cekat_provider.core.errors import CekatError
from cekat_provider.hooks.cekat import CekatHook

Connect = Callable[..., CekatHook]
NUMBER = "6281234567890"
TEXT = "Halo Bu Contoh, tagihan Anda"
ANSWER = "Sudah saya transfer kemarin"
PRIVATE = (NUMBER, "+62 812-3456-7890", "812-3456", TEXT, ANSWER, "Bu Contoh", "hunter2", "rahasia.pdf")


def send(hook: CekatHook, **more: Any) -> Any:
    return hook.send_message(
        receiver="+62 812-3456-7890", message=TEXT, file_url="https://files.example.com/rahasia.pdf", **more
    )


def read(hook: CekatHook) -> Any:
    return hook.get_messages("c-1")


def chain(error: BaseException) -> str:
    """Give the words of an error and of all that it came from, as a traceback prints them."""
    words = []
    step: BaseException | None = error
    while step is not None:
        words += [str(step), repr(step), *map(repr, step.args)]
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return "\n".join(words) + "".join(traceback.format_exception_only(error))


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[int], str]:
    """Give what was logged from a level on. Airflow 2.11 logs through the standard library, 3.x past it."""
    caplog.set_level(logging.DEBUG)
    printed: list[str] = []

    def since(level: int) -> str:
        printed.extend(capfd.readouterr())
        records = [record for record in caplog.records if record.levelno >= level]
        texts = [f"{record.getMessage()} {record.args!r} {record.exc_text or ''}" for record in records]
        return "\n".join(texts + printed)

    return since


def check(logged: Callable[[int], str], key: str, errors: list[BaseException]) -> None:
    shown = logged(logging.INFO)
    told = "\n".join(map(chain, errors))
    for private in (*PRIVATE, key):
        assert private not in shown, f"logged: {private}"
        assert private not in told, f"in an error: {private}"
    assert key not in logged(logging.DEBUG)


def test_at_work(cekat_sandbox: Any, logged: Callable[[int], str]) -> None:
    hook = CekatHook()
    conversation_id = send(hook).conversation_id
    cekat_sandbox.reply(ANSWER)
    assert [message.text for message in hook.get_messages(conversation_id)] == [TEXT, ANSWER]
    hook.test_connection()
    hook.close()
    check(logged, cekat_sandbox.api_key, [])


FAULTS: list[dict[str, Any]] = [
    {"kind": "rate_limit"},
    {"kind": "status", "status": 400, "body": {"success": False, "error": {"message": f"{TEXT} to {NUMBER}"}}},
    {"kind": "status", "status": 400, "body": f"cannot send {TEXT!r} to +62 812-3456-7890"},
    {"kind": "status", "status": 500, "body": {"message": f"{NUMBER}: https://files.example.com/rahasia.pdf"}},
    {"kind": "status", "status": 302, "location": f"https://x.example/?to={NUMBER}&pw=hunter2"},
    {"kind": "error_code", "code": 131026, "message": f"cannot deliver to {NUMBER}"},
    {"kind": "drop"},
    {"kind": "accept_then_drop"},
    {"kind": "not_json"},
    {"kind": "truncated"},
    {"kind": "deep"},
]


def test_in_trouble(cekat_sandbox: Any, logged: Callable[[int], str]) -> None:
    errors: list[BaseException] = []
    hook = CekatHook()
    for fault, ask in itertools.product(FAULTS, (send, read)):
        # Only what was sent can be known to be private.
        if ask is read and (TEXT in str(fault) or "rahasia" in str(fault)):
            continue
        cekat_sandbox.clear()
        cekat_sandbox.conversation(id="c-1")
        cekat_sandbox.faults(fault)
        with pytest.raises(CekatError) as caught:
            ask(hook)
        errors.append(caught.value)
    for wrong in (
        {"receiver": f"{NUMBER}{NUMBER}"},
        {"receiver": f"0{NUMBER[2:]}"},
        {"receiver": f"{NUMBER} x"},
        {"message": TEXT * 1000},
        {"message": f"{TEXT}\ud800"},
        {"header": TEXT},
        {"location": {"latitude": TEXT, "longitude": NUMBER}},
        {"extra_fields": {"a": object(), TEXT: NUMBER}},
    ):
        with pytest.raises(CekatError) as caught:
            hook.send_message(**{"receiver": NUMBER, "message": "halo", **wrong})
        errors.append(caught.value)
    hook.close()
    check(logged, cekat_sandbox.api_key, errors)


def test_out_of_reach(connect: Connect, logged: Callable[[int], str]) -> None:
    key = "key-0123456789-made-up"
    errors: list[BaseException] = []
    with peer(drop) as dropping, peer(http(b"", "407 No")) as proxy:
        secret_proxy = proxy.url.replace("://", "://user:hunter2@")
        for hook in (
            connect(f"http://127.0.0.1:{free_port()}", key),
            connect(dropping.url, key),
            connect("https://cekat.invalid", key, proxies=secret_proxy),
            connect("https://cekat.invalid", key, proxies={"https": secret_proxy}),
        ):
            with pytest.raises(CekatError) as caught:
                send(hook)
            errors.append(caught.value)
    for fields in (
        {"host": "https://user:hunter2@api.cekat.ai"},
        {"host": "https://api.cekat.ai/?pw=hunter2"},
        {"host": "api.cekat.ai", "password": "hunter2 "},
        {"host": "api.cekat.ai", "proxies": "http://user:hunter2@[bad"},
    ):
        with pytest.raises(CekatError) as caught:
            send(connect(**{"password": key, **fields}))
        errors.append(caught.value)
    check(logged, key, errors)


def test_a_hooks_repr(cekat_sandbox: Any) -> None:
    hook = CekatHook()
    hook.get_conn()
    shown = f"{hook!r} {hook.config!r} {hook.get_conn()!r}"
    hook.close()
    assert cekat_sandbox.api_key not in shown
