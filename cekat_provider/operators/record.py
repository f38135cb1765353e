"""What an earlier try of the same task did: kept in Airflow 3.3's task state store, guessed before it.

A task that asks and waits has more to lose by a guess, so before 3.3 it keeps its record in a Variable.

A record belongs to one *budget* of tries. A person who clears a task gives it a new one (`max_tries` grows), and
wants the message sent again; an automatic retry stays in the budget, and never does. Seen on 2.11 and 3.0 to 3.3;
a task that is cleared while it runs keeps its budget, so that counts as a retry.
"""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException, AirflowSkipException, later_try_of
from cekat_provider.core.errors import SupersededError
from cekat_provider.core.lookup import Earlier
from cekat_provider.hooks.task_memory import TaskMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cekat_provider.compat import Context
    from cekat_provider.core.wire import Request


class SendRecord:
    """The record of one task instance's send.

    :param context: the task's context.
    :param resend_on_clear: False keeps to one message a DAG run, whoever clears the task.
    :param longest_seconds: how long one try can go on sending.
    :param in_variables: keep a record before 3.3 too, in an Airflow Variable until `over`.
    """

    def __init__(
        self, context: Context, *, resend_on_clear: bool, longest_seconds: float, in_variables: bool = False
    ) -> None:
        self._context = context
        # None where a DAG author's test calls `execute({})`: then there is no earlier try.
        ti: Any = context.get("ti")
        self._ti = ti
        self._resend_on_clear = resend_on_clear
        self._longest_seconds = longest_seconds
        stored = context.get("task_state_store") is not None or (in_variables and ti is not None)
        self._memory = TaskMemory(context, "send", lasting=not resend_on_clear) if stored else None
        kept: Any = None if self._memory is None else self._memory.get(None)
        self._kept: dict[str, Any] = dict(kept) if isinstance(kept, dict) else {}
        self._is_kept = kept is not None
        max_tries = self._kept.pop("max_tries", None)
        self._nonce: str | None = self._kept.pop("nonce", None)
        #: Whether the intent that is kept is this try's alone.
        self._own = False
        if self._kept and resend_on_clear and max_tries != self._ti.max_tries:
            self._begin_anew()
        #: Whether what was sent, or begun, is the template in the message's place.
        self.template = bool(self._kept.get("template"))

    @property
    def nonce(self) -> str:
        """Name the message: the same as long as the record is kept, so in every try of one budget."""
        if self._nonce is None:
            self._nonce = uuid.uuid4().hex
        return self._nonce

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
        if self._memory is not None:
            since = self._kept.get("since")
            return (
                None
                if since is None
                else Earlier(since, self._kept.get("last", since) + self._longest_seconds, self.template)
            )
        if self._is_first_of_budget():
            return None
        # Nothing was kept, so any message of this DAG run may be it.
        started = getattr(self._context.get("dag_run"), "start_date", None)
        return Earlier(started.timestamp() if started is not None else 0.0)

    @property
    def has_store(self) -> bool:
        """True where earlier tries leave a record."""
        return self._memory is not None

    def intend(self, request: Request) -> None:
        """Note, just before the request leaves, that the message, or the template, may be sent from now on.

        :raises SupersededError: where Airflow took this worker for dead, and the next try is on its way.
        """
        refuse_if_taken_for_dead(self._ti)
        self.template = request.is_template
        if self.sent is not None:
            # A message that failed on its way: this one goes in its place, and a retry is to look for this one.
            nonce = self._nonce
            self._begin_anew()
            self._nonce = nonce
        now = time.time()
        self._own = "since" not in self._kept or self._own
        self._keep({"since": now, **self._kept, "last": now, "template": self.template})

    def done(self, result: dict[str, Any], *, template: bool) -> None:
        """Note, after the answer, what was sent.

        What is sent is sent: where it cannot be noted, the task goes on, and its intent leads a retry to the history.
        """
        self.template = template
        with self._telling():
            self._keep({**self._kept, "template": template, "result": result})

    def refused(self) -> None:
        """Note that this try was refused, for now or in the end: the next need not look for the message.

        An intent of another try, or one for which this one had to look, is kept: what it sent may still show in a
        history that lags, and this refusal says nothing of it.
        """
        if self._own:
            # The body of this try is made, and bears it.
            nonce = self._nonce
            self.forget()
            self._nonce = nonce

    def forget(self) -> None:
        """Note that there is nothing to look for: the next try is to send."""
        if later_try_of(self._ti) is not None:
            return  # what is kept is that try's by now
        self._begin_anew()
        with self._telling():
            if self._kept:
                self._keep(self._kept)
            else:
                self._erase()

    def over(self) -> None:
        """Note that the task ends and no try of this budget follows: a Variable would stay for good."""
        memory = self._memory
        if memory is not None and memory.is_variable and self._resend_on_clear and later_try_of(self._ti) is None:
            with self._telling():
                self._erase()

    def over_if_last(self, err: BaseException) -> None:
        """Note that the task fails, where that ends its budget of tries."""
        is_last = self._ti is not None and self._ti.try_number > self._ti.max_tries
        is_final = isinstance(err, AirflowFailException | AirflowSkipException) or getattr(err, "permanent", False)
        # With which Airflow 3 ends a task that skips others, and well.
        skipped_others = type(err).__name__ == "DownstreamTasksSkipped"
        if is_last or is_final or skipped_others:
            self.over()

    def not_ours(self) -> set[str]:
        """Return the ids of messages that are none of this budget's; called when the history is looked at.

        They are those that other tasks of this DAG run sent, as far as their XComs tell, and those that this one sent
        before it was cleared.
        """
        self._own = False
        return sent_by_others(self._context).union(self._kept.get("before", ()))

    def _is_first_of_budget(self) -> bool:
        retries = self._context["task"].retries or 0
        return bool(self._ti.try_number <= (self._ti.max_tries or 0) - retries + 1)

    def _begin_anew(self) -> None:
        """Keep nothing but the ids of what was sent so far."""
        ids = [*self._kept.get("before", ()), (self.sent or {}).get("message_id")]
        before = [message_id for message_id in ids if message_id is not None]
        self._kept, self._nonce = ({"before": before} if before else {}), None

    def _keep(self, record: dict[str, Any]) -> None:
        self._kept = record
        if self._memory is not None:
            named = {} if self._nonce is None else {"nonce": self._nonce}
            if self._memory.is_variable and "result" in record:
                # Who may read Variables need not see whom it went to, nor what an answer repeats of it.
                record = {**record, "result": {**record["result"], "receiver": None, "response": None}}
            self._memory.set({"max_tries": self._ti.max_tries, **named, **record})
            self._is_kept = True

    def _erase(self) -> None:
        if self._memory is not None and self._is_kept:
            self._memory.forget()
            self._is_kept = False

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Only tell where something cannot be noted any more: whatever Airflow's stores, or their backends, raise."""
        try:
            yield
        except Exception as err:
            self._context["task"].log.warning(
                "What became of the message could not be noted (%s): a retry has the conversation's history alone",
                type(err).__name__,
            )


def refuse_if_taken_for_dead(ti: Any) -> None:
    """End a try beside which Airflow 2 has begun another one.

    :raises SupersededError: before anything is sent.
    """
    later = later_try_of(ti)
    if later is not None:
        raise SupersededError(f"Airflow has begun try {later} of this task, which sends it: this one does not.")


def sent_by_others(context: Context) -> set[str]:
    """Return the ids of messages that other tasks of this DAG run sent, as far as their XComs tell."""
    ti: Any = context.get("ti")
    if ti is None:
        return set()
    own_type = context["task"].task_type
    senders = [
        task_id
        for task_id, task in context["dag"].task_dict.items()
        if task.task_type == own_type or "Cekat" in task.task_type
    ]
    # A list of tasks and no map index: every mapped instance of each.
    results = ti.xcom_pull(task_ids=senders)
    return {result["message_id"] for result in results or () if isinstance(result, dict) and result.get("message_id")}
