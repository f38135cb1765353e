"""Take what customers have written since the last time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import AirflowFailException, AirflowSkipException, BaseOperator
from cekat_provider.core.errors import CekatError
from cekat_provider.templating import RendersMessages

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.parse import Message


class CekatNewMessagesOperator(RendersMessages, BaseOperator):
    """Take every message past the DAG's own cursor: ``GET /messages``, each message once over the life of the DAG.

    However often the DAG is started, and whatever Airflow makes of the events that start it: what one run has taken no
    other run gets, and a retry of the same run gets the same again with what has come meanwhile. Let one run go at a
    time (``max_active_runs=1``), and of a mapped task name each conversation in one instance: the cursor has no lock. A
    message that shows up in the history more than six hours later than a younger one is not noticed.

    The cursor is kept in the state store of the first asset among the task's inlets (Airflow 3.3;
    ``inlets=[the_asset]``), or else in Airflow Variables named ``cekat_cursor__…``, one for each conversation.

    :param conversation_ids: (templated) ids of Cekat's (UUIDs): a list, an XComArg, JSON of a list.
    :param since: (templated) only messages from this time on; ISO 8601, naive is UTC. None: the whole history.
    :param direction: ``inbound`` (the customer), ``outbound`` or ``any``.
    :param contains: (templated) a part of the text, whatever the case.
    :param pattern: (templated) a regular expression, searched for in the text.
    :param media_type: such as ``image``, whatever the case.
    :param skip_when_none: skip the task where nothing is new, and with it what comes after.
    :param cekat_conn_id: (templated) id of a connection of type ``cekat``.
    :returns: the messages, by conversation and oldest first, each as `Message.to_dict` gives it.
    :raises AirflowFailException: for a wrong argument or connection, and for 400, 401, 403 and 404.
    :raises CekatError: for anything that a retry may mend; nothing is taken then.
    """

    template_fields: Sequence[str] = ("conversation_ids", "since", "contains", "pattern", "cekat_conn_id")
    template_ext: Sequence[str] = ()
    ui_color = "#d9fdd3"

    def __init__(
        self,
        *,
        conversation_ids: Sequence[str] | str,
        since: datetime | str | None = None,
        direction: str = "inbound",
        contains: str | None = None,
        pattern: str | None = None,
        media_type: str | None = None,
        skip_when_none: bool = True,
        cekat_conn_id: str = "cekat_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conversation_ids = conversation_ids
        self.since = since
        self.direction = direction
        self.contains = contains
        self.pattern = pattern
        self.media_type = media_type
        self.skip_when_none = skip_when_none
        self.cekat_conn_id = cekat_conn_id

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Read the conversations and take what is new."""
        from cekat_provider.core.cursor import Batch, take
        from cekat_provider.hooks.task_memory import CursorMemory

        memory = CursorMemory(context, self.inlets)
        histories = self._histories()
        taken: list[dict[str, Any]] = []
        kept: dict[str, Any] = {}
        for conversation_id, messages in histories.items():
            before = Batch.from_state(memory.get(conversation_id))
            fresh, batch = take(before, context["run_id"], messages)
            taken += [{**message.to_dict(), "conversation_id": conversation_id} for message in fresh]
            kept[conversation_id] = batch.to_state()
        # After all has been read: what fails before this line is taken by the next try.
        for conversation_id, state in kept.items():
            memory.set(conversation_id, state)
        self.log.info("%d new messages in %d conversations", len(taken), len(histories))
        if not taken and self.skip_when_none:
            raise AirflowSkipException("No new message")
        return taken

    def _histories(self) -> dict[str, list[Message]]:
        from cekat_provider.core.body import check_conversation_id
        from cekat_provider.core.choosing import items
        from cekat_provider.core.match import criteria
        from cekat_provider.hooks.cekat import CekatHook

        hook = CekatHook(self.cekat_conn_id)
        try:
            wanted = criteria(
                since=self.since,
                direction=self.direction,
                contains=self.contains,
                pattern=self.pattern,
                media_type=self.media_type,
            )
            given = items("conversation_ids", self.conversation_ids)
            ids = list(dict.fromkeys(map(check_conversation_id, given)))
            return {one: wanted.select(hook.get_messages(one)) for one in ids}
        except CekatError as err:
            if err.permanent:
                raise AirflowFailException(str(err)) from err
            raise
        finally:
            hook.close()
