"""The operator that has somebody choose on WhatsApp which way the DAG goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import BranchMixIn
from cekat_provider.core.errors import CekatInputError
from cekat_provider.operators.choice import ChoosesOption

if TYPE_CHECKING:
    from cekat_provider.compat import Context


class CekatBranchOperator(ChoosesOption, BranchMixIn):
    """Ask with WhatsApp's own buttons or list, and follow the task that belongs to the answer; skip the others.

    The arguments of `CekatApprovalOperator` but `on_reject` and `ignore_downstream_trigger_rules`, and the one below.
    A time-out without `defaults` fails the task, without retries.

    :param options_mapping: option → id of the task or task group to go on with; an option that is not in it is the id
        itself.
    :returns: as `CekatApprovalOperator`.
    """

    inherits_from_skipmixin = True

    def __init__(self, *, options_mapping: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options_mapping = options_mapping

    def _chosen(self, context: Context, result: dict[str, Any]) -> dict[str, Any]:
        if self.do_xcom_push:
            # Airflow 3 ends the task inside the branch, before it takes what is returned.
            context["ti"].xcom_push(key="return_value", value=result)
        self.do_branch(context, [self._branch(option) for option in result["chosen_options"]])
        return result

    def _branch(self, option: str) -> str:
        return (self.options_mapping or {}).get(option, option)

    def _check_options(self) -> None:
        from cekat_provider.core.approval import checked_options

        super()._check_options()
        options = checked_options(self.options)
        mapping: Any = {} if self.options_mapping is None else self.options_mapping
        if not isinstance(mapping, Mapping):
            raise CekatInputError("options_mapping", f"a {type(mapping).__name__}", "a mapping of options to task ids")
        for option, branch in mapping.items():
            if option not in options:
                raise CekatInputError("options_mapping", f"the key {option!r}", "a mapping of the options")
            if not isinstance(branch, str):
                got = f"a {type(branch).__name__} for {option!r}"
                raise CekatInputError("options_mapping", got, "the id of a task or a task group")
        dag = self.get_dag()
        for option in options if dag is not None else ():
            # Airflow would skip all that comes right after, whatever was chosen.
            if self.downstream_task_ids.isdisjoint(_begins(dag, self._branch(option))):
                got = f"{self._branch(option)!r} for {option!r}, which is none"
                raise CekatInputError("options_mapping", got, "the id of a task or task group right after this one")


def _begins(dag: Any, branch: str) -> set[str]:
    """Return the ids of the tasks that a branch begins with."""
    group = dag.task_group_dict.get(branch)
    return {branch} if group is None else {task.task_id for task in group.get_roots()}
