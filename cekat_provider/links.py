"""The link from a task to its conversation in Cekat's dashboard, on the task's page in Airflow.

The task leaves the address as an XCom, since Airflow 3 shows nothing else; 2.11's webserver reads the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cekat_provider.compat import BaseOperatorLink

if TYPE_CHECKING:
    from cekat_provider.compat import Context
    from cekat_provider.core.config import CekatConfig

XCOM_KEY: Final = "conversation_url"


class CekatConversationLink(BaseOperatorLink):
    """Open the conversation that a task writes to, or waits for, where the connection has a `dashboard_url`."""

    name = "Conversation in Cekat"

    @property
    def xcom_key(self) -> str:
        """Where Airflow 3 keeps the link: where the task has put it."""
        return XCOM_KEY

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return what the task has left, or an empty text, which is no link."""
        from cekat_provider.compat import XCom

        url = XCom.get_value(ti_key=ti_key, key=XCOM_KEY)
        # Any task can overwrite its XComs, and a browser would run a javascript: URL.
        return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def link_conversation(context: Context, config: CekatConfig, conversation_id: str | None) -> None:
    """Leave the address of a conversation for the link; nothing where the connection has no `dashboard_url`."""
    url = config.conversation_url(conversation_id)
    # The context of a DAG author's own test may hold no task instance, or less than one.
    push = getattr(context.get("ti"), "xcom_push", None)
    if url is not None and push is not None:
        push(key=XCOM_KEY, value=url)
