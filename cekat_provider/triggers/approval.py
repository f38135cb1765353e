"""The trigger that waits for the answer to one request."""

from __future__ import annotations

from typing import Any

from cekat_provider.core.approval import Request
from cekat_provider.core.match import criteria
from cekat_provider.core.parse import Message
from cekat_provider.core.wait import Wait
from cekat_provider.triggers.cekat import CekatMessagesTrigger


class CekatAnswerTrigger(CekatMessagesTrigger):
    """Wait until a message answers a request, or until the deadline.

    :param request: as `Request.to_dict` gives it.
    :param waits: as for `CekatMessagesTrigger`.
    """

    def __init__(self, *, request: dict[str, Any], **waits: Any) -> None:
        super().__init__(**waits)
        self.request = request

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what makes the same trigger in another process."""
        _, waits = super().serialize()
        return "cekat_provider.triggers.approval.CekatAnswerTrigger", {**waits, "request": self.request}

    def _wait(self) -> Wait:
        request = Request.from_dict(self.request)

        def answers(message: Message) -> bool:
            return request.chosen(message) is not None

        wanted = criteria(since=self.since, match=answers)
        return Wait(wanted, max_consecutive_failures=self.max_consecutive_failures, failures=self.failures)
