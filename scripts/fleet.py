"""An Airflow as teams run it: CeleryExecutor on PostgreSQL and Redis, two triggerers, two workers, each a process."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fleet_services import Services
from local_airflow import LocalAirflow

#: What a name's first word starts.
_COMMANDS = {"worker": ("celery", "worker")}
_SERVICES = ("postgres", "redis")


class Fleet(LocalAirflow):
    """Starts and ends all of it; what ends by itself is started again, as systemd or Kubernetes does.

    :param home: an empty folder.
    :param settings: more of Airflow's environment.
    :param concurrency: tasks at once in each worker.
    """

    def __init__(self, home: Path, settings: Mapping[str, str], *, concurrency: int) -> None:
        self.services = Services()
        always = {
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": str(concurrency),
            "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
            # Each of these is minutes by default; here deaths are many and patience is short.
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "40",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
        }
        super().__init__(home, {**always, **self.services.settings, **settings}, pages=True)
        self.components["triggerer 1"] = self.components["triggerer 2"] = ("--skip-serve-logs",)
        for name in ("worker 1", "worker 2"):
            pid_file = str(home / f"{name}.pid")
            self.components[name] = (
                "--skip-serve-logs", "--without-mingle", "--without-gossip", "--pid", pid_file,
                "--celery-hostname", f"{name.replace(' ', '')}@%h",
            )  # fmt: skip
        #: More of the environment of single processes, by their names (``worker 2``).
        self.own: dict[str, Mapping[str, str]] = {}
        self._down: set[str] = set()
        #: Processes that ended by themselves and were started again.
        self.ended: list[str] = []

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.services.remove()

    def up(self) -> None:
        """Start all; back when the API server answers."""
        self.services.make()
        for name in _SERVICES:
            self.start(name)
        super().up()

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a component, a service, or `python -m command…`."""
        self._down.discard(name)
        if name in _SERVICES:
            line, user = self.services.command(name)
            with (self.home / "logs" / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    line, cwd=self.services.folder, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **user,
                )  # fmt: skip
            self.wait_for(name, lambda: self.services.listens(name))
            return self._processes[name]
        if not command:
            kind = name.split()[0]
            command = ("airflow", *_COMMANDS.get(kind, (kind,)), *self.components[name])
        (self.home / f"{name}.pid").unlink(missing_ok=True)
        before = self.env
        self.env = {**before, **self.own.get(name, {})}
        try:
            return super().start(name, *command)
        finally:
            self.env = before

    def kill(self, name: str, *args: Any) -> None:
        """End a process the hard way; it stays down until it is started."""
        super().kill(name, *args)
        self._down.add(name)

    def tend(self) -> None:
        """Start again what has ended by itself."""
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                if name not in (*self.components, *_SERVICES):
                    raise RuntimeError(f"{name} ended with exit code {process.returncode}:\n{self.log(name)}")
                self.ended.append(name)
                # What it forked goes with it.
                super().kill(name)
                self.start(name)

    def wait_for(self, what: str, done: Callable[[], Any], limit_seconds: float = 300) -> Any:
        """Wait until `done` gives something true, and return it."""
        until = time.monotonic() + limit_seconds
        while not (result := done()):
            self.tend()
            if time.monotonic() > until:
                raise RuntimeError(f"waited {limit_seconds:g} s for {what}")
            time.sleep(0.5)
        return result

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read Airflow's own record; nothing while the database is away."""
        import psycopg2

        try:
            connection = psycopg2.connect(self.services.dsn)
        except psycopg2.OperationalError:
            return []
        try:
            with connection.cursor() as cursor:
                cursor.execute(query.replace("?", "%s"), values)
                return list(cursor.fetchall())
        except psycopg2.OperationalError:
            return []
        finally:
            connection.close()

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Call Airflow's public API."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{self.url}/auth/token", timeout=60) as answer:
            token = json.load(answer)["access_token"]
        request = urllib.request.Request(  # noqa: S310 - this machine's
            f"{self.url}/api/v2{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with direct.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from None
