"""The pages against the code: nothing is missing, nothing has drifted, and every link leads somewhere."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import docs_fill
import pytest
from markdown import PAGES, ROOT, anchors, links

from cekat_provider.connection_form import EXTRA_FIELDS
from cekat_provider.core import errors
from cekat_provider.core.config import from_connection
from cekat_provider.get_provider_info import get_provider_info


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("https", "http"), link
            assert "." in (parts.hostname or ""), link
            continue
        target = (ROOT / page).parent / parts.path if parts.path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        # The reference's are docstrings': see scripts/check_site.py. A picture's says when it is shown.
        if parts.fragment and "reference" not in parts.path and target.suffix != ".webp":
            assert parts.fragment in anchors(target.resolve().relative_to(ROOT).as_posix()), f"{page}: {link}"


@pytest.mark.parametrize("page", PAGES)
def test_what_the_code_says_is_said_alike(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert docs_fill.filled(text) == text, "run `make docs-fill`"


def test_the_tables_stand_where_they_should() -> None:
    for page, name in (("docs/connection.md", "extras"), ("docs/how-to/buttons-and-lists.md", "limits")):
        assert f"<!-- table: {name} -->" in (ROOT / page).read_text(encoding="utf-8")


def test_the_defaults_of_the_form_are_those_of_the_configuration() -> None:
    fields = {"password": "key", "host": None, "schema": None, "port": None}
    shown = {name: field["schema"].get("default") for name, field in EXTRA_FIELDS.items()}
    assert from_connection(**fields, extra=shown) == from_connection(**fields, extra={})


def test_every_error_is_in_the_troubleshooting() -> None:
    named = {
        name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, errors.CekatError)
    }
    text = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### (\w+)$", text, re.M)) == {name for name in named if not name.startswith("_")}


def test_every_class_that_airflow_is_told_of_is_in_the_reference() -> None:
    reference = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("docs/reference/*.md"))
    info = get_provider_info()
    modules = [
        module
        for kind in ("hooks", "operators", "sensors", "triggers")
        for entry in info[kind]
        for module in entry["python-modules"]
    ]
    names = {name for module in modules for name, kind in vars(import_module(module)).items() if _is_public(kind, name)}
    names |= {path.rpartition(".")[2] for path in info["notifications"]}
    assert {name for name in names if not re.search(rf"^::: [\w.]+\.{name}$", reference, re.M)} == set()


def _is_public(kind: object, name: str) -> bool:
    """Tell whether a name of a module is a class that DAG authors use."""
    return (
        inspect.isclass(kind)
        and name.startswith("Cekat")
        and kind.__module__.split(".")[:2] != ["cekat_provider", "core"]
    )


def test_a_page_that_is_wrong_is_found(tmp_path: Path) -> None:
    """The check of the built site, which `make docs` runs: what it must find, and what it must not mind."""
    good = '<a href="b.html#there">b</a> <a href="https://example.com/x">x</a> <a href="#top" id="top">top</a>'
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1><img src="data:image/png;base64,AA==">')
    (tmp_path / "a.html").write_text(good)
    assert _check_site(tmp_path) == (0, "2 pages: every link and anchor leads somewhere\n")
    wrong = {
        '<a href="c.html">': "leads nowhere",
        '<a href="b.html#here">': "names an anchor that is not there",
        '<a href="https:///x">': "is no address",
        '<img src="c.png">': "leads nowhere",
        '<script src="https://example.com/x.js">': "fetches",
        '<link rel="stylesheet" href="//example.com/x.css">': "fetches",
    }
    for html, said in wrong.items():
        (tmp_path / "a.html").write_text(html)
        status, output = _check_site(tmp_path)
        assert status == 1, html
        assert said in output, html


def _check_site(site: Path) -> tuple[int, str]:
    command = [sys.executable, "scripts/check_site.py", str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_new_page_needs_no_entry_in_the_nav(tmp_path: Path) -> None:
    docs_nav = import_module("docs_nav")
    for page in ("index.md", "how-to/a.md", "how-to/b.md", "how-to/c.md"):
        (tmp_path / page).parent.mkdir(exist_ok=True)
        (tmp_path / page).touch()
    config = {"docs_dir": str(tmp_path), "nav": ["index.md", {"How to": ["how-to/b.md", "how-to/*"]}]}
    assert docs_nav.on_config(config)["nav"] == [
        "index.md",
        {"How to": ["how-to/b.md", "how-to/a.md", "how-to/c.md"]},
    ]
    with pytest.raises(ValueError, match=r"lists twice: index\.md"):
        docs_nav.on_config({"docs_dir": str(tmp_path), "nav": ["index.md", {"Home": "index.md"}]})
