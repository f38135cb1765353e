"""The only place that knows Airflow's versions.

Each name is looked up when it is first used: a DAG file pays for what it imports and nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.standard.operators.branch import BranchMixIn
    from airflow.providers.standard.utils.skipmixin import SkipMixin
    from airflow.sdk import (
        BaseHook,
        BaseNotifier,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        Context,
        PokeReturnValue,
        RetryDecision,
        RetryPolicy,
        Variable,
        XComArg,
    )
    from airflow.sdk.bases.decorator import (
        DecoratedOperator,
        TaskDecorator,
        determine_kwargs,
        task_decorator_factory,
    )
    from airflow.sdk.bases.xcom import BaseXCom as XCom
    from airflow.sdk.configuration import conf
    from airflow.sdk.definitions.context import context_merge
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowSensorTimeout,
        AirflowSkipException,
        AirflowTaskTimeout,
    )
    from airflow.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent

__all__ = [
    "AirflowException",
    "AirflowFailException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "BaseEventTrigger",
    "BaseHook",
    "BaseNotifier",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTrigger",
    "BranchMixIn",
    "Context",
    "DecoratedOperator",
    "PokeReturnValue",
    "RetryDecision",
    "RetryPolicy",
    "SkipMixin",
    "TaskDecorator",
    "TriggerEvent",
    "Variable",
    "XCom",
    "XComArg",
    "backstop_struck",
    "conf",
    "connection_errors",
    "context_merge",
    "current_map_index",
    "determine_kwargs",
    "get_connection_async",
    "mask_secret",
    "need_human_in_the_loop",
    "read_variable",
    "redact",
    "skip_tasks",
    "task_decorator_factory",
    "waiting_for_people",
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
    if "Trigger" in name:
        triggers = import_module("airflow.triggers.base")
        # 2.11 has no watchers, and so no BaseEventTrigger; our class is defined there all the same.
        return getattr(triggers, name, triggers.BaseTrigger)
    if name in ("RetryDecision", "RetryPolicy"):
        try:
            return getattr(import_module("airflow.sdk"), name)
        except (ImportError, AttributeError):
            raise ImportError("retry policies need Airflow 3.3 or later") from None
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


def current_map_index() -> int | None:
    """Tell the map index of the task that runs in this process, or None outside of a task's own code."""
    try:
        sdk = import_module("airflow.providers.common.compat.sdk")
        return int(sdk.get_current_context()["ti"].map_index)
    except Exception:  # one of Airflow's own, another on each version; whoever asks goes on without
        return None


async def get_connection_async(conn_id: str, hook: type[BaseHook]) -> tuple[Any, dict[str, Any]]:
    """Look a connection up from an event loop; return it and its extras, its key known to the masker.

    Before 3.3.2 all of that blocks, raises or deadlocks in an event loop, on one version or another; in a thread of
    asgiref's it works on every one.
    """
    from asgiref.sync import sync_to_async

    if hasattr(import_module("airflow.providers.common.compat.sdk").Connection, "aextra_dejson"):
        connection: Any = await hook.aget_connection(conn_id)
        extra = await connection.aextra_dejson()
    else:
        connection = await sync_to_async(hook.get_connection)(conn_id)
        extra = await sync_to_async(lambda: connection.extra_dejson)()
    if connection.password:
        amask_secret = getattr(_module_or_none("airflow.sdk.log"), "amask_secret", None)
        await (amask_secret or sync_to_async(mask_secret))(connection.password)
    return connection, extra


def connection_errors() -> tuple[type[Exception], ...]:
    """Return what a connection's look-up raises: on 3.x also errors of the task SDK that are no AirflowException."""
    sdk = _module_or_none("airflow.sdk.exceptions")
    names = ("AirflowRuntimeError", "AirflowSecretsBackendAccessDenied")
    base = import_module("airflow.providers.common.compat.sdk").AirflowException
    return (base, *(getattr(sdk, name) for name in names if hasattr(sdk, name)))


def skip_tasks(operator: Any, context: Context, tasks: list[Any]) -> None:
    """Skip tasks of the same run, by an operator with a `SkipMixin`; Airflow 3 ends the task with it."""
    ti: Any = context["ti"]
    if "ti" in inspect.signature(operator.skip).parameters:
        operator.skip(ti=ti, tasks=tasks)
    else:
        operator.skip(context["dag_run"], None, tasks, ti.map_index)


def need_human_in_the_loop() -> None:
    """Refuse an Airflow that has no human-in-the-loop requests.

    :raises AirflowFailException: before 3.1.
    """
    if _module_or_none("airflow.sdk.execution_time.hitl") is None:
        from importlib.metadata import version

        fail = import_module("airflow.providers.common.compat.sdk").AirflowFailException
        raise fail(f"Human-in-the-loop requests need Airflow 3.1 or later, and this is {version('apache-airflow')}")


def waiting_for_people() -> list[str]:
    """Return the states in which a task waits for a person's answer: another one since 3.3."""
    known = {state.value for state in import_module("airflow.utils.state").TaskInstanceState}
    return [state for state in ("awaiting_input", "deferred") if state in known]


def backstop_struck(next_method: str, next_kwargs: dict[str, Any] | None, is_over: Callable[[], bool]) -> bool:
    """Tell whether a task resumes because Airflow gave its trigger up, when the deferral's time-out was over.

    :param is_over: tells whether the wait is; asked on 2.11, which has the same words for an `execution_timeout`.
    """
    # Airflow's own words; they are data here, in every version.
    error = (next_kwargs or {}).get("error") if next_method == "__fail__" else None
    return error == "Trigger timeout" or (error == "Trigger/execution timeout" and is_over())


def later_try_of(ti: Any) -> int | None:
    """Return the number of a later try that Airflow 2 has begun of a task instance that still runs here, or None.

    It takes a worker whose heartbeat stops for dead. Airflow 3 lets no task at its database; from 3.3 on it refuses
    such a worker's notes itself, and before that `TaskMemory` does.
    """
    models = _module_or_none("airflow.models.taskinstance") if _module_or_none("airflow.sdk") is None else None
    if models is None or not isinstance(ti, models.TaskInstance):
        return None
    from airflow.utils.session import create_session

    key = {name: getattr(ti, name) for name in ("dag_id", "task_id", "run_id", "map_index")}
    with create_session() as session:
        begun: int | None = session.query(models.TaskInstance.try_number).filter_by(**key).scalar()
    return begun if begun is not None and begun > ti.try_number else None


def read_variable(name: str) -> str | None:
    """Return a Variable of Airflow's own record, or None where there is none.

    `Variable.get` gives its default for what it could not read, too.

    :raises Exception: one of Airflow's, where it could not be read.
    """
    comms = _module_or_none("airflow.sdk.execution_time.comms")
    if comms is None:
        from airflow.utils.session import create_session

        model = import_module("airflow.models.variable").Variable
        with create_session() as session:
            row = session.query(model).filter_by(key=name).one_or_none()
            return None if row is None else str(row.val)
    supervisor: Any = getattr(import_module("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS", None)
    if not hasattr(supervisor, "send"):  # outside of a task
        found: str | None = import_module("airflow.sdk").Variable.get(name, None)
        return found
    errors = import_module("airflow.sdk.exceptions")
    try:
        told = supervisor.send(comms.GetVariable(key=name))
    except errors.AirflowRuntimeError as err:
        told = err.error
    if isinstance(told, comms.ErrorResponse):
        if told.error == errors.ErrorType.VARIABLE_NOT_FOUND:
            return None
        raise errors.AirflowRuntimeError(told)
    value: str | None = told.value
    return value


def write_variable(name: str, value: str, description: str | None = None) -> None:
    """Write a Variable.

    :raises Exception: one of Airflow's, where it is not there afterwards: 3.0 to 3.2 only log what went wrong.
    """
    sdk = import_module("airflow.providers.common.compat.sdk")
    sdk.Variable.set(name, value, description=description)
    if read_variable(name) != value:
        raise sdk.AirflowException(f"Airflow did not keep the Variable {name}")


def clears_state_on_success() -> bool:
    """Tell whether this Airflow forgets what a task kept in its state store as soon as it has succeeded."""
    conf = import_module("airflow.providers.common.compat.sdk").conf
    return bool(conf.getboolean("state_store", "clear_on_success", fallback=False))


def redact(value: Any) -> Any:
    """Strike out of a value what Airflow's masker knows for a secret."""
    return import_module("airflow.providers.common.compat.sdk").redact(value)


def _module_or_none(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
