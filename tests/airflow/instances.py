"""A task instance and its tries, without a scheduler: what the operators remember between them."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from cekat_provider.hooks import task_memory
from cekat_provider.operators.bulk import CekatBulkSendOperator
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.operators.template import CekatSendTemplateOperator

RECEIVER = "6281234567890"
CONVERSATION = "00000000-0000-4000-8000-000000000001"


class Killed(BaseException):
    """What a signal makes of a worker, as far as one process can play it."""


class Store(dict[str, Any]):
    """Airflow 3.3's task state store, JSON and all."""

    retention: Any = None

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self.retention = retention
        self[key] = json.loads(json.dumps(value))

    def delete(self, key: str) -> None:
        self.pop(key, None)


class Variables:
    """Airflow's Variables, without the database of a version that wants a whole task around them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kept: dict[str, str] = {}
        #: What cannot be done: "read", "write", "delete".
        self.broken: set[str] = set()
        monkeypatch.setattr(task_memory, "read_variable", self.read)
        monkeypatch.setattr(task_memory, "write_variable", self.write)
        monkeypatch.setattr(task_memory, "Variable", self)

    def read(self, name: str) -> str | None:
        self._work("read")
        return self.kept.get(name)

    def write(self, name: str, value: str, description: str | None = None) -> None:
        self._work("write")
        assert name.startswith("cekat_cursor__") or "may be deleted" in (description or "").lower()
        assert len(name) <= 250
        self.kept[name] = value

    def delete(self, name: str) -> None:
        self._work("delete")
        del self.kept[name]

    def _work(self, what: str) -> None:
        if what in self.broken:
            raise ConnectionError(f"no {what}")


class Instance:
    """A task instance and its tries, as Airflow counts them."""

    def __init__(self, retries: int = 2, store: Store | None = None, **arguments: Any) -> None:
        self.operator: Any = self.make(retries, arguments)
        self.store = store
        self.try_number, self.max_tries = 0, retries
        self.others: list[dict[str, Any]] = []
        self.started = datetime.now(timezone.utc)

    def make(self, retries: int, arguments: dict[str, Any]) -> Any:
        arguments = {"receiver": RECEIVER, "conversation_id": CONVERSATION, "message": "Halo", **arguments}
        return CekatSendWhatsAppOperator(task_id="send", retries=retries, **arguments)

    def clear(self) -> None:
        self.max_tries = self.try_number + self.operator.retries
        self.started = datetime.now(timezone.utc)

    def run(self) -> dict[str, Any]:
        self.try_number += 1
        ti = SimpleNamespace(
            dag_id="shop",
            run_id="today",
            task_id="send",
            map_index=-1,
            try_number=self.try_number,
            max_tries=self.max_tries,
            xcom_pull=lambda task_ids: self.others,
        )
        dag = SimpleNamespace(task_dict={"send": self.operator})
        context: Any = {
            "ti": ti,
            "task": self.operator,
            "dag": dag,
            "dag_run": SimpleNamespace(start_date=self.started),
        }
        if self.store is not None:
            context["task_state_store"] = self.store
        return json.loads(json.dumps(self.operator.execute(context)))

    def dies_in_the_pause(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Run a try whose worker is killed while it waits before it repeats a request."""

        def killed(seconds: float) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr("cekat_provider.hooks.cekat.time.sleep", killed)
            with pytest.raises(Killed):
                self.run()


class TemplateInstance(Instance):
    """The same of a template's send."""

    def make(self, retries: int, arguments: dict[str, Any]) -> Any:
        arguments = {"template": "alert", "variables": ["Gudang penuh"], **arguments}
        return CekatSendTemplateOperator(task_id="send", receiver=RECEIVER, retries=retries, **arguments)


class BulkInstance(Instance):
    """The same of a bulk task."""

    def make(self, retries: int, arguments: dict[str, Any]) -> Any:
        return CekatBulkSendOperator(task_id="send", retries=retries, **arguments)
