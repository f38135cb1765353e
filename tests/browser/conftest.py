"""A real browser for the tests: Debian's Chromium, driven by Playwright. Without it they fail; none is skipped."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

OURS = ("127.0.0.1", "localhost")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"),
    # Nothing leaves this machine, whatever a page asks for.
    f"--host-resolver-rules=MAP * ~NOTFOUND, {', '.join(f'EXCLUDE {host}' for host in OURS)}",
)
#: A busy machine is slow, and a condition that comes true ends the waiting at once.
PATIENCE_MS = 60_000


def leaves(request: Request) -> bool:
    """Tell whether a page asked another machine."""
    url = urlsplit(request.url)
    return url.scheme not in ("data", "blob") and url.hostname not in OURS


# For this folder and not the session: while Playwright runs, an event loop does, and no other test could start one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Give one browser to all tests of this folder."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail("Chromium is missing: `make browser`, or apt-get install chromium", pytrace=False)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(FLAGS), timeout=180_000)
        yield started
        started.close()


@pytest.fixture
def complaints() -> list[str]:
    """Collect what no page should do. A test that means to cause some of it clears the list afterwards."""
    return []


@pytest.fixture
def new_page(browser: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a profile of its own; options are those of Playwright's `Browser.new_context`.

    The test fails on an error in a page's console, an uncaught exception, or a request to another host.
    """
    contexts = []

    def watch(page: Page) -> None:
        page.on("console", lambda line: complaints.append(f"console: {line.text}") if line.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))

    def asked(request: Request) -> None:
        if leaves(request):
            complaints.append(f"request to another host: {request.url}")

    def new(**options: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", watch)
        context.on("request", asked)
        return context.new_page()

    yield new
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Give one page in a window of 1280 by 800."""
    return new_page()


def picture(page: Page, scale: float = 1) -> bytes:
    """Draw the window as it is, as WebP; `scale=2` twice as fine."""
    window = {"x": 0, "y": 0, **page.evaluate("({width: innerWidth, height: innerHeight})"), "scale": scale}
    # Playwright's own screenshots know no WebP, which is a third of a PNG.
    chromium = page.context.new_cdp_session(page)
    asked = {"format": "webp", "quality": 85, "clip": window}
    return base64.b64decode(chromium.send("Page.captureScreenshot", asked)["data"])


@pytest.fixture
def screenshot(tmp_path: Path) -> Callable[..., None]:
    """Take a picture `(page, name, scale=1)` of the window: into docs/images by `make screenshots`, else for nobody."""
    root = Path(__file__).parents[2] / "docs" / "images"
    folder = root if os.environ.get("SCREENSHOTS") else tmp_path

    def take(page: Page, name: str, scale: float = 1) -> None:
        drawn = picture(page, scale)
        assert len(drawn) < 200_000, f"{name} has {len(drawn)} bytes"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.webp").write_bytes(drawn)

    return take
