"""What an alert says and when it keeps quiet, from plain values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cekat_provider.core import alerts, limits
from cekat_provider.core.alerts import Happening
from cekat_provider.notifications.happening import happening

TI = {
    "dag_id": "d",
    "run_id": "r",
    "task_id": "t",
    "map_index": -1,
    "try_number": 2,
    "max_tries": 3,
    "log_url": "http://l",
}


def ti(**more: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**TI, **more})


class WithoutLink(SimpleNamespace):
    @property
    def log_url(self) -> str:
        raise RuntimeError("no configuration here")


@pytest.mark.parametrize(
    ("context", "wanted"),
    [
        (
            {"ti": ti(state="failed"), "exception": ValueError("a\nb")},
            Happening("failure", "d", "r", "t", -1, 2, 4, "ValueError: a", "http://l"),
        ),
        (
            {"ti": ti(state="up_for_retry", map_index=0), "exception": KeyError()},
            Happening("retry", "d", "r", "t", 0, 2, 4, "KeyError", "http://l"),
        ),
        ({"ti": ti(state="success")}, Happening("success", "d", "r", "t", -1, 2, 4, None, "http://l")),
        ({"task_instance": ti(state="running")}, Happening("other", "d", "r", "t", -1, 2, 4, None, "http://l")),
        (
            {"ti": ti(state="running"), "exception": "killed"},
            Happening("failure", "d", "r", "t", -1, 2, 4, "killed", "http://l"),
        ),
        # A DAG's callback: the task instance in it is only the last one.
        (
            {"dag": SimpleNamespace(dag_id="d"), "run_id": "r", "reason": "task_failure", "ti": ti(state="success")},
            Happening("failure", "d", "r", cause="task_failure"),
        ),
        (
            {"dag": SimpleNamespace(dag_id="d"), "run_id": "r", "reason": "success"},
            Happening("success", "d", "r", cause="success"),
        ),
        # A deadline's: all that Airflow 3.1 to 3.3 hand over.
        ({"dag_run": {"dag_id": "d", "dag_run_id": "r"}, "deadline": {}}, Happening("deadline", "d", "r")),
        ({}, Happening("other", "a DAG", "?")),
        (
            {"ti": WithoutLink(dag_id="d", run_id="r", task_id="t", state="failed")},
            Happening("failure", "d", "r", "t"),
        ),
    ],
)
def test_a_context_tells_what_happened(context: dict[str, Any], wanted: Happening) -> None:
    assert happening(context) == wanted


def test_the_texts() -> None:
    failed = Happening("failure", "d", "r", "t", 3, 2, 4, "ValueError: a   b\tc", "http://l")
    assert failed.text() == "❌ Failed: d › t [3]\nRun: r\nTry: 2 of 4\nCause: ValueError: a b c\nLog: http://l"
    assert Happening("success", "d", "r", cause="success").text() == "✅ Succeeded: d\nRun: r"
    assert alerts.still_failing("x", {"more": 1}) == "x\nStill failing, 1 more time."
    assert alerts.still_failing("x", {"more": 12}) == "x\nStill failing, 12 more times."
    assert [alerts.still_failing("x", entry) for entry in (None, {}, {"more": "?"}, {"more": 0})] == ["x"] * 4
    assert Happening("success", "d", "r", "t").recovery_text({"more": 2}).endswith("\nIt had failed 3 times.")
    assert Happening("success", "d", "r", "t").recovery_text({}).endswith("\nIt had failed 1 time.")


def test_all_tries_and_indices_are_the_same_trouble() -> None:
    one = Happening("failure", "d", "r", "t", 1, 1)
    assert one.key == Happening("retry", "d", "r", "t", 2, 3).key
    assert len({one.key, Happening("failure", "d", "r", "u").key, Happening("failure", "d", "s", "t").key}) == 3


def test_quiet_is_for_a_while_and_not_for_a_clock_that_went_back() -> None:
    told = {"at": 1000.0, "more": 0}
    assert not alerts.is_quiet(None, 1000, 60)
    assert [alerts.is_quiet(told, now, 60) for now in (999, 1000, 1059.9, 1060)] == [False, True, True, False]
    assert not alerts.is_quiet({"at": "?"}, 1000, 60)


def test_the_memory_stays_small() -> None:
    many = {str(number): {"at": 1e9 + number} for number in range(500)}
    kept = alerts.pruned({**many, "old": {"at": 1.0}, "odd": 3}, 1e9 + 500)
    assert sorted(kept, key=int) == [str(number) for number in range(300, 500)]


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_cut_text_keeps_the_limit_and_shows_the_cut(text: str, most: int) -> None:
    cut = alerts.shorten(text, most)
    assert limits.length(cut) <= most
    if limits.length(text) <= most:
        assert cut == text
    else:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])
        # No more is lost than has to be: at most one character that counts double.
        assert limits.length(cut) >= most - 1
