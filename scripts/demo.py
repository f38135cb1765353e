"""The demo of `make demo`: a DAG asks a customer on the local Cekat, and goes on when the answer comes.

Runs `example_dags/cekat_send_and_wait.py` on a real Airflow (scheduler, LocalExecutor, SQLite) in a temporary folder.
Exits 0 only if Airflow's own record says that the task after the wait acted on the customer's answer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import psutil

ROOT = Path(__file__).resolve().parents[1]
DAG_ID = "cekat_send_and_wait"
LIMIT_SECONDS = 300
AIRFLOW = version("apache-airflow")
BEFORE_3 = AIRFLOW.startswith("2.")


class Failed(Exception):
    """The demo did not get where it should."""


class Demo:
    """One Airflow and one sandbox in a temporary folder, and the processes that belong to them."""

    def __init__(self, home: Path, reply: str) -> None:
        self.home, self.reply = home, reply
        self.deadline = time.monotonic() + LIMIT_SECONDS
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.seen: dict[str, str] = {}
        (home / "dags").mkdir()
        (home / "logs").mkdir()
        shutil.copy(ROOT / "example_dags" / f"{DAG_ID}.py", home / "dags")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.api = f"http://127.0.0.1:{free.getsockname()[1]}"
        # No setting, connection or proxy of the caller's may reach this Airflow.
        self.env = {k: v for k, v in os.environ.items() if not k.lstrip("_").startswith("AIRFLOW")}
        self.env |= {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "CEKAT_SANDBOX_API_KEY": secrets.token_urlsafe(24),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.api}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "1",
            # 2.11 wants its SequentialExecutor on SQLite, which starts a new Airflow for each task: 40 s more here.
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
        }

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a command with its output in a log; it dies with the demo."""
        with (self.home / "logs" / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C comes to the demo alone, which ends the others
            )
        self.processes[name] = process
        return process

    def wait_for(self, what: str, done: Callable[[], Any]) -> Any:
        """Return what `done` gives once that is true."""
        while not (result := done()):
            for name, process in self.processes.items():
                if process.poll():
                    raise Failed(f"{name} ended with exit code {process.returncode}")
            if time.monotonic() > self.deadline:
                raise Failed(f"waited {LIMIT_SECONDS} s, the last part of it for {what}")
            time.sleep(0.1)
        return result

    def run(self, name: str, *arguments: str) -> None:
        """Run an `airflow` command to its end."""
        process = self.start(name, "airflow", *arguments)
        self.wait_for(name, lambda: process.poll() is not None)
        if process.returncode:
            raise Failed(f"{name} ended with exit code {process.returncode}")

    def record(self, query: str) -> list[tuple[Any, ...]]:
        """Read Airflow's database."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(query).fetchall()

    def xcom(self, task_id: str) -> Any:
        """Return what a task returned, from Airflow's database."""
        found = self.record(f"SELECT value FROM xcom WHERE task_id = '{task_id}' AND key = 'return_value'")
        return json.loads(found[0][0]) if found else None

    def states(self) -> dict[str, str]:
        """Return each task's state, from Airflow's database."""
        return dict(self.record(f"SELECT task_id, state FROM task_instance WHERE dag_id = '{DAG_ID}'"))

    def talk(self) -> None:
        """Start everything, and show what is said until the run is over."""
        ready = self.home / "sandbox.json"
        self.start(
            "sandbox", "cekat_provider.sandbox", "--memory", "--port", "0", "--ready-file", str(ready),
            "--auto-reply", self.reply, "--after", "2",
        )  # fmt: skip
        say(f"Airflow {AIRFLOW} makes its database")
        self.run("db-migrate", "db", "migrate")
        self.wait_for("the sandbox", ready.exists)
        self.sandbox = json.loads(ready.read_text())["url"]
        say(f"the sandbox, a Cekat on this machine, listens on {self.sandbox}")
        key = self.env["CEKAT_SANDBOX_API_KEY"]
        self.env["AIRFLOW_CONN_CEKAT_DEFAULT"] = json.dumps(
            {"conn_type": "cekat", "host": self.sandbox, "password": key}
        )
        say("Airflow starts")
        if not BEFORE_3:
            self.start("api-server", "airflow", "api-server", "--apps", "execution", "--workers", "1",
                       "--host", "127.0.0.1", "--port", self.api.rpartition(":")[2])  # fmt: skip
            self.start("dag-processor", "airflow", "dag-processor")
        self.start("scheduler", "airflow", "scheduler", "--skip-serve-logs")
        self.wait_for("the DAG to be read", lambda: self.record("SELECT 1 FROM serialized_dag"))
        self.wait_for("the API server", lambda: BEFORE_3 or get(f"{self.api}/execution/health"))
        say(f"the DAG {DAG_ID} is triggered")
        self.run("trigger", "dags", "trigger", DAG_ID)
        self.wait_for("the run", self.show_what_is_new)

    def show_what_is_new(self) -> bool:
        """Print messages and task states that were not there before; tell whether the run is over."""
        over = bool(self.record("SELECT 1 FROM dag_run WHERE state IN ('success', 'failed')"))
        states = self.states()
        for message in get(f"{self.sandbox}/sandbox/messages") or []:
            if message["id"] not in self.seen:
                self.seen[message["id"]] = "said"
                inbound = message["sent_by_type"] == "user"
                customer = f"customer …{message['contact']['phone_number'][-2:]}"
                say(f"{customer} → DAG" if inbound else f"DAG → {customer}", message["message"])
        for task, state in states.items():
            if state not in (None, "scheduled", "queued", self.seen.get(task)):
                self.seen[task] = state
                say(f"task {task}", state)
        return over

    def verdict(self) -> str:
        """Return the sentence that ends the demo, or raise where Airflow's record says otherwise."""
        expected, other = ("confirmed", "declined")[:: 1 if self.reply.casefold().startswith("ya") else -1]
        states, heard = self.states(), self.xcom("wait_for_answer") or []
        if [message["text"] for message in heard] != [self.reply]:
            raise Failed(f"wait_for_answer returned {heard!r}, not the customer's answer {self.reply!r}")
        if (states[expected], states[other]) != ("success", "skipped"):
            raise Failed(f"after {self.reply!r} {expected} should have run and {other} not, but: {states}")
        return f"The customer's “{heard[0]['text']}” made the DAG go on with {expected}: {self.xcom(expected)}."

    def stop(self) -> None:
        """End every process of the demo, those that Airflow started too."""
        started = [psutil.Process(p.pid) for p in self.processes.values() if p.poll() is None]
        ours = started + [child for parent in started for child in parent.children(recursive=True)]
        for process in started:
            process.terminate()
        _, left = psutil.wait_procs(ours, timeout=5)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=5)

    def keep_log(self) -> tuple[Path, str]:
        """Join all logs, the tasks' own last, in the folder that `make clean` removes; return it and its end."""
        kept = Path(os.environ.get("AIRFLOW_HOME", ROOT / ".airflow")) / "demo.log"
        kept.parent.mkdir(parents=True, exist_ok=True)
        logs = sorted((self.home / "logs").rglob("*.log"), key=lambda log: ("attempt" in log.name, log.stat().st_mtime))
        text = "".join(f"==> {log.name} <==\n{log.read_text(errors='replace')}\n" for log in logs)
        kept.write_text(text)
        return kept, "\n".join(text.splitlines()[-40:])


def get(url: str) -> Any:
    """Return a loopback address's JSON, or None where nothing answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None


def say(what: str, more: str = "") -> None:
    """Print a line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {what:<24}  {more}".rstrip(), flush=True)


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="cekat-demo-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def interrupt(number: int, frame: object) -> NoReturn:
    """Turn a signal into an exception, so that the clean-up runs."""
    raise KeyboardInterrupt


def main() -> int:
    """Run the demo."""
    parser = argparse.ArgumentParser(description="A DAG asks a customer on the local Cekat, and waits.")
    parser.add_argument("--reply", default="Ya, benar", help="what the customer answers (default: %(default)s)")
    reply = parser.parse_args().reply
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    began = time.monotonic()
    with temporary_home() as home:
        demo = Demo(home, reply)
        try:
            demo.talk()
            print(f"\n{demo.verdict()} ({time.monotonic() - began:.0f} s)")
            return 0
        except KeyboardInterrupt:
            print("\nThe demo was interrupted.", file=sys.stderr)
            return 130
        except Exception as error:
            kept, end = demo.keep_log()
            print(f"{end}\n\nThe demo failed: {error}\nAirflow's log: {kept}", file=sys.stderr)
            return 1
        finally:
            demo.stop()


if __name__ == "__main__":
    sys.exit(main())
