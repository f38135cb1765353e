"""A few bytes that outlive a process: in Airflow's state stores where there are (3.3), in its Variables before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from cekat_provider.compat import Context, Variable, clears_state_on_success, read_variable, write_variable
from cekat_provider.core.errors import SupersededError


class TaskMemory:
    """One JSON value of one task instance.

    What cannot be read or written raises Airflow's error: a note that is missed means a message that is sent twice.
    Airflow 3.3 lets no try write that it takes for dead; in a Variable stands which try wrote it.

    :param context: the task's.
    :param name: of the value.
    :param lasting: whether it must outlive the task's success, after which Airflow can be set to empty the store.
    """

    def __init__(self, context: Context, name: str, *, lasting: bool = False) -> None:
        self._name = f"cekat_{name}"
        self._store: Any = context.get("task_state_store")
        if lasting and self._store is not None and clears_state_on_success():
            self._store = None
        if self._store is None:
            ti = context["ti"]
            self._variable = _variable(f"cekat_{name}", ti.dag_id, ti.run_id, ti.task_id, ti.map_index)
            self._try: int = ti.try_number

    @property
    def is_variable(self) -> bool:
        """Whether it stays until it is forgotten."""
        return self._store is None

    def get(self, default: Any) -> Any:
        """Return the value, or the default."""
        if self._store is not None:
            return self._store.get(self._name, default)
        note = self._note()
        return default if note is None else note["value"]

    def set(self, value: Any) -> None:
        """Keep the value.

        :raises SupersededError: where a later try has kept one.
        """
        if self._store is not None:
            # Until its DAG run goes (`airflow.sdk.NEVER_EXPIRE`): a wait may outlast Airflow's retention.
            self._store.set(self._name, value, retention=timedelta.max)
        else:
            self._refuse_to_write_over_a_later_try()
            write_variable(self._variable, json.dumps({"try": self._try, "value": value}), _description())

    def forget(self) -> None:
        """Keep nothing.

        :raises SupersededError: where a later try has kept something.
        """
        if self._store is not None:
            self._store.delete(self._name)
        else:
            self._refuse_to_write_over_a_later_try()
            Variable.delete(self._variable)

    def _note(self) -> dict[str, Any] | None:
        text = read_variable(self._variable)
        return None if text is None else dict(json.loads(text))

    def _refuse_to_write_over_a_later_try(self) -> None:
        note = self._note()
        if note is not None and note["try"] > self._try:
            raise SupersededError(f"Try {note['try']} of this task has begun, and sends: this one does not.")


class CursorMemory:
    """A JSON value for each conversation, of one task over all runs of its DAG.

    Of all its mapped instances alike: which index a conversation has changes from run to run.

    :param context: the task's.
    :param inlets: the task's; it is kept in the state store of the first asset among them, or else in Variables.
    """

    def __init__(self, context: Context, inlets: Sequence[Any]) -> None:
        ti = context["ti"]
        self._task = (ti.dag_id, ti.task_id)
        stores: Any = context.get("asset_state_store")
        self._store: Any = None if stores is None else _first_store(stores, inlets)

    def get(self, conversation_id: str) -> Any:
        """Return the value, or None."""
        name = self._name(conversation_id)
        if self._store is not None:
            return self._store.get(name, None)
        text = read_variable(name)
        return None if text is None else json.loads(text)

    def set(self, conversation_id: str, value: Any) -> None:
        """Keep the value."""
        name = self._name(conversation_id)
        if self._store is not None:
            self._store.set(name, value)
        else:
            write_variable(name, json.dumps(value))

    def _name(self, conversation_id: str) -> str:
        return _variable("cekat_cursor", *self._task, conversation_id)


def _first_store(stores: Any, inlets: Sequence[Any]) -> Any:
    for inlet in inlets:
        try:
            return stores[inlet]
        except TypeError:
            continue  # an alias is none: the assets behind it change
    return None


def _description() -> str:
    """Tell whoever finds the Variable what it is, and from when."""
    today = datetime.now(timezone.utc).date()
    return f"Cekat, {today}: what a retry of this task goes by. May be deleted when its DAG run is over."


def _variable(*parts: object) -> str:
    """Name a variable: readable, and its own however long the parts are (Airflow keeps 250 characters)."""
    whole = "__".join(map(str, parts))
    return whole if len(whole) <= 200 else f"{whole[:150]}__{hashlib.sha256(whole.encode()).hexdigest()[:32]}"
