"""Run the benchmarks and print their figures: all, or those whose names are given.

python benchmarks/run.py [imports send poll thousand memory history airflow minutes] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from common import Figure

ALL = ("imports", "send", "poll", "thousand", "memory", "history", "airflow", "minutes")
HEAD = """# Performance

What `make bench` prints, each figure beside its peer in the same run; the numbers in brackets are ratios.
The peers are `apache-airflow-providers-http`, `-slack` and `-telegram`.

- *poll*: CPU of the triggerer's process for one look at a conversation of 20 messages. An answer whose bytes are the
  same as the last one's is not parsed again, which is most looks.
- *fast minutes*: the event loop's clock runs 20 times faster than the machine's, and so does the server's count of a
  minute; 300 requests a minute are allowed. Each of the 100 conversations gets one message at a random time.
- *real minutes*: they go on beside the others, in a process of their own that asks for little.
- *100,000 messages*: one answer, since the API gives a history whole. A thread reads it, in steps that let the event
  loop take its turn. With `since`, which a sensor has by default, only the time is read of what is older. *Blocked* is
  how late the loop was, as far as this process itself was at work.
- *memory*: Python's own count (`tracemalloc`), not the process's.
- The budget is kept in each process by itself: two triggerers, or a triggerer and workers that send, share the API's
  limit and not this count. Cekat's `X-RateLimit-Remaining` slows each of them down before the wall.
"""


def minutes() -> subprocess.Popen[str]:
    """Start the real minutes in a process of their own."""
    code = "import json, bench_minutes; print(json.dumps([vars(one) for one in bench_minutes.main()]))"
    here = Path(__file__).parent
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], cwd=here, stdout=subprocess.PIPE, text=True)


def finished(real: subprocess.Popen[str]) -> list[Figure]:
    """Wait for its figures."""
    out, _ = real.communicate()
    return [Figure(**one) for one in json.loads(out.splitlines()[-1])]


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
    names = given.names or ALL
    real = minutes() if "minutes" in names else None
    for name in names:
        figures = finished(real) if real and name == "minutes" else importlib.import_module(f"bench_{name}").main()
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
