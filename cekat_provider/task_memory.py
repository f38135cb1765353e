"""A few bytes that outlive a process of a task, but not its DAG run."""

from __future__ import annotations

from typing import Any

from cekat_provider.compat import Context, Variable


class TaskMemory:
    """One JSON value of one task instance: in its state store (Airflow 3.3), or else in an Airflow Variable.

    :param context: the task's.
    :param name: of the value.
    """

    def __init__(self, context: Context, name: str) -> None:
        ti = context["ti"]
        self._name = f"cekat_{name}"
        self._store: Any = context.get("task_state_store")
        self._variable = f"cekat_{name}__{ti.dag_id}__{ti.run_id}__{ti.task_id}__{ti.map_index}"[:250]

    def get(self, default: Any) -> Any:
        """Return the value, or the default."""
        if self._store is not None:
            return self._store.get(self._name, default)
        return Variable.get(self._variable, default, deserialize_json=True)

    def set(self, value: Any) -> None:
        """Keep the value."""
        if self._store is not None:
            self._store.set(self._name, value)
        else:
            Variable.set(self._variable, value, serialize_json=True)

    def forget(self) -> None:
        """Keep nothing."""
        if self._store is not None:
            self._store.delete(self._name)
        else:
            Variable.delete(self._variable)
