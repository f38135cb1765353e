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
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from local_airflow import LocalAirflow
from playwright.sync_api import Browser, BrowserContext, Request
from up import CONVERSATION

from cekat_provider.sandbox.client import Sandbox

from ..conftest import PATIENCE_MS, leaves
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


@dataclass(frozen=True)
class Asked:
    """A run in which a DAG asks a customer."""

    dag_id: str
    name: str
    number: str
    conversation: str
    question: str


RUN = "INV-7"
WAIT = Asked("cekat_send_and_wait", "Budi Contoh", "6281234567890", CONVERSATION, "Apakah alamat Anda sudah benar?")
ASK = Asked(
    "cekat_ask", "Siti Contoh", "6281298765490", "00000000-0000-4000-8000-000000000001", "Kirim hari ini?"
)  # fmt: skip


class Up:
    """`make up` on free ports, in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.printed = ""
        # Started by the command and not by this one, which reads its record.
        self.airflow = LocalAirflow(home / "up", pages=True)

    def command(self) -> subprocess.Popen[str]:
        """Run it, where it was before if it was; what it prints comes to a file."""
        airflow, sandbox = (url.rpartition(":")[2] for url in (self.url, self.sandbox.url)) if self.printed else "00"
        with (self.home / "printed").open("w") as printed:
            return subprocess.Popen(
                [sys.executable, str(ROOT / "scripts" / "up.py"), "--port", airflow, "--sandbox-port", sandbox],
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

    def ask(self) -> None:
        """Have two DAGs ask their customers, while the tests look at the connection's form."""
        self.sandbox.conversation(ASK.number, id=ASK.conversation, name=ASK.name)
        self.sandbox.reply("Halo, pesanan saya siap?", conversation_id=ASK.conversation)
        for one in (WAIT, ASK):
            self.airflow.trigger(one.dag_id, RUN, {"receiver": one.number})

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
        both.ask()
        yield both
    finally:
        both.stop(signal.SIGTERM)


@pytest.fixture
def sandbox(up: Up) -> Sandbox:
    """Give the sandbox that the connection `cekat_default` reaches."""
    return up.sandbox


@pytest.fixture(scope="package")
def window(up: Up, browser: Browser) -> Iterator[BrowserContext]:
    """Give one profile to all tests: they log in once, and fetch Airflow's scripts once."""
    context = browser.new_context(viewport={"width": 1360, "height": 850}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    pages_of(version("apache-airflow"), page, up.url, up.moment_of).log_in("admin", "admin")
    page.close()
    yield context
    context.close()


@pytest.fixture
def pages(up: Up, window: BrowserContext) -> Iterator[Pages]:
    """Give Airflow's pages in a tab of their own. What Airflow's scripts complain of is not ours; whom they ask is."""
    asked: list[str] = []

    def watch(request: Request) -> None:
        if leaves(request):
            asked.append(request.url)

    window.on("request", watch)
    yield pages_of(version("apache-airflow"), window.new_page(), up.url, up.moment_of)
    window.remove_listener("request", watch)
    for page in window.pages:
        page.close()
    assert not asked, f"requests to other hosts: {asked}"
