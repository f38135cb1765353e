"""The pins: one file an Airflow, names and versions only, and all that pyproject.toml asks for."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "constraints").glob("airflow-*.txt"))


def _pins(path: Path) -> list[Requirement]:
    return [Requirement(line) for line in path.read_text().splitlines() if not line.startswith("#")]


def _asked() -> set[str]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    lists += project["dependency-groups"].values()
    return {canonicalize_name(Requirement(r).name) for asked in lists for r in asked if isinstance(r, str)}


def test_every_supported_airflow_has_its_pins() -> None:
    assert {path.name for path in FILES} == {f"airflow-{minor}.txt" for minor in ("2.11", "3.0", "3.1", "3.2", "3.3")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_they_are_names_and_versions(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"://|--|@|/", text)
    for pin in _pins(path):
        assert [s.operator for s in pin.specifier] == ["=="], pin


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_they_cover_what_is_asked_for(path: Path) -> None:
    pins = {pin.name: str(pin.specifier) for pin in _pins(path)}
    assert _asked() - set(pins) == set()
    assert pins["apache-airflow"].startswith(f"=={path.stem.removeprefix('airflow-')}.")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_a_python_gets_one_version_of_each(path: Path, python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.9"}
    names = [p.name for p in _pins(path) if p.marker is None or p.marker.evaluate(environment)]
    assert sorted(set(names)) == sorted(names)
