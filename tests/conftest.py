"""Every test runs on an Airflow of its own: a throw-away home, an SQLite file, no example of Airflow's."""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

# The same examples each time, so that a red run is a change; with HUNT in the environment, other ones.
hypothesis.settings.register_profile("cekat", derandomize="HUNT" not in os.environ, deadline=None)
hypothesis.settings.load_profile("cekat")

_ROOT = Path(__file__).parents[1]
_STARTS_AIRFLOW = ("distributed", "real")
_HOME = tempfile.TemporaryDirectory(prefix="cekat-airflow-")
_DAGS = Path(_HOME.name, "dags")
_DAGS.mkdir()
# Airflow 3 runs a DAG only when it is in a bundle, which is this folder.
_DAGS.joinpath("examples").symlink_to(_ROOT / "example_dags")
_DAGS.joinpath("tests").symlink_to(_ROOT / "tests" / "airflow" / "dags")
# Before any test module imports Airflow, which reads these once.
os.environ.update(
    AIRFLOW_HOME=_HOME.name,
    # Without one, the API that 3.2 starts for `dag.test()` does not start, and does not say so.
    AIRFLOW__API_AUTH__JWT_SECRET="made-up-for-the-tests-and-long-enough-for-any-algorithm",
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=str(_DAGS),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_HOME.name}/airflow.db",
)


def pytest_configure(config: pytest.Config) -> None:
    """Watch what the tests log and raise."""
    from leak_guard import LeakGuard

    guard = LeakGuard()
    config.pluginmanager.register(guard)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that start an Airflow: they take longest, and mostly wait while others need the machine.

    xdist gives each process a run of tests as they stand here, and to whoever is done half of what another has left,
    from the end. So each of these folders leads one of those runs, and stays in one process.
    """
    many = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    folders = [[item for item in items if item.path.parent == _ROOT / "tests" / name] for name in _STARTS_AIRFLOW]
    led = {item for folder in folders for item in folder}
    rest = iter([item for item in items if item not in led])
    left = len(items)
    items.clear()
    for number in range(many):
        # The last process leads with none: it has the machine's other core.
        heads = [folder for place, folder in enumerate(folders) if place % max(1, many - 1) == number]
        run = list(itertools.chain(*heads))
        size = left // (many - number)
        items += [*run, *itertools.islice(rest, max(0, size - len(run)))]
        left -= max(size, len(run))
    items += rest


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """Make Airflow's tables, once."""
    from airflow.utils import db

    db.initdb()


@pytest.fixture(autouse=True)
def _no_task_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the task that `dag.test()` ran in this process: its name stays in the environment."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW_CTX_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_pace_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the answers of another test said about the budget: its server has the same address."""
    hooks = sys.modules.get("cekat_provider.hooks._connection")
    if hooks is not None:
        monkeypatch.setattr(hooks, "LIMITERS", {})
