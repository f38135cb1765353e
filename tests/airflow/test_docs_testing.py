"""The tests that the page about testing shows."""

from __future__ import annotations

import pytest
from runs import load

pytestmark = pytest.mark.usefixtures("airflow_db")


@pytest.fixture
def my_dag():
    return load("examples", "cekat_send_and_wait")


# --8<-- [start:tests]
def test_a_yes_ships_the_order(my_dag, cekat_sandbox):
    cekat_sandbox.auto_reply("Ya, benar")
    run = my_dag.test()
    states = {ti.task_id: ti.state for ti in run.get_task_instances()}
    assert (states["confirmed"], states["declined"]) == ("success", "skipped")
    assert cekat_sandbox.sent()[0]["request_body"]["receiver"] == "6281234567890"


def test_a_customer_who_has_been_silent_for_a_day(my_dag, cekat_sandbox):
    cekat_sandbox.conversation("6281234567890")
    cekat_sandbox.advance(hours=25)
    run = my_dag.test()
    assert run.state == "failed"
    assert cekat_sandbox.sent() == []
    assert "24" in cekat_sandbox.refused()[0]["reason"]


def test_a_cekat_that_is_busy(my_dag, cekat_sandbox):
    cekat_sandbox.auto_reply("Ya, benar")
    cekat_sandbox.faults(kind="rate_limit", on="send", retry_after=0)
    my_dag.test()
    assert len(cekat_sandbox.sent()) == 1


# --8<-- [end:tests]
