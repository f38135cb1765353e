"""Put the pages that `nav` in mkdocs.yml does not list where it has a `*`, so that a new page needs no entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Replace each `folder/*` by the pages of the folder that stand nowhere else."""
    docs = Path(config["docs_dir"])
    pages = _pages(config["nav"])
    listed = set(pages)
    twice = sorted(page for page in listed if pages.count(page) > 1)
    if twice:
        raise ValueError(f"mkdocs.yml lists twice: {', '.join(twice)}")
    config["nav"] = _filled(config["nav"], docs, listed)
    return config


def _pages(entry: Any) -> list[str]:
    if isinstance(entry, dict):
        entry = list(entry.values())
    return [page for inner in entry for page in _pages(inner)] if isinstance(entry, list) else [entry]


def _filled(entry: Any, docs: Path, listed: set[str]) -> Any:
    if isinstance(entry, dict):
        return {title: _filled(inner, docs, listed) for title, inner in entry.items()}
    if not isinstance(entry, list):
        return entry
    filled: list[Any] = []
    for inner in entry:
        if isinstance(inner, str) and inner.endswith("*"):
            found = sorted(path.relative_to(docs).as_posix() for path in docs.glob(f"{inner[:-1]}*.md"))
            filled += [page for page in found if page not in listed]
        else:
            filled.append(_filled(inner, docs, listed))
    return filled
