"""`__init__` stores, and does nothing else: what Airflow's own `validate_operators_init` checks, and more."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import pytest

from cekat_provider.operators.bulk import CekatBulkSendOperator
from cekat_provider.operators.cekat import CekatNewMessagesOperator, CekatSendWhatsAppOperator
from cekat_provider.operators.template import CekatSendTemplateOperator
from cekat_provider.sensors.cekat import CekatMessagesSensor

CLASSES = [
    CekatSendWhatsAppOperator,
    CekatBulkSendOperator,
    CekatNewMessagesOperator,
    CekatSendTemplateOperator,
    CekatMessagesSensor,
]


@pytest.mark.parametrize("operator", CLASSES)
def test_init_only_assigns(operator: Any) -> None:
    # Airflow wraps `__init__`, so its source is taken from the class's.
    tree = ast.parse(textwrap.dedent(inspect.getsource(operator)))
    (init,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    call, *assignments = init.body
    assert ast.unparse(call) == "super().__init__(**kwargs)"
    arguments = {argument.arg for argument in init.args.kwonlyargs}
    assert init.args.args[1:] == []
    stored = {}
    for line in assignments:
        assert isinstance(line, ast.Assign), ast.unparse(line)
        (target,) = line.targets
        assert isinstance(target, ast.Attribute)
        stored[target.attr] = ast.unparse(line.value)
    assert {name: stored.pop(name) for name in arguments} == {name: name for name in arguments}
    # What is left is the state of a run: constants.
    assert all(isinstance(ast.literal_eval(value), int | float | str | type(None)) for value in stored.values())
    assert set(operator.template_fields) <= arguments


@pytest.mark.parametrize("operator", CLASSES)
def test_template_fields_are_written_out(operator: Any) -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(operator)))
    (written,) = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "template_fields" and node.value
    )
    assert ast.literal_eval(written) == tuple(operator.template_fields)


@pytest.mark.parametrize("operator", CLASSES)
def test_every_argument_is_told(operator: Any) -> None:
    own = [
        name
        for name, parameter in inspect.signature(inspect.unwrap(operator.__init__)).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    doc = inspect.getdoc(operator) or ""
    for name in own:
        line = next(line for line in doc.splitlines() if line.startswith(f":param {name}:"))
        assert ("(templated)" in line) is (name in operator.template_fields)


@pytest.mark.parametrize("wrong", ["{{ x }}", None, 5, {"a": object()}, b"x"])
def test_nothing_is_checked_before_a_task_runs(wrong: Any) -> None:
    fields = [name for name in CekatSendWhatsAppOperator.template_fields if name != "cekat_conn_id"]
    made = CekatSendWhatsAppOperator(task_id="send", **dict.fromkeys(fields, wrong))
    assert all(getattr(made, name) is wrong for name in fields)
    waiting = CekatMessagesSensor(task_id="wait", conversation_id=wrong, since=wrong, contains=wrong, pattern=wrong)
    assert (waiting.conversation_id, waiting.since, waiting.contains, waiting.pattern) == (wrong,) * 4
