"""Keep within the API's budget over real HTTP, and count what was refused. Run by `make budget` and by a test."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from typing import Any

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="cekat-budget-"))

from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.client import Sandbox
from cekat_provider.sandbox.server import RunningServer

KEY = "key-of-the-budget-test"
#: What takes long to import, once for all workers.
IMPORTED = [
    "cekat_provider.hooks.cekat",
    "cekat_provider.sandbox.client",
    "cekat_provider.sandbox.server",
    "cekat_provider.transports.blocking",
]


def send(connection: dict[str, Any], worker: int, sends: int) -> list[str | None]:
    """Send as one worker does: a process that knows nothing of the others."""
    os.environ["AIRFLOW_CONN_CEKAT_DEFAULT"] = json.dumps(connection)
    hook = CekatHook()
    receiver = f"62812{worker:08d}"
    return [hook.send_message(receiver=receiver, message=f"Pesanan INV-{index}").message_id for index in range(sends)]


def budget(sandbox: Sandbox, processes: int, sends: int, **extra: Any) -> dict[str, Any]:
    """Send from some processes at once; each sends `sends` messages with these extras of the connection.

    :returns: how long it took, how many messages there are, and how many requests Cekat refused with 429.
    """
    connection = {**sandbox.connection, "extra": extra}
    # A server that has imported all forks the workers: none has this process's threads, or another worker's pace.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    began = time.monotonic()
    with context.Pool(processes, maxtasksperchild=1) as pool:
        tasks = [(connection, worker, sends) for worker in range(processes)]
        ids = [one for found in pool.starmap(send, tasks, chunksize=1) for one in found]
    return {
        "processes": processes,
        "asked for": processes * sends,
        "messages": len(sandbox.sent()),
        "told as sent": len(set(ids)),
        "refused with 429": sum(entry["status"] == 429 for entry in sandbox.requests()),
        "seconds": round(time.monotonic() - began),
    }


def main() -> int:
    """Print the figures; fail where a message is missing or twice, or one process was refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-minute", type=int, default=300)
    parser.add_argument("--sends", type=int, default=1000, help="from one process")
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--each", type=int, default=40, help="sends from each of them")
    options = parser.parse_args()
    failed = False
    for processes, sends, extra in (
        (1, options.sends, {"requests_per_minute": options.per_minute}),
        (options.processes, options.each, {}),
    ):
        server = RunningServer(Settings(api_key=KEY))
        try:
            sandbox = Sandbox(server.url, KEY)
            sandbox.rate_limit(options.per_minute)
            figures = budget(sandbox, processes, sends, **extra)
        finally:
            server.stop()
        print("  ".join(f"{name}: {value}" for name, value in figures.items()), flush=True)
        failed |= not figures["asked for"] == figures["messages"] == figures["told as sent"]
        failed |= processes == 1 and figures["refused with 429"] > 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
