"""One task that asks and waits, tried and resumed as Airflow would: always a new operator, all that travels as JSON."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from airflow.providers.common.compat.sdk import DAG
from modes import IS_2, TI, Memory


@dataclass
class AskingTI(TI):
    """A task instance that keeps its XComs."""

    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    xcoms: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value

    def xcom_pull(self, task_ids: Any) -> list[Any]:
        return []


class Asked:
    """The tries of one task instance.

    :param run: what runs a trigger: the fixture `run_fast`.
    """

    def __init__(self, kind: Any, run: Callable[[Any], Any] | None = None, **arguments: Any) -> None:
        self._kind, self._run, self._arguments = kind, run, arguments
        self.ti = AskingTI(max_tries=arguments.get("retries", 0))
        self.context: dict[str, Any] = {"ti": self.ti}
        if not IS_2:  # which keeps it in a Variable of its database
            self.context["task_state_store"] = Memory()
        self.waits: dict[str, Any] = {}
        self._path = self._method = ""

    def operator(self) -> Any:
        with DAG("d", start_date=datetime(2026, 1, 1), schedule=None):
            return self._kind(task_id="t", **self._arguments)

    def defers(self, *, retry: bool = False, clear: bool = False) -> dict[str, Any]:
        """Run `execute`; return what the trigger is made of."""
        self.ti.try_number += retry or clear
        if clear:
            self.ti.max_tries = self.ti.try_number + self._arguments.get("retries", 0)
        with pytest.raises(TaskDeferred) as deferred:
            self.operator().execute(self.context)
        self._path, self.waits = json.loads(json.dumps(deferred.value.trigger.serialize()))
        self._method = deferred.value.method_name
        return self.waits

    def event(self) -> Any:
        """Run the trigger to its event."""
        module, _, name = self._path.rpartition(".")
        trigger = getattr(import_module(module), name)(**self.waits)

        async def events() -> list[Any]:
            return [event.payload async for event in trigger.run()]

        assert self._run is not None
        (event,) = json.loads(json.dumps(self._run(events())))
        return event

    def ends(self) -> Any:
        """Run the trigger, and `execute_complete` with its event."""
        return self.resumes(self.event())

    def resumes(self, event: Any) -> Any:
        return getattr(self.operator(), self._method)(self.context, event)


def buttons(message: Any) -> dict[str, str]:
    """Return the title and the id of each button or row of a sent message."""
    action = message["request_body"].get("action", {})
    replies = [button["reply"] for button in action.get("buttons", [])]
    replies += [row for section in action.get("sections", []) for row in section["rows"]]
    return {reply["title"]: reply["id"] for reply in replies}


def tap_later(sandbox: Any, title: str) -> threading.Thread:
    """Have the customer tap on the next message that has this button or row."""

    def tap() -> None:
        message = sandbox.wait_for_message(120, lambda sent: title in buttons(sent))
        kind = "button_id" if "buttons" in message["request_body"]["action"] else "row_id"
        sandbox.reply(conversation_id=message["conversation_id"], **{kind: buttons(message)[title]})

    thread = threading.Thread(target=tap, daemon=True)
    thread.start()
    return thread
