"""Run a DAG of a file in this process, as `dag.test()` does."""

from __future__ import annotations

import importlib.util
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

DAGS = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])

#: Such as ``3.0``: what this one lacks is in docs/versions.md.
AIRFLOW = ".".join(version("apache-airflow").split(".")[:2])


def load(folder: str, name: str) -> Any:
    """Import a DAG file afresh and return its DAG."""
    spec = importlib.util.spec_from_file_location(name, DAGS / folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dag


class Run:
    """A DAG run that is over."""

    def __init__(self, dag: Any) -> None:
        self._tis = dag.test().get_task_instances()

    @property
    def states(self) -> dict[str, str]:
        return {self._name(ti): str(ti.state) for ti in self._tis}

    @property
    def tries(self) -> dict[str, int]:
        return {self._name(ti): ti.try_number for ti in self._tis}

    def xcom(self, task_id: str, map_index: int = -1) -> Any:
        """Give what a task returned, as the next task gets it."""
        (ti,) = (ti for ti in self._tis if (ti.task_id, ti.map_index) == (task_id, map_index))
        return ti.xcom_pull(task_ids=task_id, map_indexes=map_index)

    @staticmethod
    def _name(ti: Any) -> str:
        return ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"
