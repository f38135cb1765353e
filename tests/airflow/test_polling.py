"""What waits share in one triggerer, on an event loop whose seconds take no time."""

from __future__ import annotations

import asyncio
import functools
import gc
import itertools
import json
import logging
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from virtual import Clock

from cekat_provider.compat import connection_errors
from cekat_provider.core.errors import ServerError
from cekat_provider.core.outcome import read
from cekat_provider.hooks import cekat_async
from cekat_provider.triggers import polling
from cekat_provider.triggers.cekat import EARLIEST_EVENT_SECONDS, CekatMessagesTrigger
from cekat_provider.triggers.client import SharedClient
from cekat_provider.triggers.polling import Poller, watching
from cekat_provider.triggers.watch import Look, Watch

pytestmark = pytest.mark.usefixtures("airflow_db")


def conversations(sandbox: Any, many: int) -> list[str]:
    return [sandbox.conversation(f"6281200{number:06}")["id"] for number in range(many)]


def trigger(conversation_id: str, **arguments: Any) -> CekatMessagesTrigger:
    given = {"poke_interval": 10.0, "deadline": time.time() + 100_000, **arguments}
    path, kwargs = CekatMessagesTrigger(conversation_id=conversation_id, **given).serialize()
    assert path == f"{CekatMessagesTrigger.__module__}.CekatMessagesTrigger"
    return CekatMessagesTrigger(**json.loads(json.dumps(kwargs)))


async def fired(waiting: CekatMessagesTrigger) -> Any:
    events = [event.payload async for event in waiting.run()]
    assert len(events) == 1
    return read(json.loads(json.dumps(events[0])))


async def looks(watch: Watch, seconds: float) -> list[Look]:
    """Take the looks that come within so long."""
    loop, got = asyncio.get_running_loop(), []
    until = loop.time() + seconds
    async with watching("cekat_default", watch):
        while (left := until - loop.time()) > 0:
            try:
                got.append(await asyncio.wait_for(watch.look(), left))
            except asyncio.TimeoutError:
                break
    return got


def reads(sandbox: Any) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.requests() if entry["method"] == "GET"]


def test_one_poll_for_a_conversation_however_many_wait(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any
) -> None:
    ids = conversations(cekat_sandbox, 3)
    lookups: list[str] = []
    original = cekat_async.get_connection_async

    async def counted(conn_id: str, hook: Any) -> Any:
        lookups.append(conn_id)
        return await original(conn_id, hook)

    monkeypatch.setattr(cekat_async, "get_connection_async", counted)

    async def wait() -> None:
        await asyncio.gather(*(looks(Watch(ids[n % 3], 10.0), 100.0) for n in range(60)))

    run_fast(wait())
    counts = Counter(entry["query"] for entry in reads(cekat_sandbox))
    assert sorted(counts) == sorted(f"conversation_id={one}" for one in ids)
    assert all(9 <= count <= 10 for count in counts.values())
    assert lookups == ["cekat_default"]


def test_the_shortest_interval_of_a_conversation_counts(cekat_sandbox: Any, run_fast: Any) -> None:
    (one,) = conversations(cekat_sandbox, 1)

    async def wait() -> None:
        await asyncio.gather(looks(Watch(one, 1000.0), 100.0), looks(Watch(one, 10.0), 50.0))

    run_fast(wait())
    assert 4 <= len(reads(cekat_sandbox)) <= 6


def test_exponential_backoff(cekat_sandbox: Any, run_fast: Any) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    run_fast(looks(Watch(one, 5.0, growth=2.0, longest_interval_seconds=40.0), 200.0))
    # After at most 5 s, then 10, 20, 40, 40, 40, …
    assert 6 <= len(reads(cekat_sandbox)) <= 8


def test_what_has_not_changed_is_handed_once(cekat_sandbox: Any, run_fast: Any) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)
    cekat_sandbox.faults(kind="status", on="read", skip=3)

    async def wait() -> list[Look]:
        first = asyncio.ensure_future(looks(Watch(one, 5.0), 100.0))
        await asyncio.sleep(60)
        late = await looks(Watch(one, 5.0), 20.0)
        assert [len(look.history or ()) for look in late] == [1]
        return await first

    got = run_fast(wait())
    assert len(reads(cekat_sandbox)) >= 15
    # The first, the fault, the first good one after it; the latecomer's needs a reading, which all are handed.
    assert [type(look.error).__name__ for look in got] == ["NoneType", "ServerError", "NoneType", "NoneType"]


@pytest.mark.parametrize("years_back", [None, 10, 1])
def test_who_comes_while_a_look_is_under_way_misses_nothing(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any, years_back: int | None
) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)
    really_read = SharedClient.history
    today = datetime.now(timezone.utc)
    since = None if years_back is None else today - timedelta(365 * years_back)

    async def wait() -> list[Look]:
        begun = asyncio.Event()

        async def read(*args: Any) -> Any:
            begun.set()
            return await really_read(*args)

        monkeypatch.setattr(SharedClient, "history", read)
        first = asyncio.ensure_future(looks(Watch(one, 5.0, since=today - timedelta(365 * 5)), 100.0))
        await asyncio.sleep(50)
        begun.clear()
        await begun.wait()
        late = await looks(Watch(one, 5.0, since=since), 20.0)
        await first
        return late

    late = run_fast(wait())
    assert [[message.text for message in look.history or ()] for look in late] == [["Ya"]]


def test_large_histories_are_read_aside(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any) -> None:
    ids = conversations(cekat_sandbox, 3)
    for module, name in (("core.drive", "LARGE_BYTES"), ("triggers.client", "LARGE_BYTES"), ("hooks._aside", "MANY")):
        monkeypatch.setattr(f"cekat_provider.{module}.{name}", 0)
    threads: set[str] = set()
    monkeypatch.setattr("test_polling.judging_thread", lambda: threads.add(threading.current_thread().name))

    async def wait() -> list[Any]:
        waits = [
            asyncio.ensure_future(fired(trigger(ids[n % 3], match="test_polling.is_yes", since="2026-01-01")))
            for n in range(9)
        ]
        gone = asyncio.ensure_future(fired(trigger(ids[0])))
        await asyncio.sleep(25)
        gone.cancel()
        for one in ids:
            cekat_sandbox.reply("Tidak", conversation_id=one)
            cekat_sandbox.reply("Ya", conversation_id=one)
        return await asyncio.gather(*waits)

    assert [[message.text for message in outcome.messages] for outcome in run_fast(wait())] == [["Ya"]] * 9
    assert threads
    assert threading.current_thread().name not in threads


def test_a_few_waits_wake_at_a_time(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, clock: Clock, run_fast: Any
) -> None:
    ids = conversations(cekat_sandbox, 3)
    judged: Counter[int] = Counter()
    steps = itertools.count()
    step = 0
    monkeypatch.setattr("cekat_provider.hooks._aside.MANY", 20)
    monkeypatch.setattr("test_polling.judging_thread", lambda: judged.update([step]))

    def count(really_select: Any, timeout: float | None = None) -> Any:
        nonlocal step
        step = next(steps)
        return really_select(timeout)

    async def wait() -> list[Any]:
        selector = asyncio.get_running_loop()._selector
        selector.select = functools.partial(count, selector.select)
        # All look at the deadline, and so at once.
        more = {"match": "test_polling.is_yes", "poke_interval": 1000.0, "deadline": clock.time() + 10}
        waits = [asyncio.ensure_future(fired(trigger(ids[n % 3], **more))) for n in range(180)]
        await asyncio.sleep(0)
        for one in ids:
            cekat_sandbox.reply("Tidak", conversation_id=one)
            cekat_sandbox.reply("Ya", conversation_id=one)
        return await asyncio.gather(*waits)

    assert [[message.text for message in outcome.messages] for outcome in run_fast(wait())] == [["Ya"]] * 180
    assert judged.total() == 2 * 180
    assert max(judged.values()) <= 20


def test_a_deadline_that_passes_while_others_judge_gets_a_look_of_its_own(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, clock: Clock, run_fast: Any
) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Tidak", conversation_id=one)
    begun = clock.monotonic()
    # Each in a thread, one after the other.
    monkeypatch.setattr("cekat_provider.hooks._aside.MANY", 0)
    # The first is slow, and the time of all is over meanwhile.
    monkeypatch.setattr("test_polling.judging_thread", lambda: clock.move(begun + 101))

    async def wait() -> None:
        more = {"match": "test_polling.is_yes", "poke_interval": 90.0, "deadline": clock.time() + 100}
        outcomes = await asyncio.gather(*(fired(trigger(one, **more)) for _ in range(95)))
        assert all(outcome.timed_out for outcome in outcomes)

    run_fast(wait())
    # The first few had their look before; it is not what they end with.
    assert len(reads(cekat_sandbox)) == 2
    assert clock.monotonic() == pytest.approx(begun + 101, abs=1)


def judging_thread() -> None:
    """Note in a test in which thread a message is judged."""


def is_yes(message: Any) -> bool:
    judging_thread()
    return message.text == "Ya"


def test_the_module_of_a_match_is_imported_beside_the_loop(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any
) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)
    threads: list[int] = []

    def load(name: str, value: Any) -> Any:
        threads.append(threading.get_ident())
        return is_yes

    monkeypatch.setattr("cekat_provider.triggers.cekat.load_callable", load)
    outcome = run_fast(fired(trigger(one, match="test_polling.is_yes")))
    assert outcome.messages[0].text == "Ya"
    assert threads != [threading.get_ident()]


def test_a_429_holds_all_conversations(cekat_sandbox: Any, run_fast: Any) -> None:
    ids = conversations(cekat_sandbox, 10)
    cekat_sandbox.faults(kind="rate_limit", on="read", retry_after=60, skip=5)

    async def wait() -> list[list[Look]]:
        return await asyncio.gather(*(looks(Watch(one, 20.0), 60.0) for one in ids))

    got = run_fast(wait())
    held = len(reads(cekat_sandbox))
    assert held <= 6 + polling.AT_ONCE
    assert sum(look.error is not None for one in got for look in one) == 1


def test_the_budget_is_kept_and_the_stretch_told_once(
    cekat_sandbox: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, run_fast: Any
) -> None:
    ids = conversations(cekat_sandbox, 40)
    extra = {"requests_per_minute": 60}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps({**cekat_sandbox.connection, "extra": extra}))
    caplog.set_level(logging.WARNING)

    async def wait() -> None:
        await asyncio.gather(*(looks(Watch(one, 10.0), 200.0) for one in ids))

    run_fast(wait())
    counts = Counter(entry["query"] for entry in reads(cekat_sandbox))
    # 200 s at 58.8 a minute, and what was started before the budget was known.
    assert 150 <= sum(counts.values()) <= 200 / 60 * 60 + polling.AT_ONCE
    assert max(counts.values()) - min(counts.values()) <= 2
    told = [record.getMessage() for record in caplog.records if "looks a minute" in record.getMessage()]
    assert len(told) == 1
    assert "40 conversations ask for 240 looks a minute and the budget has room for 59" in told[0]
    assert "4.1 times less often" in told[0]


def test_a_hook_in_the_same_process_shares_the_budget(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, clock: Clock, run_fast: Any
) -> None:
    ids = conversations(cekat_sandbox, 5)
    extra = {"requests_per_minute": 60}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps({**cekat_sandbox.connection, "extra": extra}))
    monkeypatch.setattr(cekat_async, "time", clock)

    async def read() -> None:
        async with cekat_async.CekatAsyncHook() as hook:
            while True:
                await hook.get_messages(ids[0])

    async def wait() -> None:
        reading = asyncio.ensure_future(read())
        await asyncio.gather(*(looks(Watch(one, 1.0), 100.0) for one in ids))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    run_fast(wait())
    # Each by itself would make as many.
    assert 90 <= len(reads(cekat_sandbox)) <= 100 + polling.AT_ONCE


def test_a_rotated_key_is_picked_up(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any) -> None:
    ids = conversations(cekat_sandbox, 3)

    async def wait() -> list[Any]:
        waits = [asyncio.ensure_future(fired(trigger(one))) for one in ids]
        await asyncio.sleep(25)
        cekat_sandbox.rotate_key("another-key")
        monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(cekat_sandbox.connection))
        await asyncio.sleep(25)
        for one in ids:
            cekat_sandbox.reply("Ya", conversation_id=one)
        return await asyncio.gather(*waits)

    outcomes = run_fast(wait())
    assert [outcome.messages[0].text for outcome in outcomes] == ["Ya"] * 3


def test_a_refused_key_ends_the_waits(cekat_sandbox: Any, run_fast: Any) -> None:
    ids = conversations(cekat_sandbox, 3)

    async def wait() -> list[Any]:
        waits = [asyncio.ensure_future(fired(trigger(one))) for one in ids]
        await asyncio.sleep(25)
        cekat_sandbox.rotate_key("another-key")
        return await asyncio.gather(*waits)

    assert [type(outcome.error).__name__ for outcome in run_fast(wait())] == ["AuthError"] * 3


def test_a_connection_that_is_not_there_is_a_failure_that_heals(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any
) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)

    async def wait(**arguments: Any) -> Any:
        waiting = asyncio.ensure_future(fired(trigger(one, cekat_conn_id="cekat_other", **arguments)))
        await asyncio.sleep(30)
        monkeypatch.setenv("AIRFLOW_CONN_CEKAT_OTHER", json.dumps(cekat_sandbox.connection))
        return await waiting

    outcome = run_fast(wait(max_consecutive_failures=1))
    assert "cekat_other" in str(outcome.error)
    monkeypatch.delenv("AIRFLOW_CONN_CEKAT_OTHER")
    assert run_fast(wait()).messages[0].text == "Ya"


def test_a_bug_is_raised_in_every_wait(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any) -> None:
    from cekat_provider.core import parse

    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)

    def broken(*_: Any) -> Any:
        raise LookupError("a bug")

    monkeypatch.setattr(parse, "message", broken)

    async def wait() -> list[Any]:
        return await asyncio.gather(fired(trigger(one)), fired(trigger(one)), return_exceptions=True)

    assert [repr(error) for error in run_fast(wait())] == ["LookupError('a bug')"] * 2


@pytest.mark.parametrize("how", ["answered", "cancelled", "timed out"])
def test_nothing_is_left_behind(cekat_sandbox: Any, how: str, clock: Clock, run_fast: Any) -> None:
    ids = conversations(cekat_sandbox, 20)

    async def wait() -> int:
        loop = asyncio.get_running_loop()
        deadline = clock.time() + (40 if how == "timed out" else 1000)
        tasks = [asyncio.ensure_future(fired(trigger(ids[n % 20], deadline=deadline))) for n in range(100)]
        await asyncio.sleep(20)
        assert len(gc_pollers()) == 1
        if how == "answered":
            for one in ids:
                cekat_sandbox.reply("Ya", conversation_id=one)
        if how == "cancelled":
            for task in tasks:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        asked = len(reads(cekat_sandbox))
        await asyncio.sleep(30)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert not polling._POLLERS.get(loop)
        assert [key for key in loop._selector.get_map().values() if key.fd != loop._ssock.fileno()] == []
        assert [handle for handle in loop._scheduled if not handle._cancelled] == []
        return len(reads(cekat_sandbox)) - asked

    assert run_fast(wait()) == 0
    assert gc_pollers() == []


def gc_pollers() -> list[Poller]:
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is Poller]  # `isinstance` would wake lazy objects


def test_two_connections_share_nothing(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_OTHER", json.dumps({**cekat_sandbox.connection, "password": "wrong"}))

    async def wait() -> list[Any]:
        return await asyncio.gather(fired(trigger(one)), fired(trigger(one, cekat_conn_id="cekat_other")))

    good, bad = run_fast(wait())
    assert good.messages[0].text == "Ya"
    assert type(bad.error).__name__ == "AuthError"


def test_the_event_comes_after_the_first_seconds_and_when_all_is_closed(cekat_sandbox: Any, run_fast: Any) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)

    async def wait() -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        events = trigger(one, poke_interval=1.0).run()
        await events.__anext__()
        took = loop.time() - started
        assert not polling._POLLERS.get(loop)
        await events.aclose()
        return took

    assert run_fast(wait()) == pytest.approx(EARLIEST_EVENT_SECONDS, abs=0.01)


def test_a_restarted_triggerer_misses_nothing(cekat_sandbox: Any, clock: Clock, run_fast: Any) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    deadline = clock.time() + 60

    async def begin() -> None:
        task = asyncio.ensure_future(fired(trigger(one, deadline=deadline)))
        await asyncio.sleep(20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_fast(begin())
    cekat_sandbox.reply("Ya", conversation_id=one)
    outcome = run_fast(fired(trigger(one, deadline=deadline)))
    assert outcome.messages[0].text == "Ya"
    # Even where it comes back after the deadline: the answer came before.
    outcome = run_fast(fired(trigger(one, deadline=clock.time() - 5)))
    assert outcome.messages[0].text == "Ya"


def test_a_deadline_passes_though_cekat_is_down(cekat_sandbox: Any, clock: Clock, run_fast: Any) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.faults(kind="rate_limit", on="read", retry_after=5000)

    async def wait() -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        outcome = await fired(trigger(one, deadline=clock.time() + 30))
        assert (outcome.timed_out, outcome.looked) == (True, False)
        return loop.time() - started

    assert run_fast(wait()) == pytest.approx(30 + polling.LAST_LOOK_SECONDS, abs=0.01)


@pytest.mark.parametrize("error", [None, ServerError("Cekat answered 502", 502)])
@pytest.mark.parametrize("last", [False, True])
def test_a_history_that_nobody_has_taken_yet_is_not_replaced_by_nothing(error: Any, last: bool) -> None:
    # As where the wait still judges the history before, beside the loop.
    async def slow() -> Look:
        watch = Watch("c", 10.0, every=True)
        watch.hand(Look(["a message"], None, False))
        watch.hand(Look(None, error, last))
        return await watch.look()

    assert asyncio.run(slow()) == Look(["a message"], None, last)


def test_a_deadline_that_many_share_under_a_budget(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, clock: Clock, run_fast: Any
) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"requests_per_minute": 60}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    ids = conversations(cekat_sandbox, 60)

    async def wait() -> list[Any]:
        deadline = clock.time() + 5
        return await asyncio.gather(*(fired(trigger(one, deadline=deadline, poke_interval=600.0)) for one in ids))

    outcomes = run_fast(wait())
    assert all(outcome.timed_out for outcome in outcomes)
    # The budget has room for a third of the looks; who had none says so.
    looked = len({entry["query"] for entry in reads(cekat_sandbox)})
    assert 10 < sum(outcome.looked for outcome in outcomes) <= looked < 40


def test_a_newer_history_replaces_an_older_one_and_so_does_a_bug() -> None:
    async def slow(*looks: Any) -> Look:
        watch = Watch("c", 10.0)
        for look in looks:
            watch.hand(look)
        return await watch.look()

    older, newer = Look(["a"], None, False), Look(["a", "b"], None, False)
    assert asyncio.run(slow(older, newer)) == newer
    with pytest.raises(ZeroDivisionError):
        asyncio.run(slow(older, ZeroDivisionError()))


@pytest.mark.parametrize("kind", connection_errors())
def test_a_connection_that_cannot_be_looked_up_is_a_failed_look(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, run_fast: Any, kind: type[Exception]
) -> None:
    (one,) = conversations(cekat_sandbox, 1)
    cekat_sandbox.reply("Ya", conversation_id=one)
    original, asked = cekat_async.get_connection_async, []

    async def away_at_first(*args: Any) -> Any:
        asked.append(args)
        if len(asked) == 1:
            raise kind.__new__(kind)
        return await original(*args)

    monkeypatch.setattr(cekat_async, "get_connection_async", away_at_first)
    assert [message.text for message in run_fast(fired(trigger(one))).messages] == ["Ya"]
    assert len(asked) == 2
