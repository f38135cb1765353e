"""A note that cannot be read or kept is never taken for one that is not there: its message would be sent twice."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
from instances import Variables

from cekat_provider.compat import read_variable, write_variable
from cekat_provider.core.errors import SupersededError
from cekat_provider.hooks.task_memory import TaskMemory

IS_2 = version("apache-airflow").startswith("2.")


class Supervisor:
    """What a task of Airflow 3 asks for Variables."""

    def __init__(self) -> None:
        self.comms = import_module("airflow.sdk.execution_time.comms")
        self.errors = import_module("airflow.sdk.exceptions")
        self.kept: dict[str, str] = {}
        self.trouble: str | None = None

    def send(self, asked: Any) -> Any:
        if self.trouble is not None:
            return self._error(self.trouble)
        if isinstance(asked, self.comms.PutVariable):
            self.kept[asked.key] = asked.value
            return None
        if asked.key not in self.kept:
            return self._error("VARIABLE_NOT_FOUND")
        return self.comms.VariableResult(key=asked.key, value=self.kept[asked.key])

    def _error(self, name: str) -> Any:
        return self.comms.ErrorResponse(error=self.errors.ErrorType[name], detail={})


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Any:
    if IS_2:
        pytest.skip("Airflow 2.11 has no supervisor")
    made = Supervisor()
    runner = import_module("airflow.sdk.execution_time.task_runner")
    monkeypatch.setattr(runner, "SUPERVISOR_COMMS", made, raising=False)
    return made


def test_a_variable_that_is_kept_and_one_that_is_not(supervisor: Any) -> None:
    assert read_variable("cekat_x") is None
    write_variable("cekat_x", "1")
    assert read_variable("cekat_x") == "1"


def test_what_cannot_be_read_or_kept_is_an_error(supervisor: Any) -> None:
    supervisor.trouble = "API_SERVER_ERROR"
    with pytest.raises(Exception, match="API_SERVER_ERROR"):
        read_variable("cekat_x")
    # 3.0 to 3.2 only log it.
    with pytest.raises(Exception, match="API_SERVER_ERROR"):
        write_variable("cekat_x", "1")


def test_what_is_not_there_afterwards_was_not_kept(supervisor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "kept", type("Forgetful", (dict,), {"__setitem__": lambda *_: None})())
    with pytest.raises(Exception, match="did not keep the Variable cekat_x"):
        write_variable("cekat_x", "1")


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.skipif(not IS_2, reason="Airflow 3 lets no task at its database")
def test_in_the_database_of_airflow_2(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.models.variable import Variable
    from airflow.utils import session

    assert read_variable("cekat_y") is None
    write_variable("cekat_y", '{"a": 1}')
    assert read_variable("cekat_y") == '{"a": 1}'
    Variable.delete("cekat_y")
    assert read_variable("cekat_y") is None

    def broken() -> None:
        raise ConnectionError("no database")

    monkeypatch.setattr(session, "create_session", broken)
    with pytest.raises(ConnectionError):
        read_variable("cekat_y")


def context(try_number: int) -> Any:
    return {"ti": SimpleNamespace(dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=try_number)}


def test_an_earlier_try_writes_over_no_later_one_s_note(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = Variables(monkeypatch)
    first, second = (TaskMemory(context(number), "send") for number in (1, 2))
    first.set({"a": 1})
    assert second.get(None) == {"a": 1}
    second.set({"a": 2})
    for write in (lambda: first.set({"a": 3}), first.forget):
        with pytest.raises(SupersededError, match="Try 2 of this task"):
            write()
    assert second.get(None) == {"a": 2}
    second.forget()
    assert variables.kept == {}
    assert second.get("none") == "none"
