"""`make release-check`: what a release is made of, checked before anybody can install it.

Builds the last commit twice and compares the bytes, reads what package indexes will read, and writes the table of all
that a user installs beside us, with licences, to build/dependencies.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
NAME = "airflow-provider-cekat"
DIST = ROOT / "dist"


def run(*command: str | Path, **env: str) -> str:
    """Run a command to its end; end with its output where it fails."""
    done = subprocess.run(
        [*map(str, command)], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command[:4]))} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout.strip()


def build(to: Path) -> dict[str, str]:
    """Build the last commit in a checkout of its own; return each file's hash."""
    with tempfile.TemporaryDirectory() as folder:
        run("git", "clone", "--quiet", "--no-hardlinks", ROOT, folder)
        committed = run("git", "log", "-1", "--format=%ct")
        uv = [Path(sys.executable).with_name("uv"), "build", "--quiet", "--python", sys.executable]
        pins = ROOT / "constraints" / "airflow-3.3.txt"
        run(*uv, "--build-constraint", pins, "--out-dir", to, folder, SOURCE_DATE_EPOCH=committed)
    # uv puts a .gitignore beside them.
    made = [path for path in sorted(to.iterdir()) if path.suffix in (".whl", ".gz")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made}


def same_bytes() -> list[Path]:
    """Build twice; keep the second in dist/, and return its files."""
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory() as other:
        first, second = build(Path(other)), build(DIST)
    if first != second or len(first) != 2:
        raise SystemExit(f"Two builds of the same commit differ: {first} and {second}")
    for name, digest in second.items():
        print(f"{digest}  {name}")
    return [DIST / name for name in second]


def version_is_told() -> None:
    """Compare the version with the changelog's newest heading."""
    version = re.search(r'__version__ = "(.+)"', (ROOT / "cekat_provider" / "__init__.py").read_text())
    heading = re.search(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    found = version and version[1], heading and heading[1]
    if found[0] != found[1]:
        raise SystemExit(f"cekat_provider says it is {found[0]}, CHANGELOG.md's newest entry is {found[1]}")
    print(f"version {found[0]}")


def closure(name: str, seen: dict[str, Distribution]) -> dict[str, Distribution]:
    """Add a distribution and all that it needs here."""
    found = distribution(name)
    seen[canonical(name)] = found
    for line in found.requires or ():
        need = Requirement(line)
        if (need.marker is None or need.marker.evaluate({"extra": ""})) and canonical(need.name) not in seen:
            closure(need.name, seen)
    return seen


def canonical(name: str) -> str:
    """Spell a distribution's name as indexes do."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(found: Distribution) -> str:
    """Return what a distribution says of its licence, or nothing."""
    meta = found.metadata
    classified = [
        line.rpartition(" :: ")[2]
        for line in meta.get_all("Classifier") or ()
        if line.startswith("License :: ") and line != "License :: OSI Approved"
    ]
    # Some put the whole text there; its first line is the name.
    said = (meta.get("License") or "").strip().partition("\n")[0][:60]
    return meta.get("License-Expression") or ", ".join(classified) or said


def rows(seen: dict[str, Distribution]) -> Iterator[str]:
    """Make the table, our own needs first named."""
    direct = {canonical(Requirement(line).name) for line in seen[NAME].requires or () if "extra ==" not in line}
    yield from ("| package | version | licence | needed by us |", "|---|---|---|---|")
    for name, found in sorted(seen.items()):
        if name != NAME:
            yield f"| {name} | {found.version} | {licence(found)} | {'directly' if name in direct else ''} |"


def licences() -> None:
    """Write the table; end where a package does not say its licence."""
    seen = closure(NAME, {})
    silent = [name for name, found in seen.items() if not licence(found)]
    if silent:
        raise SystemExit(f"These say nothing of their licence: {', '.join(sorted(silent))}")
    table = ROOT / "build" / "dependencies.md"
    table.parent.mkdir(exist_ok=True)
    about = f"What `pip install {NAME}` brought on Python {sys.version_info[0]}.{sys.version_info[1]}"
    table.write_text("\n".join([f"{about}, by the packages' own metadata.", "", *rows(seen), ""]))
    print(f"{len(seen) - 1} dependencies, with licences, in {table.relative_to(ROOT)}")


def main() -> None:
    """Check all of it."""
    version_is_told()
    made = same_bytes()
    print(run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *made))
    licences()


if __name__ == "__main__":
    main()
