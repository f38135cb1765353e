"""What Airflow logs at INFO or above: on a terminal, in its processes' files and in its tasks' logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

#: The level in a line of Airflow 3, and of a task's log in 2.11.
_LEVEL = re.compile(r"\[(debug|info|warning|error|critical) *\]|\} (DEBUG|INFO|WARNING|ERROR|CRITICAL) - ")
_RETURNED = re.compile(
    r"Returned value was.*(_PythonDecoratedOperator|PythonOperator)|\{python\.py:\d+\} INFO - Done\. ",
    re.DOTALL,
)
#: Airflow 3.0 draws every local variable on the terminal when a task fails in `dag.test()`: docs/versions.md.
_DRAWN = ("│", "╭", "╰") if version("apache-airflow").startswith("3.0.") else ()
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def is_returned(line: str) -> bool:
    """Tell whether it is what a DAG's own function returned: Airflow logs it unless the DAG forbids it."""
    return _RETURNED.search(line) is not None


def loud_lines(output: str, *, unmarked: bool) -> Iterator[str]:
    """Yield the lines at INFO or above, with the tracebacks below them.

    :param unmarked: whether a line counts that no level stands before.
    """
    loud = unmarked
    for line in _ANSI.sub("", output).splitlines():
        level, words = _read_json(line) if line.startswith("{") else (_LEVEL.search(line), line)
        if level:
            loud = (level[1] or level[2]).lower() != "debug"
        elif line.startswith("["):
            loud = unmarked
        if loud and not is_returned(words) and not line.startswith(_DRAWN):
            yield words


def _read_json(line: str) -> tuple[re.Match[str] | None, str]:
    """Return the level and all words of a line of a task's log in Airflow 3: an object, with its texts escaped."""
    try:
        record = json.loads(line)
    except ValueError:
        return None, line
    return _LEVEL.search(f"[{record.get('level', 'info')}]"), "\n".join(_strings(record))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
