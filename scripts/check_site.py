"""Check a built site: every link and anchor leads somewhere, and no page asks another host for anything.

`python scripts/check_site.py build/site` names what is wrong and exits 1. Links to other hosts are looked at for their
form only: nothing is fetched.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Where a browser fetches something by itself, and does not wait for a click.
_FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
#: `rel` values that name another page or place without fetching it.
_NOT_FETCHED = {"canonical", "prev", "next"}


class Page(HTMLParser):
    """The links, fetched addresses and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names."""
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if given.get(name))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        address = given.get(_FETCHED.get(tag, ""), "")
        if address and given.get("rel") not in _NOT_FETCHED:
            self.fetched.append(address)


def problems(site: Path) -> list[str]:
    """Return what is wrong, a sentence each."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site)
        for address in page.fetched:
            if urlsplit(address).scheme not in ("", "data") or address.startswith("//"):
                found.append(f"{name} fetches {address}")
        for link in [*page.links, *page.fetched]:
            said = _wrong(link, path, pages)
            if said:
                found.append(f"{name}: {link} {said}")
    return found if pages else [f"{site} has no page"]


def _wrong(link: str, page: Path, pages: dict[Path, Page]) -> str | None:
    parts = urlsplit(link)
    if parts.scheme in ("mailto", "data", "javascript"):
        return None
    if parts.scheme or parts.netloc:
        good = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and ("." in parts.hostname or "local" in parts.hostname)
        )
        return None if good else "is no address"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "leads nowhere"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "names an anchor that is not there"
    return None


def main() -> int:
    """Check the site that the command line names."""
    site = Path(sys.argv[1]).resolve()
    found = problems(site)
    print("\n".join(found) or f"{len(list(site.rglob('*.html')))} pages: every link and anchor leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
