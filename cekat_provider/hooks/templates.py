"""The hook's methods for message templates, each one flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from cekat_provider.core import template_send, templates

if TYPE_CHECKING:
    from cekat_provider.core.check import Validate
    from cekat_provider.core.config import CekatConfig
    from cekat_provider.core.delivery import OnUnknown, Policy
    from cekat_provider.core.drive import Flow
    from cekat_provider.core.flow import SentMessage
    from cekat_provider.core.templates import Template
    from cekat_provider.core.wire import Request

T = TypeVar("T")


class SendsTemplates:
    """List and send templates; mixed into the hook."""

    if TYPE_CHECKING:

        @property
        def config(self) -> CekatConfig: ...  # noqa: D102

        @property
        def log(self) -> Any: ...  # noqa: D102

        def _policy(self, on_unknown: OnUnknown, repeating: Callable[[], None] | None = None) -> Policy: ...

        def _run(self, steps: Flow[T], leaving: Callable[[Request], None] | None = None) -> T: ...

    def list_templates(self, inbox_id: str | None = None) -> list[Template]:
        """Read the templates of an inbox, whatever their status: ``GET /templates`` (wire facts B, C).

        :param inbox_id: Cekat's id (a UUID); the connection's extra `inbox_id` where it is None.
        :raises CekatInputError: where there is neither.
        :raises CekatError: the tree in `cekat_provider.core.errors`.
        """
        return self._run(templates.listing(self.config, inbox_id))

    def send_template(
        self,
        *,
        receiver: str | int,
        template: str | None = None,
        wa_template_id: str | int | None = None,
        variables: Sequence[str | int | float] | str = (),
        receiver_name: str | None = None,
        inbox_id: str | None = None,
        language: str | None = None,
        file_url: str | None = None,
        validate: Validate = "strict",
        leaving: Callable[[Request], None] | None = None,
        repeating: Callable[[], None] | None = None,
    ) -> SentMessage:
        """Send an approved template, inside the 24-hour window or outside: ``POST /templates/send`` (facts B, D).

        :param receiver: a phone number in any usual notation.
        :param template: the template's name; looked up once a hook, so that only an approved one is sent and the
            count of its variables is right. This or `wa_template_id`.
        :param wa_template_id: WhatsApp's number, not Cekat's id. Sent as it is: nothing is looked up.
        :param variables: a text or a number for each placeholder, by position; or JSON of such a list.
        :param receiver_name: what the contact is called in Cekat.
        :param inbox_id: Cekat's id (a UUID); the connection's extra `inbox_id` where it is None.
        :param language: such as ``id``; needed where a name has several approved ones.
        :param file_url: for a template with a file above; a public URL that ends in a file name.
        :param validate: ``strict`` refuses variables and files that WhatsApp would not take, ``warn`` logs it, ``off``
            does not look. Name and count are always checked.
        :param leaving: called with the POST just before it leaves.
        :param repeating: called before the pause after which a POST that had no effect is repeated.
        :raises CekatInputError: before anything is sent.
        :raises CekatError: the tree in `cekat_provider.core.errors`.
        """
        wanted = template_send.Wanted(
            receiver=receiver,
            template=template,
            wa_template_id=wa_template_id,
            variables=variables,
            receiver_name=receiver_name,
            inbox_id=inbox_id,
            language=language,
            file_url=file_url,
            validate=validate,
        )
        parcel = self._run(template_send.prepare(self.config, wanted, self._templates, self._warn))
        return self._run(template_send.ship(self.config, parcel, self._policy("fail", repeating)), leaving)

    def _warn(self, said: str) -> None:
        self.log.warning("WhatsApp may refuse this message: %s", said)

    @cached_property
    def _templates(self) -> dict[str, list[Any]]:
        return {}
