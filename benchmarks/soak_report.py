"""Judge a soak and draw it: `python benchmarks/soak_report.py build/soak --write docs/reliability.md`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- soak: begin -->\n", "<!-- soak: end -->\n"
#: Series → where it comes from, what one unit of it is, and how much more of it in the last third is growth.
SERIES: dict[str, tuple[str, str, float, float]] = {
    "triggerer: memory, MB": ("triggerer", "memory", 1e6, 8.0),
    "triggerer: sockets": ("triggerer", "sockets", 1, 1.0),
    "triggerer: file handles": ("triggerer", "files", 1, 2.0),
    "triggerer: open asyncio tasks": ("inside", "tasks", 1, 2.0),
    "triggerer: threads": ("inside", "threads", 1, 1.0),
    "scheduler and workers: memory, MB": ("scheduler", "memory", 1e6, 25.0),
    "scheduler and workers: sockets": ("scheduler", "sockets", 1, 2.0),
    "scheduler and workers: file handles": ("scheduler", "files", 1, 4.0),
}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines, without one that is being written."""
    for line in path.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def series(out: Path) -> dict[str, list[tuple[float, float]]]:
    """Return each series as (minute, value)."""
    samples = list(lines(out / "samples.jsonl"))
    begin = samples[0]["at"]
    inside = [seen for seen in lines(out / "inside.jsonl") if seen["at"] >= begin]
    return {
        name: [
            ((row["at"] - begin) / 60, (row if where == "inside" else row[where])[what] / unit)
            for row in (inside if where == "inside" else samples)
        ]
        for name, (where, what, unit, _) in SERIES.items()
    }


def thirds(points: list[tuple[float, float]]) -> list[float]:
    """Return the medians of the three thirds. The first holds the warming up; the other two are compared."""
    end = points[-1][0]
    return [
        statistics.median(value for minute, value in points if end * part / 3 <= minute <= end * (part + 1) / 3)
        for part in range(3)
    ]


def table(out: Path) -> tuple[str, bool]:
    """Return the figures as Markdown, and whether nothing grew."""
    rows = ["| | first third | second | last | may grow by | grew |", "|---|---|---|---|---|---|"]
    good = True
    for name, points in series(out).items():
        first, second, last = thirds(points)
        allowed = SERIES[name][3]
        grew = last - second > allowed
        good = good and not grew
        rows.append(
            f"| {name} | {first:.1f} | {second:.1f} | {last:.1f} | {allowed:g} | {'**yes**' if grew else 'no'} |"
        )
    return "\n".join(rows), good


def draw(out: Path, picture: Path) -> None:
    """Draw all series, one above the other."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    data = series(out)
    figure, axes = pyplot.subplots(len(data), 1, figsize=(9, 1.5 * len(data)), sharex=True)
    for axis, (name, points) in zip(axes, data.items(), strict=True):
        axis.plot(*zip(*points, strict=True), linewidth=1)
        axis.set_ylim(0, 1.2 * max(value for _, value in points) or 1)
        axis.set_title(name, fontsize=9, loc="left")
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(picture, dpi=90)


def unexpected(counts: list[list[Any]]) -> list[str]:
    """Name the tasks that ended otherwise than they should; what is under way at the end counts as well."""
    found = []
    for dag_id, task_id, state, many in counts:
        wanted = {"alert": "failed", "look_inside": "deferred"}.get(task_id, "success")
        if state in ("failed", "up_for_retry", "upstream_failed", "success") and state != wanted:
            found.append(f"{many} of {dag_id}.{task_id}: {state}")
    return found


def report(out: Path, document: Path | None = None) -> int:
    """Print the figures; fail where something grew or a task ended wrong; write them into a document when asked to."""
    figures, good = table(out)
    about = json.loads((out / "about.json").read_text())
    samples = list(lines(out / "samples.jsonl"))
    minutes = (samples[-1]["at"] - samples[0]["at"]) / 60
    cores = (samples[-1]["cpu_seconds"] - samples[0]["cpu_seconds"]) / 60 / minutes
    ended = {(task, state): many for dag, task, state, many in about["counts"] if dag == "steady"}
    wrong = unexpected(about["counts"])
    failed = ended.get(("alert", "failed"), 0)
    if not failed - 1 <= about["alerts"] <= failed + 1:  # one may be under way
        wrong.append(f"{failed} failures and {about['alerts']} alerts")
    if about["asked twice"]:
        wrong.append(f"asked twice: {about['asked twice']}")
    said = (
        f"`make soak MINUTES={about['minutes']:g}` on Airflow {about['airflow']}: for {minutes:.0f} minutes, every "
        f"{about['every']:g} s one ask, one wait and one alert, beside 20 waits that stay; "
        f"{ended.get(('ask', 'success'), 0)} asks and {ended.get(('wait', 'success'), 0)} waits were answered, "
        f"{about['alerts']} alerts told. Medians:\n\n{figures}\n"
    )
    print(f"{said}\ncores in use, without what tasks took: {cores:.2f}")
    for what in wrong:
        print(f"wrong: {what}")
    draw(out, out / "soak.png")
    if document is not None and good and not wrong:
        (document.parent / "soak.png").write_bytes((out / "soak.png").read_bytes())
        text = document.read_text()
        begin = text.index(BEGIN) + len(BEGIN)
        picture = "![Memory, sockets, file handles and tasks over the run](soak.png)"
        document.write_text(f"{text[:begin]}{said}\n{picture}\n{text[text.index(END) :]}")
    return 0 if good and not wrong else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "build" / "soak")
    parser.add_argument("--write", type=Path, help="a document with the marks")
    given = parser.parse_args()
    sys.exit(report(given.out, given.write))
