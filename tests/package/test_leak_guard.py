"""The guard over the suite's logs and exceptions sees what it is there for, and nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from leak_guard import LeakGuard

from cekat_provider.core import config
from cekat_provider.core.errors import CekatConfigError, CekatInputError

KEY, TEXT, NUMBER = "key-that-nobody-may-see", "Tagihan Anda Rp 50.000\nsudah lunas", "6281234567890"


@pytest.fixture
def guard() -> Iterator[LeakGuard]:
    guard = LeakGuard()
    guard.pytest_configure()
    guard.keys.add(KEY)
    guard.texts.add(TEXT)
    yield guard
    guard.pytest_unconfigure()


def record(level: int, path: str, message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("airflow.task", level, path, 1, message, args, None, "execute")


@pytest.mark.parametrize(
    ("private", "named"),
    [
        (KEY, "an API key"),
        (TEXT, "a message's text"),
        (repr(TEXT), "a message's text"),
        (NUMBER, "a phone number"),
        ("+62 812-3456-7890", "a phone number"),
    ],
)
def test_what_is_private_is_found_wherever_it_is_told(
    guard: LeakGuard, private: str, named: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("logs")  # `tmp_path` is searched by the guard of this very suite
    guard.log(record(logging.INFO, "/somewhere/operator.py", "sent %s", private))
    guard.printed(f"2026 [info     ] sent {private} [airflow.task]", "the terminal")
    (folder / "task.log").write_text(f"sent {private}")
    guard.files(folder)
    found = list(guard.leaks())
    places = {"a log record of airflow.task (execute)", "the file task.log", "the terminal"}
    assert {leak.removeprefix(f"{named} in ") for leak in found} == places
    assert private not in "".join(found)
    guard.told.clear()


LINES = [
    ('{{"level": "info", "event": {0}}}', True),
    ('{{"level": "debug", "event": {0}}}', False),
    ('{{"level": "error", "event": "x", "error_detail": [{{"exc_value": {0}}}]}}', True),
    ("[2026-04-10T09:24:23.000+0000] {{cekat.py:7}} INFO - sent {1}", True),
    ("[2026-04-10T09:24:23.000+0000] {{cekat.py:7}} DEBUG - sent {1}", False),
    ("[2026-04-10T09:24:23.000+0000] {{cekat.py:7}} ERROR - no\nValueError: {1}", True),
    ("[2026-04-10T09:24:23.000+0000] {{python.py:7}} INFO - Done. Returned value was: {1}", False),
]


@pytest.mark.parametrize(("line", "leaks"), LINES)
def test_a_task_s_log_is_read_by_its_levels(
    guard: LeakGuard, line: str, leaks: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("logs") / "dag_id=shop" / "task_id=send"
    folder.mkdir(parents=True)
    said = f"sent {TEXT}" if line.startswith("{") else KEY
    (folder / "attempt=1.log").write_text(line.format(json.dumps(said), said) + "\n")
    guard.files(folder)
    assert bool(list(guard.leaks())) == leaks
    guard.told.clear()
    guard.files(folder)
    assert guard.told == []


@pytest.mark.parametrize("quietly", [True, False])
def test_what_an_error_was_raised_from_is_looked_at(guard: LeakGuard, quietly: bool) -> None:
    try:
        try:
            raise ValueError(f"not to {NUMBER}")
        except ValueError as err:
            raise CekatInputError("receiver", "something else", "a number") from None if quietly else err
    except CekatInputError as err:
        guard.caught(err)
    leaks = [] if quietly else ["a phone number in what a CekatInputError was raised from"]
    assert list(guard.leaks()) == leaks


def test_it_hears_of_what_an_error_was_raised_from(guard: LeakGuard) -> None:
    with pytest.raises(CekatInputError):
        raise CekatInputError("receiver", "something else", "a number") from ValueError("a test's own")
    assert guard.told == [("what a CekatInputError was raised from", "ValueError: a test's own\n")]


def test_what_is_not_told_to_others_is_no_leak(guard: LeakGuard) -> None:
    guard.log(record(logging.DEBUG, "/somewhere/operator.py", NUMBER))
    guard.log(record(logging.INFO, __file__, NUMBER))
    guard.printed(f"a test prints {NUMBER}\n2026 [debug    ] {NUMBER} [airflow.task]", "the terminal")
    guard.raised(ValueError, (NUMBER,), None)
    assert list(guard.leaks()) == []


def test_it_listens(guard: LeakGuard) -> None:
    with pytest.raises(CekatConfigError):
        config.from_connection(password=f"{KEY}-2\n", host=None, schema=None, port=None, extra={})
    logging.getLogger("cekat_provider.any").warning("Halo")
    CekatInputError("receiver", NUMBER, "a test's own")
    assert f"{KEY}-2\n" in guard.keys
    assert [where for where, _ in guard.told] == [f"a CekatConfigError made in {guard.told[0][0].split()[-1]}"]
    assert list(guard.leaks()) == []


def test_a_word_that_hypothesis_drew_is_no_key(guard: LeakGuard) -> None:
    @given(st.text())
    def drawn(word: str) -> None: ...

    item: Any = SimpleNamespace(obj=drawn)
    guard.pytest_runtest_setup(item)
    guard.learn(guard.keys, "contains", 8)  # not through a connection: the suite's own guard listens there
    assert guard.keys == {KEY}
    ours: Any = SimpleNamespace(f_code=SimpleNamespace(co_filename=config.__file__, co_name="any"))
    guard.raised(ValueError, (KEY,), ours)
    assert list(guard.leaks()) == []
    item.obj = test_it_listens
    guard.pytest_runtest_setup(item)
    config.from_connection(password=f"{KEY}-3", host=None, schema=None, port=None, extra={})
    assert guard.keys == {KEY, f"{KEY}-3"}
    assert list(guard.leaks()) == ["an API key in a ValueError made in any"]
    guard.told.clear()
