"""One Airflow with its pages and one sandbox for all tests of this folder, started as a person does: `make up`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from local_airflow import LocalAirflow
from playwright.sync_api import Page

from cekat_provider.sandbox.client import Sandbox

from .pages import Pages, pages_of

ROOT = Path(__file__).parents[3]
#: A busy machine takes minutes for what a quiet one does in twenty seconds.
PATIENCE_SECONDS = 400


def wait_for(what: str, done: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until `done` gives something true."""
    until = time.monotonic() + seconds
    while not (result := done()):
        assert time.monotonic() < until, f"waited {seconds:g} s for {what}"
        time.sleep(0.2)
    return result


class Up:
    """`make up` on free ports, in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.printed = ""
        # Started by the command and not by this one, which reads its record.
        self.airflow = LocalAirflow(home / "up", pages=True)

    def command(self) -> subprocess.Popen[str]:
        """Run it; what it prints comes to a file."""
        with (self.home / "printed").open("w") as printed:
            return subprocess.Popen(
                [sys.executable, str(ROOT / "scripts" / "up.py"), "--port", "0", "--sandbox-port", "0"],
                cwd=ROOT, env={**os.environ, "AIRFLOW_HOME": str(self.home)},
                stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip

    def read(self) -> str:
        """Return what it has printed."""
        return (self.home / "printed").read_text()

    def start(self) -> None:
        """Start both, and wait until they answer."""
        self.process = self.command()
        wait_for("both to answer", lambda: "Ctrl-C ends both" in self.read() or self.process.poll() is not None)
        self.printed = self.read()
        assert self.process.poll() is None, self.printed
        self.url, sandbox = re.findall(r"http://127\.0\.0\.1:\d+", self.printed)[:2]
        self.sandbox = Sandbox(sandbox)

    def moment_of(self, dag_id: str, run_id: str) -> str:
        """Tell the time that 2.11 calls a run by."""
        query = "SELECT execution_date FROM dag_run WHERE dag_id = ? AND run_id = ?"
        return str(self.airflow.sql(query, dag_id, run_id)[0][0])

    def import_connections(self, connections: dict[str, Any]) -> None:
        """Make connections in Airflow."""
        written = self.home / "connections.json"
        written.write_text(json.dumps(connections))
        self.airflow.run("connections", "import", "--overwrite", str(written))

    def stored(self, conn_id: str) -> Any:
        """Return a connection as Airflow keeps it."""
        (fields,) = json.loads(self.airflow.run("connections", "get", conn_id, "--output", "json"))
        return SimpleNamespace(**fields)

    def stop(self, number: int) -> list[psutil.Process]:
        """End it as Ctrl-C or a service manager does; return the processes that are left."""
        mine = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        self.process.wait(PATIENCE_SECONDS)
        return [one for one in mine if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Give Airflow and the sandbox, both running."""
    both = Up(tmp_path_factory.mktemp("up"))
    try:
        both.start()
        yield both
    finally:
        both.stop(signal.SIGTERM)


class _Complaints(list[str]):
    """Those but one: Airflow 2.11's own page of a connection sets what it has not."""

    def append(self, complaint: str) -> None:
        if complaint != "uncaught: Cannot set properties of undefined (setting 'autocomplete')":
            super().append(complaint)


@pytest.fixture
def complaints() -> list[str]:
    """Collect what no page should do."""
    return _Complaints()


@pytest.fixture
def sandbox(up: Up) -> Sandbox:
    """Give the sandbox that the connection `cekat_default` reaches."""
    return up.sandbox


@pytest.fixture
def pages(up: Up, new_page: Callable[..., Page], complaints: list[str]) -> Iterator[Pages]:
    """Give Airflow's pages, logged in where that is needed."""
    window = new_page(viewport={"width": 1360, "height": 850})
    shown = pages_of(version("apache-airflow"), window, up.url, up.moment_of)
    shown.log_in("admin", "admin")
    yield shown
    # What Airflow's own scripts complain of is not ours; a request to another host would be.
    complaints[:] = [said for said in complaints if said.startswith("request to another host")]
