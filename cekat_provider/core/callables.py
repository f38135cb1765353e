"""A function given as itself, or by its dotted path: only a path can travel to the triggerer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from cekat_provider.core.errors import CekatInputError


def load_callable(name: str, value: Callable[..., Any] | str | None) -> Callable[..., Any] | None:
    """Return the function.

    :param name: the argument's name, for the error.
    :param value: the function, its dotted path, or None.
    :raises CekatInputError: when there is none at the path.
    """
    if not isinstance(value, str):
        return value
    module, _, attribute = value.rpartition(".")
    try:
        found = getattr(import_module(module), attribute, None) if module else None
    except ModuleNotFoundError:
        found = None
    if not callable(found):
        raise CekatInputError(name, f"{value!r}, where no function is", "a function, or the dotted path of one")
    loaded: Callable[..., Any] = found
    return loaded
