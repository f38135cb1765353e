"""A callback's context, of any Airflow and any place, to what happened."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from cekat_provider.compat import redact
from cekat_provider.core.alerts import Happening, Kind


def happening(context: Mapping[str, Any]) -> Happening:
    """Read what a context tells; nothing in it is needed.

    A task's callback has a task instance and, where it failed, an ``exception``. A DAG's has a ``reason``, and the task
    instance in it is only the last one. A deadline's has the run as a dict, and nothing else.
    """
    ti = None if "reason" in context or "deadline" in context else context.get("ti") or context.get("task_instance")
    run = context.get("dag_run")
    tries = _number(_get(ti, "max_tries"))
    return Happening(
        kind=_kind(context, ti),
        dag_id=_first(_get(ti, "dag_id"), _get(context.get("dag"), "dag_id"), _get(run, "dag_id")) or "a DAG",
        run_id=_first(_get(ti, "run_id"), context.get("run_id"), _get(run, "run_id"), _get(run, "dag_run_id")) or "?",
        task_id=_get(ti, "task_id"),
        map_index=-1 if (index := _number(_get(ti, "map_index"))) is None else index,
        try_number=_number(_get(ti, "try_number")),
        tries=None if tries is None else tries + 1,
        cause=_cause(context),
        log_url=_get(ti, "log_url"),
    )


def _kind(context: Mapping[str, Any], ti: Any) -> Kind:
    if "deadline" in context:
        return "deadline"
    if "reason" in context:
        return "success" if context["reason"] == "success" else "failure"
    state = _get(ti, "state")
    state = str(getattr(state, "value", state))
    if state == "up_for_retry":
        return "retry"
    if state == "failed" or context.get("exception") is not None:
        return "failure"
    return "success" if state == "success" else "other"


def _cause(context: Mapping[str, Any]) -> str | None:
    """Name an exception by its class and its first line, with what Airflow's masker knows struck out."""
    error = context.get("exception")
    if error is None:
        reason = context.get("reason")
        return None if reason is None else str(reason)
    lines = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return str(redact(said if isinstance(error, BaseException) else str(error)))


def _get(thing: Any, name: str) -> Any:
    if isinstance(thing, Mapping):
        return thing.get(name)
    with contextlib.suppress(Exception):  # `log_url` is a property that reads the configuration, and may fail
        return getattr(thing, name, None)
    return None


def _first(*values: Any) -> str | None:
    return next((str(value) for value in values if value), None)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
