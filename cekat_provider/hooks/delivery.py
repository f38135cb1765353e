"""The hook's methods that send once, and tell what became of a message."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, TypeVar

from cekat_provider.core import body as bodies
from cekat_provider.core import delivery, receipt
from cekat_provider.core import fallback as fallbacks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cekat_provider.core.config import CekatConfig
    from cekat_provider.core.drive import Flow
    from cekat_provider.core.fallback import Fallback
    from cekat_provider.core.flow import SentMessage
    from cekat_provider.core.lookup import Earlier
    from cekat_provider.core.parse import Message
    from cekat_provider.core.wire import Request

T = TypeVar("T")


class Delivers:
    """Send a checked body once; mixed into the hook."""

    #: Pauses before each look for a message whose outcome is unknown; the history can lag behind.
    settle_seconds = delivery.Policy.settle_seconds

    if TYPE_CHECKING:
        _accepted: set[str]
        _templates: dict[str, list[Any]]

        @property
        def config(self) -> CekatConfig: ...  # noqa: D102

        @property
        def log(self) -> Any: ...  # noqa: D102

        def _run(self, steps: Flow[T], leaving: Callable[[Request], None] | None = None) -> T: ...

    def fallback(self, body: Mapping[str, Any], **arguments: Any) -> Fallback:
        """Check the template that may stand in for a message; the arguments are those of `core.fallback.of`.

        :raises CekatInputError: naming the field.
        """
        return fallbacks.of(self.config, body, self._templates, **arguments)

    def deliver(
        self,
        body: Mapping[str, Any],
        *,
        on_unknown: delivery.OnUnknown = "resend",
        earlier: Earlier | None = None,
        not_ours: Callable[[], Collection[str]] = frozenset,
        fallback: Fallback | None = None,
        check_window: bool = False,
        leaving: Callable[[Request], None] | None = None,
        repeating: Callable[[], None] | None = None,
    ) -> SentMessage:
        """Send a body of `message_body`, once, whatever an earlier try did.

        :param body: a request's JSON.
        :param on_unknown: ``resend`` or ``fail`` when the outcome is unknown and the history does not show it.
        :param earlier: a try that may have sent it already: the conversation is asked first.
        :param not_ours: ids of messages that others sent, asked for only when the conversation is.
        :param fallback: a template for where the 24-hour window is closed.
        :param check_window: look in the history, before sending, whether it is.
        :param leaving: called with each POST just before it leaves.
        :param repeating: called before the pause after which a POST is repeated: the last one had no effect, or the
            conversation, which was asked, does not show it.
        :raises WindowClosedError: without a fallback.
        """
        policy = self._policy(on_unknown, repeating)
        steps = fallbacks.deliver(self.config, body, policy, fallback, earlier, self._others(not_ours), check_window)
        return self._sent(self._run(steps, leaving))

    def deliver_fallback(
        self,
        body: Mapping[str, Any],
        fallback: Fallback,
        *,
        not_ours: Callable[[], Collection[str]] = frozenset,
        leaving: Callable[[Request], None] | None = None,
        repeating: Callable[[], None] | None = None,
    ) -> SentMessage:
        """Send the template in the place of a message that did not get through."""
        policy = self._policy("fail", repeating)
        steps = fallbacks.instead(self.config, body, policy, fallback, None, self._others(not_ours))
        return self._sent(self._run(steps, leaving))

    def check_window(self, conversation_id: str) -> None:
        """Refuse where the history shows that WhatsApp's 24-hour window is closed.

        :param conversation_id: an id of Cekat's (a UUID).
        :raises WindowClosedError: before anything is sent.
        """
        self._run(receipt.check_window(self.config, bodies.check_conversation_id(conversation_id)))

    def await_delivery(self, conversation_id: str, message_id: str, timeout_seconds: float) -> Message:
        """Wait until a message is delivered or read; an accepted one is not.

        :param conversation_id: an id of Cekat's (a UUID).
        :param message_id: as the send gave it.
        :raises CekatResponseError: WhatsApp's reason, where its status is ``failed``.
        :raises DeliveryTimeoutError: after `timeout_seconds`.
        """
        conversation_id = bodies.check_conversation_id(conversation_id)
        return self._run(receipt.await_delivery(self.config, conversation_id, message_id, timeout_seconds))

    def _policy(self, on_unknown: delivery.OnUnknown, repeating: Callable[[], None] | None = None) -> delivery.Policy:
        def tell(said: str) -> None:
            self.log.warning(said)
            if repeating is not None:
                repeating()

        return delivery.Policy(
            max_wait_seconds=self.config.max_wait_seconds,
            on_unknown=on_unknown,
            settle_seconds=self.settle_seconds,
            random=random.random,
            tell=tell,
        )

    def _others(self, not_ours: Callable[[], Collection[str]]) -> Callable[[], Collection[str]]:
        return lambda: {*self._accepted, *not_ours()}

    def _sent(self, sent: SentMessage) -> SentMessage:
        if sent.message_id is not None:
            self._accepted.add(sent.message_id)
        return sent
