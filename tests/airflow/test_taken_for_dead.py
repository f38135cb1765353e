"""A worker that Airflow takes for dead, and that lives: the next try sends the message, this one does not."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest
from runs import Run, load

IS_2 = version("apache-airflow").startswith("2.")


@pytest.mark.usefixtures("airflow_db")
def test_only_the_latest_try_sends(cekat_sandbox: Any) -> None:
    states = Run(load("tests", "cekat_test_taken_for_dead")).states
    assert states["lives"] == "success"
    assert states["taken"] == states["bulk"] == ("failed" if IS_2 else "success")
    assert len(cekat_sandbox.sent()) == (1 if IS_2 else 4)
