"""Workers that are processes of their own share one budget; `make budget` is the large one."""

from __future__ import annotations

from typing import Any

from budget import budget

PROCESSES, SENDS, REFUSALS = 4, 6, 8


def test_processes_that_do_not_know_of_each_other_all_finish(cekat_sandbox: Any) -> None:
    cekat_sandbox.rate_limit(1200)
    cekat_sandbox.faults(on="send", kind="rate_limit", times=REFUSALS, retry_after=1)
    figures = budget(cekat_sandbox, PROCESSES, SENDS)
    assert figures["messages"] == figures["told as sent"] == PROCESSES * SENDS
    assert figures["refused with 429"] == REFUSALS
