"""Which way imports point, and what a DAG file pays for one."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import AIRFLOW

import cekat_provider

ROOT = Path(cekat_provider.__file__).parent
FILES = {f"cekat_provider.{'.'.join(p.relative_to(ROOT).with_suffix('').parts)}": p for p in ROOT.rglob("*.py")}
OURS = sorted(name.removesuffix(".__init__") for name in FILES)


def imported(path: Path) -> Iterator[str]:
    """Give every module that a file imports, also inside its functions; not for type checks alone."""
    tree = ast.parse(path.read_text())
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            skipped.update(inner for line in node.body for inner in ast.walk(line))
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in OURS else node.module or ""


def room(module: str) -> str:
    """Give the part of the package that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "cekat_provider"


#: Room → the rooms of ours that it may import.
MAY = {
    "core": set(),
    "messages": {"core"},
    "transports": {"core", "cekat_provider"},
    "hooks": {"core", "transports", "connection_form", "compat"},
    "templating": {"core", "compat"},
    "retry_policy": {"core", "compat"},
    "links": {"core", "compat"},
    "operators": {"core", "hooks", "triggers", "compat", "templating", "links"},
    "decorators": {"core", "operators", "compat"},
    "notifications": {"core", "hooks", "compat", "templating"},
    "triggers": {"core", "hooks", "transports", "compat"},
    "sensors": {"core", "hooks", "triggers", "compat", "links", "templating"},
    "sandbox": set(),
    "pytest_plugin": {"sandbox"},
    "connection_form": {"core"},
    "get_provider_info": {"connection_form"},
    "compat": set(),
    "__init__": set(),
}


@pytest.mark.parametrize("module", FILES)
def test_imports_point_one_way(module: str) -> None:
    for name in imported(FILES[module]):
        if name.split(".")[0] != "cekat_provider":
            continue
        if (module, name) == ("cekat_provider.core.errors", "cekat_provider.compat"):
            continue  # the one base class that makes our errors Airflow's
        assert room(name) in MAY[room(module)] | {room(module)}, f"{module} imports {name}"


@pytest.mark.parametrize("module", [name for name in FILES if room(name) == "core"])
def test_the_core_is_standard_library_and_does_nothing(module: str) -> None:
    forbidden = {"asyncio", "logging", "os", "pathlib", "random", "socket", "subprocess", "threading", "time"}
    for name in imported(FILES[module]):
        top = name.split(".")[0]
        assert top == "cekat_provider" or top in sys.stdlib_module_names, name
        assert top not in forbidden, name
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(FILES[module].read_text())) if isinstance(node, ast.Call)
    }
    assert not calls & {"open", "print", "datetime.now", "datetime.utcnow", "date.today"}


@pytest.mark.parametrize("module", FILES)
def test_only_compat_knows_airflow(module: str) -> None:
    if module == "cekat_provider.compat":
        return
    assert not [name for name in imported(FILES[module]) if name.split(".")[0] == "airflow"]
    text = FILES[module].read_text()
    assert "airflow.__version__" not in text
    assert "AIRFLOW_V" not in text
    assert "sys.version_info" not in text


@pytest.mark.parametrize("module", FILES)
def test_no_module_is_named_like_one_of_the_standard_library(module: str) -> None:
    assert module.rpartition(".")[2] not in sys.stdlib_module_names


BASES = (
    "from airflow.providers.common.compat.sdk import "
    "BaseOperator, BaseOperatorLink, BaseSensorOperator, BaseNotifier, DecoratedOperator, AirflowFailException, DAG, "
    "SkipMixin, BranchMixIn"
)
MODULES = (
    "cekat_provider.operators.cekat",
    "cekat_provider.operators.bulk",
    "cekat_provider.operators.template",
    "cekat_provider.operators.ask",
    "cekat_provider.operators.approval",
    "cekat_provider.operators.branch",
    "cekat_provider.operators.hitl",
    "cekat_provider.sensors.cekat",
    "cekat_provider.notifications.cekat",
    "cekat_provider.notifications.hitl",
    "cekat_provider.decorators.cekat",
)


def test_an_import_costs_nearly_nothing() -> None:
    """Beyond what a DAG file loads without us: Airflow's bases and a `DAG`."""
    code = [
        "import sys",
        BASES,
        "before = set(sys.modules)",
        *[f"import {module}" for module in MODULES],
        "print('\\nMORE', *set(sys.modules) - before)",
    ]
    shown = subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=True).stdout
    more = set(shown.rpartition("MORE")[2].split())
    ours = {name for name in more if name.split(".")[0] == "cekat_provider"}
    assert ours <= {
        "cekat_provider",
        "cekat_provider.compat",
        "cekat_provider.core",
        "cekat_provider.core.errors",
        "cekat_provider.core.messages",
        "cekat_provider.core.defaults",
        "cekat_provider.core.durations",
        "cekat_provider.links",
        "cekat_provider.operators",
        "cekat_provider.operators.inbound",
        "cekat_provider.operators.asking",
        "cekat_provider.operators.choice",
        "cekat_provider.sensors",
        "cekat_provider.decorators",
        "cekat_provider.templating",
        # the notifier's own
        "cekat_provider.core.alerts",
        "cekat_provider.core.limits",
        "cekat_provider.core.privacy",
        "cekat_provider.notifications",
        *MODULES,
    }
    # There 3.0 and 3.1 have what 3.2 has in its task SDK; it imports nothing else.
    there = {"airflow.utils.operator_helpers"} if AIRFLOW in ("3.0", "3.1") else set()
    assert {name for name in more - ours if name.split(".")[0] not in sys.stdlib_module_names} <= there
