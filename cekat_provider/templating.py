"""How Airflow renders what can be said: operators and notifiers mix these in before Airflow's own base."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeGuard

    import jinja2

    from cekat_provider.compat import Context
    from cekat_provider.core.messages import Templated


class RendersMessages:
    """Render messages, and lists of them, into copies: the author's object may stand in other tasks too.

    And leave a text that is no template as it is, where Airflow's native rendering makes a number of "1". What a mapped
    task has from an XCom is data, a customer's text perhaps: Airflow renders it where it came by `expand_kwargs`, here
    it is left alone, as with `expand`.
    """

    def render_template(
        self,
        content: Any,
        context: Context,
        jinja_env: jinja2.Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """Render one value; whatever is not a message goes Airflow's way."""
        if any(content is value for value in _from_xcom(self, context)):
            return content
        if _is_message(content):
            if seen_oids is not None and id(content) in seen_oids:
                return content  # what `expand` took from an XCom is no template
            return content.rendered(lambda value: self.render_template(value, context, jinja_env, seen_oids))
        if isinstance(content, str) and jinja_env is not None and not _is_template(content, jinja_env):
            # Jinja would strip a last line break, and a native environment would turn the title "1" into a number.
            return content
        return super().render_template(content, context, jinja_env, seen_oids)  # type: ignore[misc]


class DependsOnMessages:
    """Have a task depend on the tasks whose XComs a message's fields name, as it does for fields of its own.

    Airflow looks into lists and dicts only. In `partial(message=…)` nobody looks: set the dependency there.
    """

    template_fields: Sequence[str]

    def set_xcomargs_dependencies(self) -> None:
        """Find the upstream tasks; Airflow 2.11's name."""
        super().set_xcomargs_dependencies()  # type: ignore[misc]
        self._depend_on_messages()

    def _set_xcomargs_dependencies(self) -> None:
        # Airflow 3's name of the same.
        super()._set_xcomargs_dependencies()  # type: ignore[misc]
        self._depend_on_messages()

    def _depend_on_messages(self) -> None:
        from cekat_provider.compat import XComArg

        for name in self.template_fields:
            for reference in _references(getattr(self, name, None)):
                XComArg.apply_upstream_relationship(self, reference)  # type: ignore[arg-type]


def _from_xcom(task: Any, context: Mapping[str, Any]) -> list[Any]:
    """Return the values of fields that `expand_kwargs` took from an XCom."""
    index = getattr(context.get("ti"), "map_index", None)
    if index is None or index < 0 or not hasattr(task, "task_id"):  # a notifier has none
        return []
    mapped = context["dag"].get_task(task.task_id)
    # A decorated function's arguments are mapped apart from the operator's.
    of_function = hasattr(mapped, "op_kwargs_expand_input")
    given = getattr(mapped, "op_kwargs_expand_input" if of_function else "expand_input", None)
    if given is None or isinstance(given.value, Mapping):
        return []  # not mapped, or by `expand`
    if isinstance(given.value, Sequence) and isinstance(given.value[index], Mapping):
        return []  # the author's own list
    if of_function:
        partial = mapped.partial_kwargs.get("op_kwargs", {})
        return [value for name, value in task.op_kwargs.items() if name not in partial]
    own = _own_texts(task.__class__)
    values = [getattr(task, name, None) for name in task.template_fields if name not in mapped.partial_kwargs]
    return [value for value in values if not any(value is text for text in own)]


@cache
def _own_texts(kind: type) -> list[str]:
    """Return what arguments are where nobody gives them: a sensor's `since` is a template then."""
    makers = [vars(each)["__init__"] for each in kind.__mro__ if "__init__" in vars(each)]
    arguments = [argument for maker in makers for argument in inspect.signature(maker).parameters.values()]
    return [argument.default for argument in arguments if isinstance(argument.default, str)]


def _is_message(value: Any) -> TypeGuard[Templated]:
    # Whoever made one has loaded its module; a DAG file without one need not.
    messages = sys.modules.get("cekat_provider.core.messages")
    return messages is not None and isinstance(value, messages.Templated)


def _is_template(text: str, jinja_env: jinja2.Environment) -> bool:
    marks = (jinja_env.variable_start_string, jinja_env.block_start_string, jinja_env.comment_start_string)
    prefixes = (jinja_env.line_statement_prefix, jinja_env.line_comment_prefix)
    return any(mark in text for mark in marks) or any(prefix and prefix in text for prefix in prefixes)


def _references(value: Any) -> list[Any]:
    if _is_message(value):
        return [found for inner in value.references() for found in (inner, *_references(inner))]
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [found for inner in value for found in _references(inner)]
    return []
