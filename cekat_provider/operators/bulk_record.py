"""What earlier tries of a bulk task did: kept after each message, in Airflow's state store or before 3.3 in a Variable.

The histories alone, as for one message, would not do before 3.3: a list of numbers has no conversations to look in,
and a retry that guesses texts a thousand people twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cekat_provider.core.errors import CekatInputError
from cekat_provider.core.ledger import Ledger
from cekat_provider.hooks.task_memory import TaskMemory
from cekat_provider.operators.record import refuse_if_taken_for_dead

if TYPE_CHECKING:
    from cekat_provider.compat import Context


class BulkRecord:
    """The ledger of one task instance, and where it is kept.

    It belongs to a budget of tries, as `SendRecord` explains. A person who clears a task that succeeded wants all
    sent again; one who clears a task that did not, what is missing.

    :param many: how many messages there are.
    :param of: the mark of whom they go to.
    :raises CekatInputError: where an earlier try sent some of another list.
    """

    def __init__(self, context: Context, many: int, of: str, *, resend_on_clear: bool) -> None:
        ti: Any = context.get("ti")
        self._ti = ti
        # None where a DAG author's test calls `execute({})`: then nothing is kept.
        self._memory = None if ti is None else TaskMemory(context, "bulk", lasting=not resend_on_clear)
        self._max_tries = None if ti is None else ti.max_tries
        kept: Any = None if self._memory is None else self._memory.get(None)
        self.ledger = Ledger(many, of)
        if not isinstance(kept, dict):
            return
        earlier, cleared = Ledger.from_state(kept), kept.get("max_tries") != self._max_tries
        if earlier.untouched or (cleared and earlier.finished and resend_on_clear):
            return
        if (earlier.of, len(earlier)) != (of, many):
            raise CekatInputError(
                "messages",
                f"another: {earlier.sent} of {len(earlier)} were sent in this DAG run, and nobody can tell which of "
                "these they are",
                "the list of the earlier try, the same customers in the same order (or start another DAG run)",
            )
        if cleared:
            earlier.reopen()
        self.ledger = earlier

    def keep(self) -> None:
        """Keep the ledger as it is now.

        :raises SupersededError: where Airflow took this worker for dead: what the next try keeps is not written over.
        """
        if self._memory is not None:
            refuse_if_taken_for_dead(self._ti)
            self._memory.set({"max_tries": self._max_tries, **self.ledger.to_state()})
