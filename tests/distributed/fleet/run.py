"""Run many sends and waits on a fleet while its parts die, and ask Cekat and Airflow what came of it: `make fleet`."""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "scripts"), str(Path(__file__).parent)]

import troubles  # noqa: E402
from fleet import Fleet  # noqa: E402
from fleet_services import install  # noqa: E402
from local_airflow import free_port  # noqa: E402
from verdict import verdict  # noqa: E402

from cekat_provider.sandbox.client import Sandbox  # noqa: E402

#: How far ahead the clock of one worker is.
AHEAD_SECONDS = 90
SENDS_FROM, WAITS_FROM = 0, 2_000_000


class Town:
    """The fleet, Cekat and its customers.

    :param each: what of the limit each of the two triggerers may spend.
    :param slots: of the pool that all sends run in.
    """

    def __init__(self, home: Path, sends: int, waits: int, limit: int, each: int, slots: int) -> None:
        self.sends, self.waits, self.limit, self.each, self.slots = sends, waits, limit, each, slots
        self.cleared = max(8, sends // 10)
        self.key = secrets.token_hex(16)
        self.port = free_port()
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.port}", self.key)
        self.requests: list[dict[str, Any]] = []
        self.unanswered = list(range(WAITS_FROM, WAITS_FROM + waits))
        self._noted = 0
        settings = {
            "AIRFLOW__TRIGGERER__CAPACITY": "1000",
            "AIRFLOW__CORE__PARALLELISM": "64",
            "FLEET_SENDS": str(sends),
            "FLEET_WAITS": str(waits),
            "FLEET_CLEARED": str(self.cleared),
            # Together the waits ask for as many looks a minute as the whole limit: more than their share.
            "FLEET_INTERVAL": str(waits * 60 / limit),
        }
        self.fleet = Fleet(home, settings, concurrency=slots)
        ahead = os.pathsep.join([str(Path(__file__).with_name("ahead")), self.fleet.env["PYTHONPATH"]])
        self.fleet.own["worker 2"] = {"PYTHONPATH": ahead, "FLEET_AHEAD_SECONDS": str(AHEAD_SECONDS)}
        shutil.copy(Path(__file__).with_name("fleet_dag.py"), home / "dags")

    def start_sandbox(self) -> None:
        """Start Cekat, where it was before, with what it knew before."""
        self._noted = 0
        self.fleet.start(
            "sandbox", "cekat_provider.sandbox", "--port", str(self.port), "--api-key", self.key,
            "--db", str(self.fleet.home / "sandbox.db"), "--rate-limit", str(self.limit),
        )  # fmt: skip
        self.fleet.wait_for("the sandbox", lambda: self._is_up())

    def _is_up(self) -> bool:
        try:
            return bool(self.sandbox.health())
        except OSError:
            return False

    def up(self) -> None:
        """Start everything."""
        self.start_sandbox()
        for number in self.unanswered:
            self.sandbox.conversation(f"62812{number:08d}", id=conversation(number))
        self.fleet.up()
        self.fleet.api("POST", "/pools", {"name": "cekat", "slots": self.slots, "include_deferred": False})
        self.set_connection("POST")

    def set_connection(self, method: str) -> None:
        """Write the connection into Airflow's database."""
        extra = {"requests_per_minute": self.limit, "triggerer_requests_per_minute": self.each}
        body = {"connection_id": "cekat_default", **self.sandbox.connection, "password": self.key}
        body["extra"] = json.dumps(extra)
        where = "/connections" if method == "POST" else "/connections/cekat_default"
        self.fleet.api(method, where, body)

    def set_pool(self, slots: int) -> None:
        """Let so many sends run at once."""
        body = {"pool": "cekat", "slots": slots, "include_deferred": False}
        self.fleet.api("PATCH", "/pools/cekat?update_mask=slots", body)

    def trigger(self, dag_id: str) -> None:
        """Start a DAG's only run, once the DAG has been read."""
        known = "SELECT 1 FROM serialized_dag WHERE dag_id = ?"
        self.fleet.wait_for(f"{dag_id} to be read", lambda: self.fleet.sql(known, dag_id))
        self.fleet.api("POST", f"/dags/{dag_id}/dagRuns", {"dag_run_id": "fleet", "logical_date": None})

    def run_state(self, dag_id: str) -> str | None:
        """Tell the state of a DAG's run; None while the database is away."""
        rows = self.fleet.sql("SELECT state FROM dag_run WHERE dag_id = ?", dag_id)
        return rows[0][0] if rows else None

    def answer(self, part: float) -> None:
        """Have a part of the customers who are waited for write."""
        for _ in range(max(1, round(self.waits * part))):
            if self.unanswered:
                number = self.unanswered.pop()
                self.sandbox.reply(f"Ya {number}", conversation_id=conversation(number))

    def got(self, first: int, many: int) -> Counter[int]:
        """Count the messages of some customers; none are told while Cekat is away."""
        try:
            numbers = [int(message["receiver"][5:]) for message in self.sandbox.sent()]
        except OSError:
            return Counter()
        return Counter(number for number in numbers if first <= number < first + many)

    def note_requests(self) -> None:
        """Keep Cekat's log of requests, which ends with it."""
        seen = self.sandbox.requests()
        self.requests += seen[self._noted :]
        self._noted = len(seen)

    def rest(self, seconds: float) -> None:
        """Let time pass."""
        until = time.monotonic() + seconds
        self.fleet.wait_for("time to pass", lambda: time.monotonic() >= until)


def conversation(number: int) -> str:
    """Name a customer's conversation."""
    return f"00000000-0000-4000-8000-{number:012d}"


def play(town: Town, seed: int) -> list[str]:
    """Send, wait, and let one trouble after the other strike; return what happened when."""
    chance = random.Random(seed)
    struck = []
    town.up()
    began = time.monotonic()

    def say(what: str) -> None:
        struck.append(f"{time.monotonic() - began:4.0f} s: {what}")
        print(struck[-1], flush=True)

    town.trigger("waits")
    town.trigger("sends")
    plan = troubles.all_of()
    chance.shuffle(plan)
    for place, trouble in enumerate(plan, 1):
        wanted = town.sends * place // (len(plan) + 1)
        town.fleet.wait_for(
            f"{wanted} sends", lambda wanted=wanted: len(town.got(SENDS_FROM, town.sends)) >= wanted, 900
        )
        say(trouble(town, chance))
    town.fleet.wait_for("the sends", lambda: town.run_state("sends") in ("success", "failed"), 3600)
    say("all sends are over")
    town.fleet.wait_for("the cleared run", lambda: town.run_state("cleared") in ("success", "failed"), 900)
    town.answer(1.0)
    town.fleet.wait_for("the waits", lambda: town.run_state("waits") in ("success", "failed"), 1800)
    say("all waits are over")
    return struck


def main() -> int:
    """Run it; fail where a message is missing or doubled, a wait forgotten or the limit passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=300)
    parser.add_argument("--waits", type=int, default=100)
    parser.add_argument("--limit", type=int, default=300, help="requests a minute, of the key (default: %(default)s)")
    parser.add_argument("--each", type=int, default=80, help="of these, for each triggerer (default: %(default)s)")
    parser.add_argument("--slots", type=int, default=4, help="of the pool (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    install()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="cekat-fleet-", ignore_cleanup_errors=True) as folder:
        town = Town(Path(folder), given.sends, given.waits, given.limit, given.each, given.slots)
        began = time.monotonic()
        with town.fleet:
            try:
                play(town, given.seed)
                town.note_requests()
                figures, wrong = verdict(town)
            except BaseException:
                kept = ROOT / "build" / "fleet-logs"
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(Path(folder) / "logs", kept)
                print(f"The logs are in {kept}", file=sys.stderr)
                raise
    figures["seconds"] = round(time.monotonic() - began)
    for name, value in figures.items():
        print(f"{name:>50}  {value}")
    for what in wrong:
        print(f"WRONG: {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
