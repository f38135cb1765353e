"""What one run takes, no other run gets; whatever order the histories come in."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from cekat_provider.core.cursor import OVERLAP, Batch, Cursor, take
from cekat_provider.core.parse import Message

START = datetime(2026, 4, 10, tzinfo=timezone.utc)


def message(number: int, minutes: float | None = None, status: str = "sent") -> Message:
    at = None if minutes is None else START + timedelta(minutes=minutes)
    return Message(f"m-{number}", "c", "inbound", f"text {number}", "text", None, status, at, "user", {})


def stored(batch: Batch) -> Batch | None:
    return Batch.from_state(json.loads(json.dumps(batch.to_state())))


def test_each_run_gets_what_is_new_and_a_retry_the_same_again() -> None:
    one, two, three = message(1, 1), message(2, 2), message(3, 3)
    first, kept = take(None, "run-1", [one, two])
    assert first == [one, two]
    again, kept = take(stored(kept), "run-1", [one, two, three])
    assert again == [one, two, three]
    nothing, kept = take(stored(kept), "run-2", [one, two, three])
    assert nothing == []
    late, kept = take(stored(kept), "run-3", [message(0, 0.5), one, two, three])
    assert late == [message(0, 0.5)]
    assert take(stored(kept), "run-4", [message(0, 0.5), one, two, three])[0] == []


def test_a_status_that_changes_makes_no_new_message() -> None:
    cursor = Cursor().after([message(1, 1)])
    assert cursor.fresh([message(1, 1, "read")]) == []


def test_a_message_without_a_time_is_taken_once() -> None:
    cursor = Cursor().after([message(1), message(2, 5)])
    cursor = cursor.after([message(3, 5 + OVERLAP.total_seconds())])
    assert cursor.fresh([message(1), message(4)]) == [message(4)]


def test_a_history_that_lags_does_not_bring_messages_back() -> None:
    cursor = Cursor().after([message(1, 1), message(2, 2)]).after([message(1, 1)])
    assert cursor.fresh([message(1, 1), message(2, 2)]) == []


def test_what_is_kept_does_not_grow_with_the_history() -> None:
    cursor = Cursor()
    for hour in range(500):
        cursor = cursor.after([message(hour * 10 + n, hour * 60 + n) for n in range(10)])
    assert len(cursor.names) <= 10 * (OVERLAP / timedelta(hours=1) + 1)


@given(st.lists(st.integers(0, 300), max_size=30), st.randoms(use_true_random=False), st.integers(1, 6))
def test_every_message_is_taken_exactly_once(minutes: list[int], chance: random.Random, runs: int) -> None:
    messages = [message(number, at) for number, at in enumerate(minutes)]
    arrived = sorted(messages, key=lambda _: chance.random())
    kept: Batch | None = None
    taken: list[Message] = []
    for run in range(runs):
        upto = arrived if run == runs - 1 else arrived[: chance.randrange(len(arrived) + 1)]
        history = [one for one in arrived if one in upto or one in taken]
        chance.shuffle(history)
        fresh, batch = take(kept, f"run-{run}", history)
        kept = stored(batch)
        taken += fresh
    assert sorted(one.id or "" for one in taken) == sorted(one.id or "" for one in messages)
