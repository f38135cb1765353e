"""`make demo`: a DAG asks a customer on the local Cekat, and goes on when the answer comes.

Runs `example_dags/cekat_send_and_wait.py` on a real Airflow (its scheduler, on SQLite) in a temporary folder.
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
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
DAG_ID = "cekat_send_and_wait"
AIRFLOW = version("apache-airflow")
LIMIT_SECONDS = 300
KEY = secrets.token_urlsafe(24)
started: dict[str, subprocess.Popen[bytes]] = {}
seen: dict[str, str] = {}


def environment(home: Path, api: str) -> dict[str, str]:
    """Return the processes' environment: no setting, connection or proxy of the caller's reaches this Airflow."""
    kept = {name: value for name, value in os.environ.items() if not name.lstrip("_").startswith("AIRFLOW")}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "CEKAT_SANDBOX_API_KEY": KEY,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{api}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db?timeout=60",
        # On SQLite 2.11 insists on its SequentialExecutor, which loads Airflow anew for each task: seconds each.
        "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
    }


def start(env: dict[str, str], name: str, *command: str) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own (so that Ctrl-C reaches the demo alone), its output in a log."""
    with Path(env["AIRFLOW_HOME"], "logs", f"{name}.log").open("wb") as log:
        started[name] = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    return started[name]


def wait_for(what: str, done: Callable[[], Any]) -> None:
    """Wait until `done` gives something true."""
    until = time.monotonic() + LIMIT_SECONDS
    while not done():
        for name, process in started.items():
            if process.poll():
                raise RuntimeError(f"{name} ended with exit code {process.returncode}")
        if time.monotonic() > until:
            raise RuntimeError(f"waited {LIMIT_SECONDS} s for {what}")
        time.sleep(0.2)


def stop() -> None:
    """End all processes of the sessions that were started: what Airflow forks stays in them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions = {process.pid for process in started.values()}
    for attempt in range(100):
        left = False
        for pid in psutil.pids():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getsid(pid) in sessions:
                    os.kill(pid, signal.SIGTERM if attempt == 0 else signal.SIGKILL if attempt > 30 else 0)
                    left = True
        if not left:
            return
        time.sleep(0.1)
        for process in started.values():
            process.poll()  # or it would stay as a zombie


def get(url: str) -> Any:
    """Return the JSON of an address on this machine, or None where nothing answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), direct.open(url, timeout=10) as answer:
        return json.load(answer)


def say(what: str, more: str = "") -> None:
    """Print a line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {what:<22}  {more}".rstrip(), flush=True)


def record(home: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    """Read Airflow's database."""
    with contextlib.closing(sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=60)) as db:
        return db.execute(query, values).fetchall()


def returned(home: Path, task: str) -> Any:
    """Return what a task left as XCom."""
    rows = record(home, "SELECT value FROM xcom WHERE task_id = ? AND key = 'return_value'", task)
    return json.loads(rows[0][0]) if rows else None


def show_news(home: Path, sandbox: str) -> bool:
    """Print the messages and task states that are new; tell whether the run is over."""
    over = bool(record(home, "SELECT 1 FROM dag_run WHERE state IN ('success', 'failed')"))
    states = record(home, "SELECT task_id, state FROM task_instance ORDER BY start_date")
    for message in get(f"{sandbox}/sandbox/messages") or []:
        if seen.setdefault(message["id"], "") != "said":
            seen[message["id"]] = "said"
            customer = f"customer …{message['contact']['phone_number'][-2:]}"
            ends = (customer, "DAG") if message["sent_by_type"] == "user" else ("DAG", customer)
            say(" → ".join(ends), message["message"])
    for task, state in states:
        if state not in (None, "scheduled", "queued", seen.get(task)):
            seen[task] = state
            say(f"  {task}", f"  {state}")
    return over


def talk(home: Path, reply: str) -> None:
    """Start the sandbox and Airflow, and show what is said until the run is over."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    api, ready = f"http://127.0.0.1:{port}", home / "sandbox.json"
    env = environment(home, api)
    say(f"Airflow {AIRFLOW} makes its database")
    options = ("--memory", "--port", "0", "--ready-file", str(ready), "--auto-reply", reply, "--after", "2")
    start(env, "sandbox", "cekat_provider.sandbox", *options)
    migration = start(env, "db-migrate", "airflow", "db", "migrate")
    wait_for("the sandbox and the database", lambda: ready.exists() and migration.poll() == 0)
    sandbox = json.loads(ready.read_text())["url"]
    say(f"Airflow starts; the sandbox listens on {sandbox}")
    env["AIRFLOW_CONN_CEKAT_DEFAULT"] = json.dumps({"conn_type": "cekat", "host": sandbox, "password": KEY})
    before_3 = AIRFLOW.startswith("2.")  # whose scheduler reads the DAGs, and whose tasks need no API
    if not before_3:
        options = ("--apps", "execution", "--workers", "1", "--host", "127.0.0.1", "--port", port)
        start(env, "api-server", "airflow", "api-server", *options)
        start(env, "dag-processor", "airflow", "dag-processor")
    start(env, "scheduler", "airflow", "scheduler", "--skip-serve-logs")
    wait_for("the DAG to be read", lambda: record(home, "SELECT 1 FROM serialized_dag"))
    wait_for("the API server", lambda: before_3 or get(f"{api}/execution/health"))
    say(f"the DAG {DAG_ID} is triggered")
    start(env, "trigger", "airflow", "dags", "trigger", DAG_ID)
    wait_for("the run", lambda: show_news(home, sandbox))


def verdict(home: Path, reply: str) -> str:
    """Return the sentence that ends the demo, or raise where Airflow's record does not bear it out."""
    taken, other = ("confirmed", "declined")[:: 1 if reply.casefold().startswith("ya") else -1]
    heard = [message["text"] for message in returned(home, "wait_for_answer") or []]
    states = dict(record(home, "SELECT task_id, state FROM task_instance"))
    if heard != [reply] or (states[taken], states[other]) != ("success", "skipped"):
        raise RuntimeError(f"{reply!r} should have led to {taken} alone; heard {heard}, states {states}")
    return f"Done: the answer “{heard[0]}” led the DAG to {taken}, which says: {returned(home, taken)}."


def keep_log(home: Path) -> str:
    """Join all logs, the tasks' own last, in the folder that `make clean` removes; return the end of it."""
    kept = Path(os.environ.get("AIRFLOW_HOME", ROOT / ".airflow"), "demo.log")
    kept.parent.mkdir(parents=True, exist_ok=True)
    logs = sorted(home.glob("logs/**/*.log"), key=lambda log: ("attempt" in log.name, log.stat().st_mtime))
    kept.write_text("".join(f"==> {log.name} <==\n{log.read_text(errors='replace')}\n" for log in logs))
    end = [line[:200] for line in kept.read_text().splitlines()[-30:]]
    return "\n".join([*end, "", f"The whole log is {kept}"])


def main() -> int:
    """Run the demo."""
    parser = argparse.ArgumentParser(description="A DAG asks a customer on the local Cekat, and waits for the answer.")
    parser.add_argument("--reply", default="Ya, benar", help="what the customer answers (default: %(default)s)")
    reply = parser.parse_args().reply
    sys.stdout.reconfigure(errors="replace")  # arrows, on a terminal that may know none
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="cekat-demo-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        (home / "logs").mkdir()
        (home / "dags").mkdir()
        shutil.copy(ROOT / "example_dags" / f"{DAG_ID}.py", home / "dags")
        try:
            talk(home, reply)
            print(f"\n{verdict(home, reply)}")
        except KeyboardInterrupt:
            print("\nInterrupted.", file=sys.stderr)
            return 130
        except Exception as error:
            print(f"{keep_log(home)}\nThe demo failed: {error}", file=sys.stderr)
            return 1
        finally:
            stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
