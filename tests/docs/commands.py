"""Commands that the pages show, checked without being run: each is one whose words this file can judge."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown import ROOT
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
_ASSIGNMENT = re.compile(r"([A-Z_][A-Z0-9_]*)=(.*)", re.DOTALL)
#: Other people's programs: their words are theirs.
FOREIGN = {
    ".",
    "cd",
    "curl",
    "docker",
    "git",
    "helm",
    "kind",
    "kubectl",
    "mkdir",
    "python3",
    "twine",
    "uv",
}


def check(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a line is no command that could work."""
    words = shlex.split(line, comments=True)
    if words[:1] == ["export"]:
        words = words[1:]
    while words and (assigned := _ASSIGNMENT.fullmatch(words[0])):
        _check_setting(assigned[1], assigned[2], monkeypatch)
        words = words[1:]
    if not words:
        return
    name, *arguments = words
    if name not in FOREIGN:
        assert name in _CHECKS, f"{name} is no command that tests/docs/commands.py knows how to check: {line}"
        _CHECKS[name](arguments)


def _check_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.startswith("AIRFLOW_CONN_"):
        check_connection(value, monkeypatch)
    elif name.startswith("AIRFLOW__"):
        from airflow.configuration import conf

        _, section, option = name.split("__", 2)
        assert conf.has_option(section.lower(), option.lower()), f"Airflow has no option {name}"


def check_connection(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a connection as Airflow and the hook do; the hook raises where a field is wrong."""
    from cekat_provider.hooks.cekat import CekatHook

    monkeypatch.setenv("AIRFLOW_CONN_DOCUMENTED", written)
    config = CekatHook("documented").config
    assert config.api_key


def _make(arguments: list[str]) -> None:
    for word in arguments:
        assert "=" in word or word.startswith("-") or word in TARGETS, f"the Makefile has no target {word}"


def _pip(arguments: list[str]) -> None:
    assert arguments[0] == "install"
    for word in arguments[1:]:
        if word.startswith("airflow-provider-cekat"):
            assert Requirement(word).extras <= set(PROJECT["project"]["optional-dependencies"]), word


def _airflow(arguments: list[str]) -> None:
    from airflow.cli.cli_parser import get_parser

    get_parser().parse_args(arguments)


def _sandbox(arguments: list[str]) -> None:
    from cekat_provider.sandbox.__main__ import _arguments

    _arguments().parse_args(arguments)


def _script(arguments: list[str]) -> None:
    script = next(word for word in arguments if not word.startswith("-"))
    assert Path(ROOT, script).is_file(), f"there is no {script}"


_CHECKS: dict[str, Callable[[list[str]], None]] = {
    "airflow": _airflow,
    "bash": _script,
    "cekat-sandbox": _sandbox,
    "make": _make,
    "pip": _pip,
    "python": _script,
    "sh": _script,
}
