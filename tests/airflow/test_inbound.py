"""A DAG starts when a customer writes, and its run gets every message once."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime
from typing import Any

import pytest
from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.providers.common.compat.sdk import DAG
from instances import Variables
from modes import TI, Memory

from cekat_provider.core.errors import CekatInputError
from cekat_provider.hooks.task_memory import CursorMemory
from cekat_provider.operators.cekat import CekatNewMessagesOperator
from cekat_provider.triggers.cekat import CekatInboundTrigger

pytestmark = pytest.mark.usefixtures("airflow_db")


class Store(Memory):
    """What Airflow 3.3 keeps for an asset."""

    async def aget(self, key: str) -> Any:
        return self.get(key)

    async def aset(self, key: str, value: Any) -> None:
        self.set(key, value)


def trigger(*ids: str, store: Store | None = None, **arguments: Any) -> CekatInboundTrigger:
    _, kwargs = CekatInboundTrigger(conversation_ids=ids, **{"poke_interval": 10.0, **arguments}).serialize()
    made = CekatInboundTrigger(**json.loads(json.dumps(kwargs)))
    if store is not None:
        made.asset_state_store = store
    return made


async def events(watching: CekatInboundTrigger, got: list[Any]) -> None:
    async for event in watching.run():
        got.append(json.loads(json.dumps(event.payload)))


async def follow(watching: CekatInboundTrigger, seconds: float, *steps: tuple[float, Any]) -> list[Any]:
    """Run a trigger for so long, with steps in between; end it as the triggerer does."""
    got: list[Any] = []
    task = asyncio.ensure_future(events(watching, got))
    spent = 0.0
    for at, step in steps:
        await asyncio.sleep(at - spent)
        spent = at
        step(got)
    await asyncio.sleep(seconds - spent)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return got


def test_each_new_message_is_told_once_without_its_text(cekat_sandbox: Any, run_fast: Any) -> None:
    one, two = (cekat_sandbox.conversation(f"62812{n:08}")["id"] for n in range(2))

    def say(conversation: str, text: str) -> Any:
        return lambda got: cekat_sandbox.reply(text, conversation_id=conversation)

    got = run_fast(
        follow(
            trigger(one, two, contains="ya"), 80, (15, say(one, "Ya")), (30, say(two, "Tidak")), (40, say(two, "ya"))
        )
    )
    assert [event["conversation_id"] for event in got] == [one, two]
    said = [message["id"] for message in cekat_sandbox.messages(one)]
    assert got[0]["message_ids"] == said
    assert "Ya" not in json.dumps(got)


def test_errors_do_not_end_it(cekat_sandbox: Any, run_fast: Any) -> None:
    one = cekat_sandbox.conversation()["id"]
    cekat_sandbox.faults(kind="status", status=401, on="read", times=2)
    cekat_sandbox.faults(kind="status", status=500, on="read", times=2)
    got = run_fast(follow(trigger(one), 300, (10, lambda _: cekat_sandbox.reply("Ya", conversation_id=one))))
    assert len(got) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"conversation_ids": ["c-1", "not an id"]}, "conversation_id"),
        ({"conversation_ids": "c-1"}, "conversation_ids must be a list"),
        ({"direction": "in"}, "direction must be one of inbound, outbound, any"),
        ({"pattern": "("}, "pattern must be a regular expression"),
        ({"since": "yesterday"}, "since must be a time in ISO 8601"),
        ({"poke_interval": 0}, "poke_interval must be a timedelta or a number of seconds"),
    ],
)
def test_a_wrong_argument_is_an_import_error_of_the_dag(arguments: dict[str, Any], words: str) -> None:
    # What its constructor raised in a triggerer would end that.
    watching = CekatInboundTrigger(**{"conversation_ids": ["c-1"], **arguments})
    with pytest.raises(CekatInputError, match=words):
        watching.serialize()


def test_what_no_wait_mends_is_told_a_minute_before_it_ends(
    run_fast: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CekatInboundTrigger, "log", logging.getLogger("watcher"))

    # Airflow starts a watcher that raises anew every two seconds.
    async def end() -> float:
        began = asyncio.get_running_loop().time()
        with pytest.raises(CekatInputError, match="match must be a function"):
            await events(trigger("c-1", match="no_such.function"), [])
        return asyncio.get_running_loop().time() - began

    assert run_fast(end()) >= 60
    assert "CekatInputError: ends in 60 s" in caplog.text


def test_several_watchers_cost_one_poll(cekat_sandbox: Any, run_fast: Any) -> None:
    one = cekat_sandbox.conversation()["id"]

    async def both() -> None:
        await asyncio.gather(*(follow(trigger(one, contains=text), 100) for text in ("a", "b", "c")))

    run_fast(both())
    assert 9 <= len(cekat_sandbox.requests()) <= 10


def test_the_kept_cursor_is_a_look_behind_the_event(cekat_sandbox: Any, run_fast: Any) -> None:
    one = cekat_sandbox.conversation()["id"]
    cekat_sandbox.reply("Ya", conversation_id=one)
    store = Store()

    async def dies_at_the_event() -> list[Any]:
        got: list[Any] = []
        task = asyncio.ensure_future(events(trigger(one, store=store), got))
        while not got:
            await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return got

    # The event was in the triggerer's memory only: it is told again.
    assert len(run_fast(dies_at_the_event())) == 1
    assert len(run_fast(follow(trigger(one, store=store), 60))) == 1
    # Now a look has passed since, so it is not.
    assert run_fast(follow(trigger(one, store=store), 60)) == []
    cekat_sandbox.reply("Lagi", conversation_id=one)
    assert len(run_fast(follow(trigger(one, store=store), 60))) == 1


class Run:
    """The runs of one DAG, with what Airflow keeps between them."""

    def __init__(self, store: Any, *ids: str, **arguments: Any) -> None:
        self.store, self.ids, self.arguments = store, ids, arguments

    def __call__(self, run_id: str, map_index: int = -1) -> list[str]:
        asset = "the asset" if self.store is not None else None
        with DAG("d", start_date=datetime(2026, 1, 1), schedule=None):
            given = {"conversation_ids": list(self.ids), **self.arguments}
            task = CekatNewMessagesOperator(task_id="t", **given)
        task.inlets = [asset] if asset else []
        context: Any = {"ti": TI(run_id=run_id, map_index=map_index), "run_id": run_id}
        if self.store is not None:
            context["asset_state_store"] = {asset: self.store}
        return [message["text"] for message in json.loads(json.dumps(task.execute(context)))]


@pytest.fixture(params=["asset", "variable"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "asset":
        return Store()
    Variables(monkeypatch)
    return None


class Stores(dict[Any, Any]):
    """Airflow 3.3's state stores of a task's assets."""

    def __getitem__(self, key: Any) -> Any:
        if key == "an alias":
            raise TypeError("Expected Asset, AssetNameRef, or AssetUriRef; got AssetAlias")
        return super().__getitem__(key)


@pytest.mark.parametrize("store", ["variable"], indirect=True)
@pytest.mark.parametrize("inlets", [["an alias", "the asset"], ["an alias"], []])
@pytest.mark.usefixtures("store")
def test_a_cursor_is_kept_in_an_asset_and_never_in_an_alias(inlets: list[str]) -> None:
    asset = Store()
    context: Any = {"ti": TI(), "asset_state_store": Stores({"the asset": asset})}
    CursorMemory(context, inlets).set("c-1", "seen")
    assert CursorMemory(context, inlets).get("c-1") == "seen"
    assert list(asset.values()) == (["seen"] if "the asset" in inlets else [])


def test_each_message_goes_to_one_run(cekat_sandbox: Any, store: Any) -> None:
    one, two = (cekat_sandbox.conversation(f"62812{n:08}")["id"] for n in range(2))
    run = Run(store, one, two)
    with pytest.raises(AirflowSkipException):
        run("run-1")
    cekat_sandbox.reply("satu", conversation_id=one)
    cekat_sandbox.reply("dua", conversation_id=two)
    assert run("run-2") == ["satu", "dua"]
    cekat_sandbox.reply("tiga", conversation_id=one)
    assert run("run-2") == ["satu", "tiga", "dua"]
    with pytest.raises(AirflowSkipException):
        run("run-3")


def test_a_failed_reading_takes_nothing(cekat_sandbox: Any, store: Any) -> None:
    one, two = (cekat_sandbox.conversation(f"62812{n:08}")["id"] for n in range(2))
    cekat_sandbox.reply("satu", conversation_id=one)
    run = Run(store, one, two, skip_when_none=False)
    cekat_sandbox.faults(kind="status", status=404, on="read", skip=1)
    with pytest.raises(AirflowFailException):
        run("run-1")
    assert run("run-2") == ["satu"]
    assert run("run-3") == []


def test_a_mapped_task_keeps_its_place_wherever_a_conversation_stands(cekat_sandbox: Any, store: Any) -> None:
    one, two = (cekat_sandbox.conversation(f"62812{n:08}")["id"] for n in range(2))
    cekat_sandbox.reply("satu", conversation_id=one)
    cekat_sandbox.reply("dua", conversation_id=two)
    assert Run(store, one)("run-1", map_index=0) == ["satu"]
    assert Run(store, two)("run-1", map_index=1) == ["dua"]
    # The first conversation is over, so the second is now the first.
    with pytest.raises(AirflowSkipException):
        Run(store, two)("run-2", map_index=0)


def test_ids_may_be_json_and_no_text_is_taken_for_a_list(cekat_sandbox: Any, store: Any) -> None:
    one = cekat_sandbox.conversation()["id"]
    cekat_sandbox.reply("satu", conversation_id=one)
    assert Run(store, conversation_ids=json.dumps([one]))("run-1") == ["satu"]
    before = len(cekat_sandbox.requests())
    for text in (one, f"['{one}']"):
        with pytest.raises(AirflowFailException, match="conversation_ids must be a list"):
            Run(store, conversation_ids=text)("run-2")
    assert len(cekat_sandbox.requests()) == before
