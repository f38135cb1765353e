"""When each of many is looked at, on a clock that the test moves."""

from __future__ import annotations

from collections import Counter

import pytest

from cekat_provider.core.schedule import Schedule


def looks(schedule: Schedule, until: float, budget: float | None = None) -> list[tuple[float, str]]:
    """Take every look as it falls due, no faster than the budget."""
    taken: list[tuple[float, str]] = []
    now = 0.0
    while (at := schedule.next_at()) is not None:
        now = max(now, at)
        if now >= until:
            break
        taken.append((now, schedule.take(now)))
        now += 60 / budget if budget else 0
    return taken


@pytest.mark.parametrize("many", [1, 2, 3, 7, 100, 1000])
def test_the_first_looks_are_spread_over_the_interval(many: int) -> None:
    schedule = Schedule()
    for number in range(many):
        schedule.add(str(number), 60, 0)
    first = sorted(at for at, _ in looks(schedule, 60))
    assert len(first) == many
    gaps = [b - a for a, b in zip(first, [*first[1:], first[0] + 60], strict=True)]
    assert max(gaps) <= 3 * 60 / many


def test_each_is_looked_at_once_an_interval_and_keeps_its_place() -> None:
    schedule = Schedule()
    for number in range(100):
        schedule.add(str(number), 60, 0)
    taken = looks(schedule, 600)
    assert set(Counter(key for _, key in taken).values()) == {10}
    places = {key: at % 60 for at, key in taken}
    assert all(abs(at % 60 - places[key]) < 1e-6 for at, key in taken)


def test_a_small_budget_stretches_all_alike() -> None:
    schedule = Schedule()
    for number in range(600):
        schedule.add(str(number), 60 if number % 2 else 30, 0)
    assert schedule.per_minute() == pytest.approx(900)
    assert schedule.fit(300) == pytest.approx(3)
    taken = looks(schedule, 1800, budget=300)
    assert len(taken) <= 1800 / 60 * 300 + 1
    counts = Counter(key for _, key in taken)
    assert max(counts[str(n)] for n in range(1, 600, 2)) - min(counts[str(n)] for n in range(1, 600, 2)) <= 1
    assert counts["0"] in range(19, 22)
    assert counts["1"] in range(9, 12)
    assert schedule.fit(900) == 1


def test_a_shorter_interval_counts_at_once_a_longer_one_from_the_next_look() -> None:
    schedule = Schedule()
    schedule.add("a", 3600, 0)
    schedule.change("a", 10, 5)
    assert schedule.next_at() == 15
    schedule.change("a", 1000, 6)
    assert schedule.next_at() == 15
    schedule.take(15)
    assert schedule.next_at() == 1015


def test_hurry_postpone_and_remove() -> None:
    schedule = Schedule()
    schedule.add("a", 60, 0)
    schedule.add("b", 60, 0)
    schedule.hurry("a", 1)
    assert schedule.take(1) == "a"
    schedule.postpone("b", 300, 0)
    assert schedule.next_at() == 61
    schedule.remove("a")
    assert schedule.next_at() == 300
    schedule.remove("b")
    assert schedule.next_at() is None
    assert schedule.per_minute() == pytest.approx(0)
    with pytest.raises(LookupError):
        schedule.take(400)


def test_one_that_comes_back_soon_keeps_its_place() -> None:
    schedule = Schedule()
    schedule.add("a", 60, 0)
    schedule.add("b", 60, 0)
    schedule.take(at := schedule.next_at() or 0)
    schedule.remove("a")
    schedule.remove("b")
    schedule.add("a", 60, at + 1)
    schedule.add("b", 60, at + 1)
    assert schedule._due == {"a": 60 * 0.6180339887498949, "b": at + 60}
    schedule.remove("a")
    schedule.add("a", 60, 500)
    assert 500 <= schedule._due["a"] <= 560
    schedule.remove("a")
    schedule.remove("b")
    assert schedule.next_at() is None


def test_after_a_standstill_looks_are_not_made_up_for() -> None:
    schedule = Schedule()
    schedule.add("a", 10, 0)
    schedule.take(1000)
    assert schedule.next_at() == 1010


def test_nothing_grows_with_time() -> None:
    schedule = Schedule()
    for number in range(50):
        schedule.add(str(number), 60, 0)
    for number in range(20_000):
        schedule.hurry(str(number % 50), number)
        schedule.take(number)
        schedule.postpone(str(number % 50), 500, number)
    assert len(schedule._heap) <= 2 * 50 + 17
    for number in range(20_000):
        schedule.add(f"new {number}", 60, number)
        schedule.remove(f"new {number}")
    assert len(schedule._heap) + len(schedule._left) <= 2 * 50 + 17 + 2 * 64
