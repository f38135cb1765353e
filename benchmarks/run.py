"""Run the benchmarks and print their figures: all, or those whose names are given.

python benchmarks/run.py [imports send poll thousand memory history airflow] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ALL = ("imports", "send", "poll", "thousand", "memory", "history", "airflow")
HEAD = """# Performance

What `make bench` prints, each figure beside its peer in the same run; the numbers in brackets are ratios.
The peers are `apache-airflow-providers-http`, `-slack` and `-telegram`.

- *poll*: CPU of the triggerer's process for one look at a conversation of 20 messages. An answer whose bytes are the
  same as the last one's is not parsed again, which is most looks.
- *fast minutes*: the event loop's clock runs 20 times faster than the machine's, and so does the server's count of a
  minute; 300 requests a minute are allowed. Each of the 100 conversations gets one message at a random time.
- *memory*: Python's own count (`tracemalloc`), not the process's.
- The budget is kept in each process by itself: two triggerers, or a triggerer and workers that send, share the API's
  limit and not this count. Cekat's `X-RateLimit-Remaining` slows each of them down before the wall.
"""


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
    for name in given.names or ALL:
        for figure in importlib.import_module(f"bench_{name}").main():
            mark = "" if not figure.bound else "yes" if figure.good else "**no**"
            bad += not figure.good
            lines.append(f"| {figure.what} | {figure.got} | {figure.bound} | {mark} |")
            print(f"{figure.what:60} {figure.got:36} {figure.bound:20} {mark.strip('*')}", flush=True)
    print(f"{time.monotonic() - start:.0f} s", flush=True)
    if given.write:
        where = f"Airflow {version('apache-airflow')}, Python {platform.python_version()}, {os.cpu_count()} cores"
        given.write.parent.mkdir(exist_ok=True)
        # What other commands wrote below stays.
        kept = given.write.read_text().partition("\n## ")[1:] if given.write.exists() else ()
        given.write.write_text("\n".join([HEAD, f"{where}.", "", *lines, ""]) + "".join(kept))
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
