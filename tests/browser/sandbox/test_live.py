"""Live without a reload: many tabs, a server that went away, and one that is stopped under an open page."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from playwright.sync_api import expect

from cekat_provider.sandbox.cekat import Settings
from cekat_provider.sandbox.client import Sandbox
from cekat_provider.sandbox.server import RunningServer

from .scene import BUDI, send


def test_eight_tabs_hear_of_it(visit, cekat_sandbox: Sandbox) -> None:
    """More than the six connections that a browser grants one host."""
    conversation = cekat_sandbox.conversation(BUDI)["id"]
    first = visit(conversation)
    tabs = [first, *(first.context.new_page() for _ in range(7))]
    for tab in tabs[1:]:
        tab.goto(first.url)
        expect(tab.locator("#live")).to_have_attribute("data-state", "live")
    send(cekat_sandbox, "Untuk semua")
    for tab in tabs:
        expect(tab.locator(".message")).to_contain_text("Untuk semua")
    # The one that holds the stream is closed, and another takes over.
    first.close()
    send(cekat_sandbox, "Masih ada?")
    for tab in tabs[1:]:
        expect(tab.locator(".message").last).to_contain_text("Masih ada?")


def test_it_comes_back_with_the_server(new_page, tmp_path: Path, complaints: list[str]) -> None:
    settings = Settings(db=str(tmp_path / "kept.sqlite"))
    server = RunningServer(settings)
    port = int(server.url.rpartition(":")[2])
    conversation = Sandbox(server.url).conversation(BUDI)["id"]
    page = new_page()
    page.goto(f"{server.url}/#/conversations/{conversation}")
    live = page.locator("#live")
    expect(live).to_have_text("Live")
    server.stop()
    assert not server.alive
    assert "cekat-sandbox" not in {thread.name for thread in threading.enumerate()} - _of_the_session()
    expect(live).to_have_text("Reconnecting")
    server = RunningServer(settings, port=port)
    try:
        Sandbox(server.url).reply("Setelah jeda", receiver=BUDI)
        expect(live).to_have_text("Live")
        expect(page.locator(".message")).to_contain_text("Setelah jeda")
        page.close()
    finally:
        server.stop()
    lost = re.compile("console: Failed to load resource: net::ERR_")
    assert [told for told in complaints if not lost.match(told)] == []
    complaints.clear()


def _of_the_session() -> set[str]:
    # The fixture's own server bears the same name, where another test has started it.
    return {"cekat-sandbox"} if sum(t.name == "cekat-sandbox" for t in threading.enumerate()) == 1 else set()


def test_what_is_typed_and_focused_stays(visit, cekat_sandbox: Sandbox) -> None:
    conversation = cekat_sandbox.conversation(BUDI)["id"]
    page = visit(conversation)
    write = page.get_by_role("textbox", name="Write as the customer")
    write.fill("Belum sele")
    for number in range(20):
        send(cekat_sandbox, f"Pesan {number}")
    expect(page.locator(".message")).to_have_count(20)
    write.press_sequentially("sai")
    expect(write).to_be_focused()
    expect(write).to_have_value("Belum selesai")
    # Whoever reads further up is not thrown to the end.
    wall = page.locator(".wall")
    wall.evaluate("wall => wall.scrollTop = 0")
    send(cekat_sandbox, "Pesan baru")
    expect(page.locator(".message")).to_have_count(21)
    assert wall.evaluate("wall => wall.scrollTop") == 0
