"""Write the tables in docs/ that the code already knows: `python scripts/docs_tables.py`, after a change of theirs.

Each stands between `<!-- table: NAME -->` and `<!-- end of table -->`; tests/docs/test_tables.py holds them against the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end of table -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a page with its tables made anew."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[4]}", text)


def pages() -> list[Path]:
    """Return the pages that have such tables."""
    return [path for path in sorted(ROOT.glob("docs/**/*.md")) if _TABLE.search(path.read_text())]


def _rows(*rows: Iterable[str]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _extras() -> str:
    from cekat_provider.connection_form import EXTRA_FIELDS

    rows = []
    for name, field in EXTRA_FIELDS.items():
        schema = field["schema"]
        default = schema.get("default")
        # As one writes it in JSON: 30.0 is 30, False is false.
        shown = "none" if default is None else f"`{default:g}`" if isinstance(default, float) else f"`{default}`".lower()
        if isinstance(default, str):
            shown = f"`{default}`"
        least, most = (schema.get(bound) for bound in ("minimum", "maximum"))
        bounds = f"; {least or 0:,.0f} to {most:,.0f}" if most is not None else ""
        rows.append((f"`{name}`", field["label"] + bounds, field["description"].replace("|", r"\|"), shown))
    return _rows(("extra", "in the form", "what it is", "default"), ["---"] * 4, *rows)


def _limits() -> str:
    from cekat_provider.core.limits import RULES

    rows = []
    for rule in RULES:
        if rule.most is None:
            continue
        unit = "characters" if rule.type == "text" else "in number"
        where = ", ".join(f"`{kind}`" for kind in rule.kinds) or "any"
        rows.append((rule.what + rule.beside, f"`{rule.path}`", where, f"{rule.least} to {rule.most:,} {unit}"))
    return _rows(("what", "in the request", "`media_type`", "limit"), ["---"] * 4, *rows)


TABLES = {"extras": _extras, "limits": _limits}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for page in pages():
        page.write_text(filled(page.read_text()))
