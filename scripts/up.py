"""An Airflow and a Cekat on this machine to play with: `make up`.

Airflow has the DAGs of example_dags/ and the connection `cekat_default`; the sandbox's page is the customers' phone.
What was done is kept for the next time, in the folder `up` of Airflow's home; `make clean` removes it.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import math
import os
import signal
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import IO

from local_airflow import IS_2, ROOT, LocalAirflow, free_port

from cekat_provider.sandbox.client import Sandbox

HOME = Path(os.environ.get("AIRFLOW_HOME", ROOT / ".airflow"), "up")
#: The customer of the examples, in a conversation that `cekat_inbound` listens to.
CUSTOMER, CONVERSATION = "6281234567890", "00000000-0000-4000-8000-000000000000"
#: The sandbox's, that templates are sent from.
INBOX = "5f0c1f9e-0000-4000-8000-000000000001"


def only_one(home: Path) -> IO[str] | None:
    """Hold the folder for this process; None where another holds it."""
    home.mkdir(parents=True, exist_ok=True)
    lock = (home / "running").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        print(
            f"`make up` runs already, in {home}:\n{lock.read()}End it first, with Ctrl-C where it runs.",
            file=sys.stderr,
        )
        return None
    return lock


def start_sandbox(airflow: LocalAirflow, port: int) -> Sandbox:
    """Start a Cekat, with a customer who has just written, so that free-form messages reach them."""
    ready = airflow.home / "sandbox.json"
    ready.unlink(missing_ok=True)
    options = ("--db", str(airflow.home / "sandbox.sqlite"), "--port", str(free_port(port)), "--ready-file", str(ready))
    airflow.start("sandbox", "cekat_provider.sandbox", *options)
    airflow.wait_for("the sandbox", ready.exists)
    sandbox = Sandbox(json.loads(ready.read_text())["url"])
    known = {conversation["receiver"]: conversation for conversation in sandbox.conversations()}
    if CUSTOMER not in known:
        sandbox.conversation(CUSTOMER, id=CONVERSATION, name="Budi Contoh")
    if not known.get(CUSTOMER, {}).get("last_inbound_at") or not known[CUSTOMER]["window_open"]:
        sandbox.reply("Halo, saya mau tanya pesanan saya.", receiver=CUSTOMER)
    return sandbox


def connect(airflow: LocalAirflow, sandbox: Sandbox) -> None:
    """Set the connection, where the form shows it; one that reaches this sandbox stays as it was edited."""
    extra = {**sandbox.connection["extra"], "inbox_id": INBOX, "default_country_code": "62"}
    # The port apart: the Test of Airflow 3.3 refuses a stored connection without one.
    host, _, port = sandbox.url.rpartition(":")
    query = "SELECT 1 FROM connection WHERE conn_id = 'cekat_default' AND host = ? AND port = ?"
    if airflow.sql(query, host, int(port)):
        return
    connection = {**sandbox.connection, "host": host, "port": int(port), "extra": extra}
    written = airflow.home / "connections.json"
    written.write_text(json.dumps({"cekat_default": connection}))
    airflow.run("connections", "import", "--overwrite", str(written))


def welcome(airflow: LocalAirflow, sandbox: Sandbox) -> str:
    """Return what is where."""
    login = f"log in as {airflow.login[0]} / {airflow.login[1]}" if airflow.login else "no login"
    return (
        f"  Airflow {version('apache-airflow')}  {airflow.url}  ({login})\n"
        f"  Cekat sandbox   {sandbox.url}  (API key: {sandbox.api_key})\n"
    )


def main() -> int:
    """Run both until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Airflow with the example DAGs, and the local Cekat.")
    parser.add_argument("--port", type=int, default=8080, help="Airflow's, if it is free (default: %(default)s)")
    parser.add_argument("--sandbox-port", type=int, default=3000, help="the sandbox's, likewise (default: %(default)s)")
    given = parser.parse_args()
    lock = only_one(HOME)
    if lock is None:
        return 1
    # SIGINT, too: what a script starts in the background begins with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    settings = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "example_dags"),
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        # The logs are made to be read.
        f"AIRFLOW__{'WEBSERVER' if IS_2 else 'API'}__DEFAULT_WRAP": "True",
        "CEKAT_CONVERSATIONS": CONVERSATION,
    }
    with lock, LocalAirflow(HOME, settings, triggerer=True, pages=True, port=given.port) as airflow:
        try:
            print("Airflow and the sandbox start, which takes half a minute …", flush=True)
            began = time.monotonic()
            sandbox = start_sandbox(airflow, given.sandbox_port)
            airflow.up()
            connect(airflow, sandbox)
            lock.truncate(0)
            lock.write(welcome(airflow, sandbox))
            lock.flush()
            print(f"\n{welcome(airflow, sandbox)}\nStarted in {time.monotonic() - began:.0f} s, kept in {HOME}.")
            print("Trigger a DAG in Airflow, be the customer in the sandbox. Ctrl-C ends both.", flush=True)
            airflow.wait_for("Ctrl-C", lambda: False, math.inf)
        except KeyboardInterrupt:
            print("\nEnding both.", flush=True)
        except Exception as error:
            print(f"It failed: {error}\nThe logs are in {HOME / 'logs'}.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
