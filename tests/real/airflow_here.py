"""A real Airflow on this machine: its scheduler, LocalExecutor, SQLite, in a folder of its own."""

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
import time
import urllib.request
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
IS_2 = version("apache-airflow").startswith("2.")


class RealAirflow:
    """Airflow's own processes, ended with the `with` block, whatever they forked.

    :param home: an empty folder; `dags/` in it is read.
    :param settings: further environment variables.
    """

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        for folder in ("dags", "logs"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        kept = {name: value for name, value in os.environ.items() if not name.lstrip("_").startswith("AIRFLOW")}
        self.env = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), kept.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            "NO_PROXY": "127.0.0.1",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self.port}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout=60",
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
            **(settings or {}),
        }
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> RealAirflow:
        try:
            self.run("db", "migrate")
            if not IS_2:
                self.start("api-server", "--apps", "execution", "--workers", "1", "--port", self.port)
                self.start("dag-processor")
            self.start("scheduler", "--skip-serve-logs")
            if not IS_2:
                self.wait_for("the API server", self._healthy)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, *command: str) -> None:
        """Start one of Airflow's long-running commands in a session of its own."""
        with (self.home / "logs" / f"{command[0]}.log").open("wb") as log:
            self._started[command[0]] = subprocess.Popen(
                [sys.executable, "-m", "airflow", *command],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *command: str) -> None:
        """Run one of Airflow's commands to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *command], cwd=ROOT, env=self.env, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"airflow {command[0]}: {done.stdout[-3000:]!r} {done.stderr[-3000:]!r}")

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read Airflow's own record."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=60)) as db:
            return db.execute(query, values).fetchall()

    def trigger(self, dag_id: str, run_id: str) -> None:
        """Start a DAG run as soon as the DAG has been read."""
        self.wait_for("the DAG to be read", lambda: self.sql("SELECT 1 FROM serialized_dag WHERE dag_id = ?", dag_id))
        self.run("dags", "trigger", dag_id, "--run-id", run_id)

    def wait_for_run(self, dag_id: str, run_id: str, limit_seconds: float = 600) -> str:
        """Wait until a run is over; return its state."""

        def state() -> str | None:
            rows = self.sql("SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?", dag_id, run_id)
            return rows[0][0] if rows and rows[0][0] in ("success", "failed") else None

        return str(self.wait_for(f"the run {run_id}", state, limit_seconds))

    def wait_for(self, what: str, done: Callable[[], Any], limit_seconds: float = 300) -> Any:
        """Wait until `done` gives something true, and return it."""
        until = time.monotonic() + limit_seconds
        while not (result := done()):
            for name, process in self._started.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with exit code {process.returncode}:\n{self.log(name)}")
            if time.monotonic() > until:
                raise RuntimeError(f"waited {limit_seconds} s for {what}")
            time.sleep(0.2)
        return result

    def log(self, name: str) -> str:
        """Return the end of a process's log."""
        return "\n".join((self.home / "logs" / f"{name}.log").read_text(errors="replace").splitlines()[-40:])

    def stop(self) -> None:
        """End every process of the sessions that were started."""
        sessions = {process.pid for process in self._started.values()}
        for attempt in range(100):
            left = False
            for pid in psutil.pids():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    if os.getsid(pid) in sessions:
                        os.kill(pid, signal.SIGTERM if attempt == 0 else signal.SIGKILL if attempt > 20 else 0)
                        left = True
            for process in self._started.values():
                process.poll()  # or it would stay as a zombie
            if not left:
                return
            time.sleep(0.1)

    def _healthy(self) -> bool:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        address = f"http://127.0.0.1:{self.port}/execution/health"
        with contextlib.suppress(OSError, json.JSONDecodeError), direct.open(address, timeout=10) as answer:
            return bool(json.load(answer))
        return False
