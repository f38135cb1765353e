"""What a DAG file pays for naming our classes: counted in modules, since seconds depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

#: What every DAG file has loaded already.
BARE = """
import json, sys
try:
    from airflow.sdk import DAG, BaseNotifier, BaseOperator, BaseSensorOperator, Variable
except ImportError:
    from airflow.models import DAG, BaseOperator, Variable
    from airflow.notifications.basenotifier import BaseNotifier
    from airflow.sensors.base import BaseSensorOperator
bare = set(sys.modules)
"""
MODULES = ["cekat_provider.operators.cekat", "cekat_provider.sensors.cekat"]
HEAVY = ("requests", "urllib3", "aiohttp", "asyncio", "airflow.triggers", "fastapi", "uvicorn", "cekat_provider.hooks",
         "cekat_provider.transports", "cekat_provider.triggers", "cekat_provider.sandbox")  # fmt: skip


def loaded(*names: str) -> set[str]:
    code = BARE + "".join(f"import {name}\n" for name in names) + "print(json.dumps(sorted(set(sys.modules) - bare)))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return set(json.loads(out.splitlines()[-1]))


@pytest.mark.parametrize("names", [*[[name] for name in MODULES], MODULES], ids=lambda names: "+".join(names))
def test_few_modules_and_none_that_is_heavy(names: list[str]) -> None:
    more = loaded(*names)
    assert [name for name in more for heavy in HEAVY if name == heavy or name.startswith(f"{heavy}.")] == []
    assert len(more) <= 15, sorted(more)
