"""Write into README and docs/ what the code already says: `make docs-fill`, after a change of it.

A table stands between `<!-- table: NAME -->` and `<!-- end of table -->`; a part of a DAG, where no tool includes it,
in the code block after `<!-- snippet: FILE:SECTION -->`. tests/docs/test_pages.py holds all of it against the code.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end of table -->)", re.DOTALL)
_SNIPPET = re.compile(r"(<!-- snippet: (\S+):(\w+) -->\n)(?:\n```python\n.*?\n```\n)?", re.DOTALL)


def pages() -> list[Path]:
    """Return all pages that are written by hand."""
    return [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


def filled(text: str) -> str:
    """Return a page with its tables and parts of DAGs made anew."""
    text = _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[4]}", text)
    return _SNIPPET.sub(lambda found: f"{found[1]}\n```python\n{section(found[2], found[3])}\n```\n", text)


def section(path: str, name: str) -> str:
    """Return what stands between a file's marks `--8<-- [start:NAME]` and `--8<-- [end:NAME]`."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    start, end = (lines.index(line) for mark in ("start", "end") for line in lines if f"--8<-- [{mark}:{name}]" in line)
    return textwrap.dedent("\n".join(lines[start + 1 : end])).strip("\n")


def _rows(*rows: Iterable[str]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _extras() -> str:
    from cekat_provider.connection_form import EXTRA_FIELDS

    rows = []
    for name, field in EXTRA_FIELDS.items():
        schema = field["schema"]
        least, most = schema.get("minimum"), schema.get("maximum")
        bounds = "" if most is None else f"; at most {most:,.0f}" if least is None else f"; {least:,.0f} to {most:,.0f}"
        rows.append((f"`{name}`", field["label"] + bounds, field["description"], _shown(schema.get("default"))))
    return _rows(("extra", "in the form", "what it is", "default"), ["---"] * 4, *rows)


def _shown(default: object) -> str:
    """Write a default as JSON does: 30.0 is 30, False is false."""
    if default is None:
        return "none"
    return (
        f"`{default:g}`" if isinstance(default, float) else f"`{str(default).lower() if default is False else default}`"
    )


def _limits() -> str:
    from cekat_provider.core.limits import RULES

    rows = []
    for rule in RULES:
        if rule.most is not None:
            unit = "characters" if rule.type == "text" else "in number"
            where = ", ".join(f"`{kind}`" for kind in rule.kinds) or "any"
            rows.append((rule.what + rule.beside, f"`{rule.path}`", where, f"{rule.least} to {rule.most:,} {unit}"))
    return _rows(("what", "in the request", "`media_type`", "limit"), ["---"] * 4, *rows)


TABLES = {"extras": _extras, "limits": _limits}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for page in pages():
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
