"""A function given as itself, or by its dotted path: only a path can travel to the triggerer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from cekat_provider.core.errors import CekatInputError

_WANTS: Final = "a function, or the dotted path of one"


def load_callable(name: str, value: Callable[..., Any] | str | None) -> Callable[..., Any] | None:
    """Return the function.

    :param name: the argument's name, for the error.
    :param value: the function, its dotted path, or None.
    :raises CekatInputError: when there is none at the path, or its module needs one that is missing.
    """
    if not isinstance(value, str):
        return value
    module, _, attribute = value.rpartition(".")
    try:
        found = getattr(import_module(module), attribute, None) if module else None
    except ModuleNotFoundError as error:
        if error.name is not None and error.name != module and not module.startswith(f"{error.name}."):
            got = f"{value!r}, whose module needs {error.name!r}, which is not there"
            raise CekatInputError(name, got, _WANTS) from error
        found = None
    if not callable(found):
        raise CekatInputError(name, f"{value!r}, where no function is", _WANTS)
    loaded: Callable[..., Any] = found
    return loaded
