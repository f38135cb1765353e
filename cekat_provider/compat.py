"""The only place that knows Airflow's versions.

Each name is looked up when it is first used: a DAG file pays for what it imports and nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import BaseHook, BaseNotifier, BaseOperator, BaseSensorOperator, Context, PokeReturnValue, XComArg
    from airflow.sdk.bases.decorator import (
        DecoratedOperator,
        TaskDecorator,
        determine_kwargs,
        task_decorator_factory,
    )
    from airflow.sdk.definitions.context import context_merge
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

__all__ = [
    "AirflowException",
    "AirflowFailException",
    "BaseHook",
    "BaseNotifier",
    "BaseOperator",
    "BaseSensorOperator",
    "Context",
    "DecoratedOperator",
    "PokeReturnValue",
    "TaskDecorator",
    "XComArg",
    "context_merge",
    "determine_kwargs",
    "mask_secret",
    "read_variable",
    "redact",
    "task_decorator_factory",
    "write_variable",
]

#: Where `mask_secret` lives: 3.1 and later, 3.0, 2.11. common.compat has it only for Python 3.11 and later.
_MASKERS = (
    "airflow.sdk.log",
    "airflow.sdk.execution_time.secrets_masker",
    "airflow.utils.log.secrets_masker",
)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("airflow.providers.common.compat.sdk"), name)


def mask_secret(secret: str) -> None:
    """Have Airflow strike a secret out of every log of this process."""
    for name in _MASKERS:
        try:
            module = import_module(name)
        except ImportError:
            continue
        if hasattr(module, "mask_secret"):
            module.mask_secret(secret)
            return
    raise ImportError(f"no mask_secret in any of {', '.join(_MASKERS)}")


def redact(value: Any) -> Any:
    """Strike out of a value what Airflow's masker knows for a secret."""
    return import_module("airflow.providers.common.compat.sdk").redact(value)


def read_variable(key: str) -> str | None:
    """Return an Airflow Variable's text, or None where there is none."""
    try:
        from airflow.sdk import Variable
    except ImportError:  # 2.11
        from airflow.models import Variable

        return Variable.get(key, default_var=None)  # type: ignore[call-arg, no-any-return]
    found: str | None = Variable.get(key, default=None)
    return found


def write_variable(key: str, value: str) -> None:
    """Set an Airflow Variable's text."""
    try:
        from airflow.sdk import Variable
    except ImportError:  # 2.11
        from airflow.models import Variable
    Variable.set(key, value)
