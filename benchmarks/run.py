"""Run the benchmarks and print their figures: all, or those whose names are given.

python benchmarks/run.py [imports send poll thousand loop memory history airflow minutes] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

from common import Figure

ALL = ("imports", "send", "poll", "thousand", "loop", "memory", "history", "airflow", "minutes")
#: What mostly waits goes on in a process of its own, beside those that count their own memory and CPU, which it does
#: not change.
BESIDE = {"minutes": "memory", "airflow": "memory"}
HEAD = """# Performance

What `make bench` prints, each figure beside its peer in the same run; the numbers in brackets are ratios.
The peers are `apache-airflow-providers-http`, `-slack` and `-telegram`.

- *poll*: CPU of the triggerer's process for one look at a conversation of 20 messages. An answer whose bytes are the
  same as the last one's is not parsed again, which is most looks.
- *fast minutes*: the event loop's clock runs 20 times faster than the machine's, and so does the server's count of a
  minute; 300 requests a minute are allowed. Each of the 100 conversations gets one message at a random time.
- *real minutes* and the real Airflow go on beside *memory* and *100,000 messages*, in processes of their own: those
  count bytes and CPU seconds of their own.
- *100,000 messages*: one answer, since the API gives a history whole. A thread reads it, in steps that let the event
  loop take its turn. With `since`, which a sensor has by default, only the time is read of what is older. *Blocked* is
  how late the loop was, as far as this process itself was at work.
- *memory*: Python's own count (`tracemalloc`), not the process's.
- The budget is kept in each process by itself: two triggerers, or a triggerer and workers that send, share the API's
  limit and not this count. Cekat's `X-RateLimit-Remaining` slows each of them down before the wall.
"""


@contextmanager
def beside(name: str) -> Iterator[subprocess.Popen[str]]:
    """Start a benchmark in a process of its own."""
    code = f"import json, bench_{name} as it; print(json.dumps([vars(one) for one in it.main()]))"
    command = [sys.executable, "-W", "ignore", "-c", code]
    process = subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        # It ends what it has started when it is interrupted, and only then.
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait()


def finished(process: subprocess.Popen[str]) -> list[Figure]:
    """Wait for its figures."""
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args[-1]} ended with exit code {process.returncode}")
    return [Figure(**one) for one in json.loads(out.splitlines()[-1])]


def run(names: Sequence[str]) -> Iterator[tuple[str, list[Figure]]]:
    """Run benchmarks, in the order of `ALL`, and give their figures."""
    with ExitStack() as stack:
        running = {}
        for name in ALL:
            for waiting, first in BESIDE.items():
                if waiting in names and name == first:
                    running[waiting] = stack.enter_context(beside(waiting))
            if name in running:
                yield name, finished(running[name])
            elif name in names:
                yield name, importlib.import_module(f"bench_{name}").main()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []])
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    home = tempfile.TemporaryDirectory(prefix="cekat-bench-")
    os.environ.update(
        AIRFLOW_HOME=home.name,
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home.name}/airflow.db",
        AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
        NO_PROXY="*",
    )
    lines = ["| what | figure | wanted | |", "|---|---|---|---|"]
    start, bad = time.monotonic(), 0
    for name, figures in run(given.names or ALL):
        print(f"{time.monotonic() - start:4.0f} s: {name}", flush=True)
        for figure in figures:
            mark = "" if not figure.bound else "yes" if figure.good else "**no**"
            bad += not figure.good
            lines.append(f"| {figure.what} | {figure.got} | {figure.bound} | {mark} |")
            print(f"{figure.what:60} {figure.got:36} {figure.bound:20} {mark.strip('*')}", flush=True)
    print(f"{time.monotonic() - start:.0f} s", flush=True)
    if given.write:
        # How many others wanted the machine: above the cores, times and rates are worse than they need to be.
        load = "load average {:.1f}, {:.1f}, {:.1f} (1, 5, 15 minutes)".format(*os.getloadavg())
        where = (
            f"Airflow {version('apache-airflow')}, Python {platform.python_version()}, {os.cpu_count()} cores, {load}"
        )
        given.write.parent.mkdir(exist_ok=True)
        # What other commands wrote below stays.
        kept = given.write.read_text().partition("\n## ")[1:] if given.write.exists() else ()
        given.write.write_text("\n".join([HEAD, f"{where}.", "", *lines, ""]) + "".join(kept))
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
