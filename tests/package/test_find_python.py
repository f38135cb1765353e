"""The script that finds a Python for `make`, on machines made up of a few scripts that claim to be one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "find-python.sh"
BROKEN = "none"  # as pyenv's shims are for a version that is installed and not chosen


def _find(folder: Path, pythons: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    for name, version in pythons.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        answer = "exit 127" if version == BROKEN else f"case $2 in *version_info*) echo {version};; *) echo $0;; esac"
        path.write_text(f"#!/bin/sh\n{answer}\n")
        path.chmod(0o755)
    command = ["/bin/sh", str(SCRIPT), *arguments]
    return subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("pythons", "arguments", "found"),
    [
        ({"python3": "3.11", "python3.12": "3.12"}, ["3.3"], "python3"),
        ({"python3": "3.9", "python3.10": "3.10"}, ["3.3"], "python3.10"),
        ({"python3": "3.14", "python3.12": BROKEN, "python3.13": "3.13"}, ["3.3"], "python3.13"),
        ({"python3": "3.13", "python3.11": "3.11"}, ["2.11"], "python3.11"),
        ({"python3": "3.13", "python3.11": "3.11"}, ["3.0"], "python3.11"),
        ({"python3": "3.13"}, ["3.1"], "python3"),
        ({"python3": "3.12", "python3.10": "3.10"}, ["2.11", "3.10"], "python3.10"),
        ({"python3": "3.12", "python3.10": BROKEN}, ["2.11", "3.10"], "python3"),
        ({"python3": "3.12", "python3.10": "3.12"}, ["2.11", "3.10"], "python3"),
    ],
)
def test_it_finds_one_that_fits(tmp_path: Path, pythons: dict[str, str], arguments: list[str], found: str) -> None:
    done = _find(tmp_path, pythons, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path / found}\n", "")


def test_it_looks_into_pyenv(tmp_path: Path) -> None:
    pyenv = tmp_path / "pyenv"
    pyenv.write_text(f'#!/bin/sh\n[ "$2" = 3.11 ] && echo {tmp_path}/versions/3.11.7\n')
    pyenv.chmod(0o755)
    done = _find(tmp_path, {"python3": "3.14", "versions/3.11.7/bin/python": "3.11"}, "3.3")
    assert done.stdout == f"{tmp_path}/versions/3.11.7/bin/python\n"


@pytest.mark.parametrize("pythons", [{}, {"python3": "3.13"}, {"python3": BROKEN}])
def test_it_says_what_it_needs(tmp_path: Path, pythons: dict[str, str]) -> None:
    done = _find(tmp_path, pythons, "2.11")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Airflow 2.11" in done.stderr
    assert "3.12 3.11 3.10" in done.stderr
