"""A whole Airflow on this machine: each component its own process, on SQLite, in a throw-away home."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
IS_2 = version("apache-airflow").startswith("2.")
COMPONENTS = ("scheduler", "triggerer") if IS_2 else ("api-server", "scheduler", "dag-processor", "triggerer")


class RunningAirflow:
    """Starts an Airflow, and ends every process of it.

    :param home: an empty folder.
    :param dag: the source of a DAG file.
    :param connections: id → connection.
    :param settings: more of Airflow's environment.
    """

    def __init__(
        self, home: Path, dag: str, connections: dict[str, Any], settings: dict[str, str] | None = None
    ) -> None:
        self.home = home
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        dags = home / "dags"
        dags.mkdir()
        (dags / "cekat_under_test.py").write_text(dag)
        port, worker_port, trigger_port = (_free_port() for _ in range(3))
        self.env = {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "HOME": str(home),
            # 2.11 starts its tasks as `airflow tasks run`.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(dags)]),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__EXECUTOR": "SequentialExecutor" if IS_2 else "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "16",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_port),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_port),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__TRIGGERER__DEFAULT_CAPACITY": "2000",
            "AIRFLOW__TRIGGERER__CAPACITY": "2000",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(one) for name, one in connections.items()},
            **(settings or {}),
        }

    def __enter__(self) -> RunningAirflow:
        try:
            self.run("db", "migrate")
            for name in COMPONENTS:
                self.start(name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(self, *arguments: str) -> str:
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=self.env,
            cwd=self.home,
            check=False,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def start(self, name: str) -> None:
        """Start a component, in a process group of its own."""
        with (self.home / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", name],
                env=self.env,
                cwd=self.home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> None:
        """End a component and all that it has started."""
        process = self._processes.pop(name)
        # Our own group: `start_new_session` made its id the process's.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)

    def stop(self) -> None:
        """End everything."""
        for name in list(self._processes):
            self.kill(name, signal.SIGTERM)

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Read Airflow's database."""
        with closing(sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(sql, values).fetchall()

    def states(self) -> dict[str, int]:
        """Count the task instances by their state."""
        return {str(state): many for state, many in self.query("SELECT state, count(*) FROM task_instance GROUP BY 1")}

    def wait_until(self, what: str, true: Callable[[], Any], seconds: float = 120) -> Any:
        """Wait until something is true, or fail and tell what the components said."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if got := true():
                    return got
            except sqlite3.OperationalError:
                pass  # no tables yet
            dead = [name for name, process in self._processes.items() if process.poll() is not None]
            if dead:
                break
            time.sleep(0.2)
        said = "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self.home.glob("*.log"))
        raise AssertionError(f"Not within {seconds:g} s: {what}\n{self.states()}\n{said}")

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> None:
        """Start a run of a DAG as soon as the DAG is known."""
        self.wait_until(dag_id, lambda: self.query("SELECT 1 FROM serialized_dag WHERE dag_id = ?", dag_id))
        self.run("dags", "unpause", dag_id)
        self.run("dags", "trigger", dag_id, "--conf", json.dumps(conf or {}))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
