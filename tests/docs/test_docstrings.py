"""What the reference shows: every argument is told, and nothing is told that is no argument."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import pytest
from markdown import ROOT

from cekat_provider.operators.choice import _MADE_HERE, ChoosesOption

#: The objects that the pages of the reference name, whole modules left out.
SHOWN = sorted(
    {
        name
        for page in ROOT.glob("docs/reference/*.md")
        for name in re.findall(r"^::: ([\w.]+\.\w+)$", page.read_text(encoding="utf-8"), re.M)
        if name.rpartition(".")[2] not in ("errors", "outcome", "cekat_sandbox", "cekat_whatsapp_task")
    }
)


def shown(name: str) -> Any:
    """Import what a page names; a retry policy exists on Airflow 3.3 only."""
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except ImportError as err:
        if "need Airflow" not in str(err):
            raise
        return None


def told(kind: type) -> set[str]:
    """Give the arguments that a class and its bases of this package tell."""
    docs = [base.__doc__ or "" for base in kind.__mro__ if base.__module__.startswith("cekat_provider")]
    return {name for doc in docs for name in re.findall(r":param (\w+):", doc)}


def taken(kind: type) -> set[str]:
    """Give the arguments that a class and its bases of this package take."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("cekat_provider") and "__init__" in vars(base)]
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {
        name
        for base in ours
        for name, parameter in inspect.signature(vars(base)["__init__"]).parameters.items()
        if name != "self" and parameter.kind not in variable
    }


def test_there_are_some() -> None:
    assert "cekat_provider.operators.cekat.CekatSendWhatsAppOperator" in SHOWN


@pytest.mark.parametrize("name", SHOWN)
def test_a_class(name: str) -> None:
    kind = shown(name)
    if kind is None:
        return
    assert re.match(r"[A-Z`]", kind.__doc__), "a first line that says what it is for"
    assert told(kind) == taken(kind)


@pytest.mark.parametrize("name", [name for name in SHOWN if hasattr(shown(name), "template_fields")])
def test_what_is_told_to_be_templated_is(name: str) -> None:
    kind = shown(name)
    docs = [base.__doc__ or "" for base in kind.__mro__ if base.__module__.startswith("cekat_provider")]
    marked = {found for doc in docs for found in re.findall(r":param (\w+): \(templated\)", doc)}
    if issubclass(kind, ChoosesOption):
        marked -= set(_MADE_HERE)  # which it refuses
    assert marked == set(kind.template_fields)
