"""What an earlier try of the same task did: kept in Airflow 3.3's task state store, guessed before it.

A record belongs to one *budget* of tries. A person who clears a task gives it a new one (`max_tries` grows), and
wants the message sent again; an automatic retry stays in the budget, and never does. Seen on 2.11 and 3.0 to 3.3;
a task that is cleared while it runs keeps its budget, so that counts as a retry.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from cekat_provider.core.lookup import Earlier

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.wire import Request

_KEY: Final = "cekat_send"


class SendRecord:
    """The record of one task instance's send.

    :param context: the task's context.
    :param resend_on_clear: False keeps to one message a DAG run, whoever clears the task.
    :param longest_seconds: how long one try can go on sending.
    """

    def __init__(self, context: Context, *, resend_on_clear: bool, longest_seconds: float) -> None:
        self._context = context
        self._store: Any = context.get("task_state_store")
        # None where a DAG author's test calls `execute({})`: then there is no earlier try.
        ti: Any = context.get("ti")
        self._ti = ti
        self._resend_on_clear = resend_on_clear
        self._longest_seconds = longest_seconds
        kept: Any = self._store.get(_KEY) if self._store is not None else None
        same_budget = isinstance(kept, dict) and (kept.get("max_tries") == self._ti.max_tries or not resend_on_clear)
        self._kept: dict[str, Any] = {name: kept[name] for name in kept if name != "max_tries"} if same_budget else {}
        #: Whether what was sent, or begun, is the template in the message's place.
        self.template = bool(self._kept.get("template"))

    @property
    def sent(self) -> dict[str, Any] | None:
        """What an earlier try returned for a message that it sent, or None."""
        result = self._kept.get("result")
        return result if isinstance(result, dict) else None

    @property
    def earlier(self) -> Earlier | None:
        """An earlier try that may have sent the message, or None where there was none."""
        if self._ti is None:
            return None
        if self._store is not None:
            since = self._kept.get("since")
            return None if since is None else Earlier(since, since + self._longest_seconds, self.template)
        if self._is_first_of_budget() and (self._resend_on_clear or self._ti.try_number <= 1):
            return None
        # Nothing was kept, so any message of this DAG run may be it.
        started = getattr(self._context.get("dag_run"), "start_date", None)
        return Earlier(started.timestamp() if started is not None else 0.0)

    @property
    def has_store(self) -> bool:
        """True where earlier tries leave a record (Airflow 3.3 and later)."""
        return self._store is not None

    def intend(self, request: Request) -> None:
        """Note, just before the request leaves, that the message, or the template, may be sent from now on."""
        self.template = request.is_template
        noted = {"since": self._kept.get("since", time.time()), "template": self.template}
        if noted != self._kept:
            self._keep(noted)

    def done(self, result: dict[str, Any], *, template: bool) -> None:
        """Note, after the answer, what was sent."""
        self.template = template
        self._keep({**self._kept, "template": template, "result": result})

    def forget(self) -> None:
        """Note that the message was certainly not sent: the next try need not look for it."""
        self._kept = {}
        if self._store is not None:
            self._store.delete(_KEY)

    def not_ours(self) -> set[str]:
        """Return the ids of messages that other tasks of this DAG run sent, as far as their XComs tell."""
        return sent_by_others(self._context)

    def _is_first_of_budget(self) -> bool:
        retries = self._context["task"].retries or 0
        return bool(self._ti.try_number <= (self._ti.max_tries or 0) - retries + 1)

    def _keep(self, record: dict[str, Any]) -> None:
        self._kept = record
        if self._store is not None:
            self._store.set(_KEY, {"max_tries": self._ti.max_tries, **record})


def sent_by_others(context: Context) -> set[str]:
    """Return the ids of messages that other tasks of this DAG run sent, as far as their XComs tell."""
    ti: Any = context.get("ti")
    if ti is None:
        return set()
    own_type = context["task"].task_type
    senders = [
        task_id
        for task_id, task in context["dag"].task_dict.items()
        if task.task_type == own_type or task.task_type.startswith("Cekat")
    ]
    # A list of tasks and no map index: every mapped instance of each.
    results = ti.xcom_pull(task_ids=senders)
    return {result["message_id"] for result in results or () if isinstance(result, dict) and result.get("message_id")}
