"""An Airflow on this machine, each component its own process, on SQLite, in a folder of its own.

The demo, `make up`, the benchmarks and the tests that want a real scheduler start it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
IS_2 = version("apache-airflow").startswith("2.")


def free_port(wanted: int = 0) -> int:
    """Return a port that nothing listens on: the one that is wanted, or another where that is taken."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as free:
            return int(free.getsockname()[1])
    except OSError:
        return free_port()


def get(url: str) -> Any:
    """Return the JSON of an address on this machine, past any proxy, or None where nothing answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError, json.JSONDecodeError), direct.open(url, timeout=10) as answer:
        return json.load(answer)


class LocalAirflow:
    """Starts Airflow's processes, and ends every one of them with the `with` block, whatever they forked.

    `with LocalAirflow(home) as airflow:` starts nothing yet; `airflow.up()` does.

    :param home: an empty folder. The DAG files in its `dags/` are read; logs come to its `logs/`.
    :param settings: more of Airflow's environment.
    :param triggerer: with a triggerer.
    :param pages: with the web pages, and the public API, on `airflow.url`. Airflow 3 lets everybody on this machine in;
        2.11 asks for `airflow.login`.
    :param port: where `airflow.url` should be, if it is free.
    """

    def __init__(
        self,
        home: Path,
        settings: Mapping[str, str] | None = None,
        *,
        triggerer: bool = False,
        pages: bool = False,
        port: int = 0,
    ) -> None:
        self.home = home
        for folder in ("dags", "logs"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        self.port = free_port(port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.login = ("admin", "admin") if IS_2 and pages else None
        listen = ("--port", str(self.port))
        self.components: dict[str, tuple[str, ...]] = {"scheduler": ("--skip-serve-logs",)}
        if IS_2 and pages:
            self.components["webserver"] = ("--workers", "1", "--hostname", "127.0.0.1", *listen)
        if not IS_2:
            apps = () if pages else ("--apps", "execution")
            self.components["api-server"] = ("--workers", "1", "--host", "127.0.0.1", *listen, *apps)
            self.components["dag-processor"] = ()
        if triggerer:
            self.components["triggerer"] = ("--skip-serve-logs",)
        # No setting, connection or proxy of the caller's reaches this Airflow.
        kept = {name: value for name, value in os.environ.items() if not name.lstrip("_").startswith("AIRFLOW")}
        self.env = {
            **kept,
            # 2.11 starts its tasks as `airflow tasks run`.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(home / "dags")]),
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout=60",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            # On SQLite 2.11 insists on its SequentialExecutor, which loads Airflow anew for each task: seconds each.
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
            **(settings or {}),
        }

    def __enter__(self) -> LocalAirflow:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def up(self) -> None:
        """Make the database and start the components; back when the API server, where there is one, answers."""
        # The mark is as old as the database: seconds of each later start.
        made = self.home / f"airflow-{version('apache-airflow')}.made"
        if not (made.exists() and (self.home / "airflow.db").exists()):
            self.run("db", "migrate")
            made.touch()
        for name in self.components:
            self.start(name)
        if self.login and not self.sql("SELECT 1 FROM ab_user WHERE username = ?", self.login[0]):
            name, password = self.login
            who = ("--firstname", "A", "--lastname", "B", "--email", "a@example.com")
            self.run("users", "create", "--username", name, "--password", password, "--role", "Admin", *who)
        if "api-server" in self.components:
            self.wait_for("the API server", lambda: get(f"{self.url}/execution/health"))
        if "webserver" in self.components:
            self.wait_for("the webserver", lambda: get(f"{self.url}/health"))

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a component of Airflow's, or `python -m command…`, in a session of its own; its output is a log."""
        command = command or ("airflow", name, *self.components[name])
        with (self.home / "logs" / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self._processes[name]

    def run(self, *command: str) -> str:
        """Run one of Airflow's commands to its end; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *command],
            cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"airflow {command[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def pid(self, name: str) -> int:
        """Return a process's id."""
        return self._processes[name].pid

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """Signal a process and all that it forked."""
        process = self._processes.pop(name)
        _end({process.pid}, [process], signal_number)

    def stop(self) -> None:
        """End all."""
        processes = list(self._processes.values())
        with _unstoppable():
            _end(self.sessions, processes, signal.SIGTERM)
        self._processes.clear()

    def trigger(self, dag_id: str, run_id: str | None = None, conf: Mapping[str, Any] | None = None) -> None:
        """Start a run of a DAG as soon as the DAG has been read."""
        self.wait_for(f"{dag_id} to be read", lambda: self.sql("SELECT 1 FROM serialized_dag WHERE dag_id = ?", dag_id))
        named = ("--run-id", run_id) if run_id else ()
        self.run("dags", "trigger", dag_id, "--conf", json.dumps(conf or {}), *named)

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read Airflow's own record."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=60)) as db:
            return db.execute(query, values).fetchall()

    def states(self) -> dict[str, int]:
        """Count the task instances by their state."""
        return {str(state): many for state, many in self.sql("SELECT state, count(*) FROM task_instance GROUP BY 1")}

    def wait_for_run(self, dag_id: str, run_id: str, limit_seconds: float = 600) -> str:
        """Wait until a run is over; return its state."""

        def state() -> str | None:
            rows = self.sql("SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?", dag_id, run_id)
            return rows[0][0] if rows and rows[0][0] in ("success", "failed") else None

        return str(self.wait_for(f"the run {run_id}", state, limit_seconds))

    def wait_for(self, what: str, done: Callable[[], Any], limit_seconds: float = 300) -> Any:
        """Wait until `done` gives something true, and return it; raise when a process ends before."""
        until = time.monotonic() + limit_seconds
        while not (result := done()):
            for name, process in self._processes.items():
                if process.poll():
                    raise RuntimeError(f"{name} ended with exit code {process.returncode}:\n{self.log(name)}")
            if time.monotonic() > until:
                raise RuntimeError(f"waited {limit_seconds:g} s for {what}: {self.states()}")
            time.sleep(0.2)
        return result

    @property
    def sessions(self) -> set[int]:
        """The session ids of the processes that run; all that they forked is in one of them."""
        return {process.pid for process in self._processes.values()}

    def log(self, name: str) -> str:
        """Return the end of a process's log."""
        return "\n".join((self.home / "logs" / f"{name}.log").read_text(errors="replace").splitlines()[-40:])


def _end(sessions: set[int], processes: list[subprocess.Popen[bytes]], signal_number: int) -> None:
    """Signal every process of these sessions, and kill after three seconds what has not ended."""
    for attempt in range(150):
        left = list(_of(sessions))
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number if attempt == 0 else signal.SIGKILL if attempt > 30 else 0)
        for process in processes:
            process.poll()  # or it would stay as a zombie
        if not left:
            return
        time.sleep(0.1)


@contextlib.contextmanager
def _unstoppable() -> Iterator[None]:
    """Let no second Ctrl-C end what ends the processes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _of(sessions: set[int]) -> Iterator[int]:
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) in sessions:
                yield pid
