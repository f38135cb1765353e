"""Every code block of the documentation is run, parsed or held against what it names. One that is neither is an error.

Python stands in a file that other tests run and is included (`--8<-- "example_dags/cekat_ask.py"`), or is run here: a
page's blocks in their order, in one namespace, with the connection `cekat_default` set to a sandbox. `text` is what
nobody runs.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import re
import shlex
from typing import Any

import pytest
import yaml
from commands import check, check_connection, tomllib
from markdown import PAGES, ROOT, Block, blocks

_INCLUDED = re.compile(r'--8<-- "([^":]+)(?::(\w+))?"')
#: Whatever stands here is run by tests/airflow, or is a test.
_RUN = ("example_dags/", "tests/", "cekat_provider/")
_SHELL = {"console", "sh", "bash", "shell"}
_WITH_BLOCKS = [page for page in PAGES if blocks(page)]


@pytest.mark.parametrize("page", _WITH_BLOCKS)
def test_a_page(page: str, cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if "--8<--" in block.code:
            _check_included(block)
        elif block.language == "python":
            exec(compile(block.code, str(block), "exec"), namespace)
        else:
            _check(block, monkeypatch)


def _check(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    if block.language in _SHELL:
        for command in _commands(block.code):
            check(command, monkeypatch)
    elif block.language == "json":
        for connection in _connections(json.loads(block.code)):
            check_connection(connection, monkeypatch)
    elif block.language == "toml":
        tomllib.loads(block.code)
    elif block.language == "ini":
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(block.code)
        for section in parser.sections():
            _check_options(section, dict(parser[section]))
    elif block.language in ("yaml", "yml"):
        assert list(yaml.safe_load_all(block.code))
    else:
        assert block.language == "text", f"{block} is neither run nor parsed: mark what nobody runs as `text`"


def _commands(code: str) -> list[str]:
    """Split a shell's lines, where a backslash or an open quote goes on in the next one."""
    found, command = [], ""
    for line in code.replace("\\\n", " ").splitlines():
        command += f"{line}\n"
        with contextlib.suppress(ValueError):  # an open quote
            if shlex.split(command, comments=True):
                found.append(command)
            command = ""
    assert not command, f"an open quote: {command}"
    return found


def _check_included(block: Block) -> None:
    for line in block.code.strip().splitlines():
        included = _INCLUDED.fullmatch(line.strip())
        assert included, f"{block} mixes code with what it includes"
        path, section = included.groups()
        assert path.startswith(_RUN) or block.language != "python", f"{block}: no test runs {path}"
        text = (ROOT / path).read_text(encoding="utf-8")
        for mark in ("start", "end"):
            assert section is None or f"--8<-- [{mark}:{section}]" in text, (
                f"{block}: {path} has no {mark} of {section}"
            )


def _check_options(section: str, options: dict[str, str]) -> None:
    from airflow.configuration import conf

    for option, value in options.items():
        assert conf.has_option(section, option), f"Airflow has no option [{section}] {option}"
        if option == "backend_kwargs":
            json.loads(value)


def _connections(value: Any) -> list[str]:
    """Find the connections in a JSON text, as what `AIRFLOW_CONN_…` would hold."""
    if not isinstance(value, dict):
        return []
    if value.get("conn_type") == "cekat":
        return [json.dumps(value)]
    uri = [value["conn_uri"]] if "conn_uri" in value else []
    return uri + [found for inner in value.values() for found in _connections(inner)]


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("", "make test"),
        ("console", "make what-there-is-not"),
        ("console", "cekat-sandbox --no-such-option"),
        ("console", "pip install airflow-provider-cekat[nothing]"),
        ("console", "export AIRFLOW_CONN_X='cekat://api.cekat.ai'"),
        ("console", "export AIRFLOW__CORE__NO_SUCH_OPTION=1"),
        ("console", "airflow dags tset cekat_ask"),
        ("console", "rm -rf /"),
        ("ini", "[core]\nno_such_option = 1"),
        ("json", '{"cekat_default": {"conn_type": "cekat", "password": "k", "extra": {"timeout": "soon"}}}'),
        ("json", "{"),
    ],
)
def test_a_wrong_block_is_found(language: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((Exception, SystemExit)):
        _check(Block("page", 1, language, code), monkeypatch)


def test_a_wrong_inclusion_is_found() -> None:
    for line in (
        '--8<-- "example_dags/none.py"',
        '--8<-- "example_dags/cekat_ask.py:none"',
        '--8<-- "scripts/demo.py"',
    ):
        with pytest.raises((AssertionError, OSError)):
            _check_included(Block("page", 1, "python", line))
