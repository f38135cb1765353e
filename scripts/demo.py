"""`make demo`: a DAG asks a customer on the local Cekat, and goes on when the answer comes.

Runs `example_dags/cekat_send_and_wait.py` on a real Airflow (its scheduler, on SQLite) in a temporary folder.
Exits 0 only if Airflow's own record says that the task after the wait acted on the customer's answer.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local_airflow import ROOT, LocalAirflow, get

DAG_ID = "cekat_send_and_wait"
KEY = secrets.token_urlsafe(24)
seen: dict[str, str] = {}


def say(what: str, more: str = "") -> None:
    """Print a line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {what:<22}  {more}".rstrip(), flush=True)


def returned(airflow: LocalAirflow, task: str) -> Any:
    """Return what a task left as XCom."""
    rows = airflow.sql("SELECT value FROM xcom WHERE task_id = ? AND key = 'return_value'", task)
    return json.loads(rows[0][0]) if rows else None


def show_news(airflow: LocalAirflow, sandbox: str) -> bool:
    """Print the messages and task states that are new; tell whether the run is over."""
    over = bool(airflow.sql("SELECT 1 FROM dag_run WHERE state IN ('success', 'failed')"))
    states = airflow.sql("SELECT task_id, state FROM task_instance ORDER BY start_date")
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


def talk(airflow: LocalAirflow, reply: str) -> None:
    """Start the sandbox and Airflow, and show what is said until the run is over."""
    ready = airflow.home / "sandbox.json"
    options = ("--memory", "--port", "0", "--ready-file", str(ready), "--auto-reply", reply, "--after", "2")
    airflow.start("sandbox", "cekat_provider.sandbox", *options)
    airflow.wait_for("the sandbox", ready.exists)
    sandbox = json.loads(ready.read_text())["url"]
    say(f"the sandbox listens on {sandbox}; Airflow {version('apache-airflow')} starts")
    connection = {"conn_type": "cekat", "host": sandbox, "password": KEY}
    airflow.env["AIRFLOW_CONN_CEKAT_DEFAULT"] = json.dumps(connection)
    airflow.up()
    airflow.trigger(DAG_ID)
    say(f"the DAG {DAG_ID} is triggered")
    airflow.wait_for("the run", lambda: show_news(airflow, sandbox))


def verdict(airflow: LocalAirflow, reply: str) -> str:
    """Return the sentence that ends the demo, or raise where Airflow's record does not bear it out."""
    taken, other = ("confirmed", "declined")[:: 1 if reply.casefold().startswith("ya") else -1]
    heard = [message["text"] for message in returned(airflow, "wait_for_answer") or []]
    states = dict(airflow.sql("SELECT task_id, state FROM task_instance"))
    if heard != [reply] or (states[taken], states[other]) != ("success", "skipped"):
        raise RuntimeError(f"{reply!r} should have led to {taken} alone; heard {heard}, states {states}")
    return f"Done: the answer “{heard[0]}” led the DAG to {taken}, which says: {returned(airflow, taken)}."


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
        (home / "dags").mkdir()
        shutil.copy(ROOT / "example_dags" / f"{DAG_ID}.py", home / "dags")
        settings = {"CEKAT_SANDBOX_API_KEY": KEY, "AIRFLOW__CORE__PARALLELISM": "1"}
        with LocalAirflow(home, settings) as airflow:
            try:
                talk(airflow, reply)
                print(f"\n{verdict(airflow, reply)}")
            except KeyboardInterrupt:
                print("\nInterrupted.", file=sys.stderr)
                return 130
            except Exception as error:
                print(f"{keep_log(home)}\nThe demo failed: {error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
