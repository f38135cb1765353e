"""``@task.cekat_whatsapp``: a function says what to send."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import (
    AirflowFailException,
    DecoratedOperator,
    context_merge,
    determine_kwargs,
    task_decorator_factory,
)
from cekat_provider.core.messages import OutboundMessage
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

if TYPE_CHECKING:
    from cekat_provider.compat import Context, TaskDecorator


class _CekatWhatsAppDecoratedOperator(DecoratedOperator, CekatSendWhatsAppOperator):
    """Send what a function returns.

    :param python_callable: returns a text, or one of `cekat_provider.messages`. What it returns is no template.
    :param op_args: (templated) its positional arguments.
    :param op_kwargs: (templated) its keyword arguments.
    """

    template_fields: Sequence[str] = (
        *DecoratedOperator.template_fields,
        *(name for name in CekatSendWhatsAppOperator.template_fields if name != "message"),
    )
    template_fields_renderers = {
        **DecoratedOperator.template_fields_renderers,
        **CekatSendWhatsAppOperator.template_fields_renderers,
    }
    custom_operator_name = "@task.cekat_whatsapp"

    def __init__(
        self,
        *,
        python_callable: Callable[..., str | OutboundMessage],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        # The result is always the dict of a send, whatever the function's annotation says.
        kwargs["multiple_outputs"] = False
        super().__init__(python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Call the function, and send what it returns."""
        context_merge(context, self.op_kwargs)
        kwargs = determine_kwargs(self.python_callable, self.op_args, context)
        said = self.python_callable(*self.op_args, **kwargs)
        if not isinstance(said, str | OutboundMessage):
            raise AirflowFailException(
                f"The function of @task.cekat_whatsapp must return a text or a message, got a {type(said).__name__}"
            )
        self.message = said
        return CekatSendWhatsAppOperator.execute(self, context)


def cekat_whatsapp_task(
    python_callable: Callable[..., str | OutboundMessage] | None = None, **kwargs: Any
) -> TaskDecorator:
    """Make a function a task that sends what it returns; found as ``@task.cekat_whatsapp``.

        @task.cekat_whatsapp(receiver="{{ params.receiver }}")
        def greet(order: dict[str, str]) -> str:
            return f"Pesanan {order['number']} dikirim."

    :param kwargs: the other arguments of `CekatSendWhatsAppOperator`, templated as there; the function stands in the
        place of `message`. It may return a text, or one of `cekat_provider.messages`.
    :returns: what `CekatSendWhatsAppOperator` returns.
    """
    decorator: TaskDecorator = task_decorator_factory(
        python_callable=python_callable,
        decorated_operator_class=_CekatWhatsAppDecoratedOperator,
        **kwargs,
    )
    return decorator
