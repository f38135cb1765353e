"""What is shipped: the wheel's files, what it says of itself, and what it registers."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from pypi_readme import for_index

import cekat_provider

ROOT = Path(__file__).parents[2]
VERSION = cekat_provider.__version__
DIST_INFO = f"airflow_provider_cekat-{VERSION}.dist-info"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel with the backend of this environment: nothing is fetched."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> dict[str, str]:
    [path] = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: dict[str, str]) -> Message:
    return Parser().parsestr(wheel[f"{DIST_INFO}/METADATA"])


def test_it_holds_the_package_and_nothing_else(wheel: dict[str, str]) -> None:
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cekat_provider").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel if not name.startswith(f"{DIST_INFO}/")} == source
    assert "cekat_provider/py.typed" in source
    assert "Apache License" in wheel[f"{DIST_INFO}/licenses/LICENSE"]


def test_it_says_where_it_runs(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("airflow-provider-cekat", VERSION)
    assert metadata["License-Expression"] == "Apache-2.0"
    pythons = SpecifierSet(metadata["Requires-Python"])
    assert [minor for minor in range(8, 16) if f"3.{minor}.1" in pythons] == [10, 11, 12, 13]
    classifiers = metadata.get_all("Classifier", [])
    assert "Framework :: Apache Airflow :: Provider" in classifiers
    assert [c.rpartition(".")[2] for c in classifiers if "Python :: 3." in c] == ["10", "11", "12", "13"]


def test_the_readme_leads_nowhere_that_an_index_has_not(metadata: Message) -> None:
    shown = str(metadata.get_payload())
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "CekatAskOperator(" in shown, "the whole of it"
    assert re.findall(r"\]\((?!https://)[^)]*\)", shown) == []
    assert "<!--" not in shown


def test_with_a_public_address_the_readme_leads_there() -> None:
    text = "![A run](docs/images/run.webp)\n\n<!-- snippet: x -->\n\n[Cekat](https://cekat.ai), [docs](docs/a.md#b)\n"
    assert for_index(text, None) == "[Cekat](https://cekat.ai), docs\n"
    at = "https://git.example.com/cekat"
    picture = f"![A run]({at}/raw/main/docs/images/run.webp)"
    assert for_index(text, at) == f"{picture}\n\n[Cekat](https://cekat.ai), [docs]({at}/blob/main/docs/a.md#b)\n"


def test_it_asks_for_little(metadata: Message) -> None:
    wanted = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    always = {r.name: str(r.specifier) for r in wanted if r.marker is None}
    assert set(always) == {"apache-airflow", "apache-airflow-providers-common-compat", "requests", "aiohttp"}
    assert always["apache-airflow"] == ">=2.11"
    # From 1.21 on it wants Python 3.11: a higher floor would end 3.10.
    assert always["apache-airflow-providers-common-compat"] == ">=1.14.1"
    extra = {r.name for r in wanted if r.marker and r.marker.evaluate({"extra": "sandbox"})}
    assert extra == {"fastapi", "uvicorn"}
    assert metadata.get_all("Provides-Extra") == ["sandbox"]


def test_what_it_registers_can_be_loaded(wheel: dict[str, str]) -> None:
    parser = ConfigParser()
    parser.read_string(wheel[f"{DIST_INFO}/entry_points.txt"])
    points = {group: dict(parser[group]) for group in parser.sections()}
    assert set(points) == {"apache_airflow_provider", "pytest11", "console_scripts"}
    assert set(points["console_scripts"]) == {"cekat-sandbox"}
    for group in points.values():
        for value in group.values():
            module, _, name = value.partition(":")
            loaded = import_module(module)
            assert not name or callable(getattr(loaded, name))


def test_the_sdist_can_be_built_and_tested_from(dist: Path) -> None:
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    here = Path(__file__).relative_to(ROOT).as_posix()
    assert {
        "Makefile",
        "pyproject.toml",
        "LICENSE",
        "CHANGELOG.md",
        ".ci/run",
        "mkdocs.yml",
        "docs/index.md",
        here,
    } <= names
    assert {f"constraints/{path.name}" for path in (ROOT / "constraints").iterdir()} <= names
    assert not [name for name in names if name.startswith((".venv", ".airflow", "dist")) or "__pycache__" in name]
