"""By keyboard alone, on a narrow window, in the dark, and with nothing asked of anybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cekat_provider.sandbox.client import Sandbox

from .scene import BUDI, SLOTS, send, shop, task

AUDIT = Path(__file__).with_name("audit.js").read_text()


def panels(page: Page) -> Iterator[str]:
    for tab in ("Message", "Requests", "Faults", "Set-up"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
        yield tab


def test_by_keyboard_alone(visit, cekat_sandbox: Sandbox) -> None:
    shop(cekat_sandbox)
    page = visit()
    expect(page.locator(".person")).to_have_count(4)
    key = page.keyboard.press
    key("Tab")
    expect(page.get_by_role("link", name="Skip to the conversation")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the conversation")).to_be_in_viewport()
    page.get_by_role("searchbox").focus()
    key("Tab")
    key("Tab")
    key("ArrowDown")
    key("ArrowDown")
    key("ArrowUp")
    person = page.get_by_role("navigation").get_by_role("link", name=re.compile("Siti Rahma"))
    expect(person).to_be_focused()
    assert person.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    key("Enter")
    expect(page.get_by_role("heading", name="Siti Rahma")).to_be_visible()
    send(cekat_sandbox, "Kapan?", "6281298765432", **SLOTS)
    opener = page.get_by_role("button", name="Pilih jadwal")
    opener.focus()
    key("Enter")
    expect(page.get_by_role("dialog").get_by_role("radio").first).to_be_focused()
    key("Space")
    key("ArrowDown")
    key("Enter")
    expect(page.locator(".message.me")).to_contain_text("Sore")
    page.locator(".message .meta").first.focus()
    key("Enter")
    expect(page.get_by_role("tabpanel", name="Message")).to_contain_text("shipping")
    page.get_by_role("tab", name="Message").focus()
    for tab in ("Requests", "Faults", "Set-up", "Message"):
        key("ArrowRight")
        expect(page.get_by_role("tab", name=tab)).to_be_focused()
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_can_be_read(visit, cekat_sandbox: Sandbox, scheme: str) -> None:
    conversation = shop(cekat_sandbox)
    cekat_sandbox.note("Pelanggan lama", receiver=BUDI, name="Rina")
    cekat_sandbox.note("Saya Rina", receiver=BUDI, name="Rina", sent_by_type="agent")
    cekat_sandbox.advance(hours=25)
    cekat_sandbox.faults(kind="drop", times=None)
    page = visit(conversation, color_scheme=scheme)
    expect(page.locator(".message.note")).to_be_visible()
    page.locator(".message .meta").nth(1).click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == ("rgb(10, 16, 14)" if scheme == "dark" else "rgb(234, 240, 237)")
    for tab in panels(page):
        assert page.evaluate(AUDIT) == {"faint": [], "nameless": []}, tab
    assert page.locator("main, nav, aside, header, h1").count() >= 5


def test_on_a_narrow_window(visit, cekat_sandbox: Sandbox) -> None:
    shop(cekat_sandbox)
    page = visit(viewport={"width": 360, "height": 640})
    page.get_by_text("Budi Santoso").click()
    expect(page.get_by_role("textbox", name="Write as the customer")).to_be_in_viewport()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    page.get_by_role("textbox", name="Write as the customer").fill("Dari ponsel")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.me").last).to_contain_text("Dari ponsel")
    page.locator(".message .meta").nth(1).click()
    expect(page.get_by_role("tabpanel", name="Message")).to_contain_text("order_confirm")
    for _ in panels(page):
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Close the inspector").click()
    page.get_by_role("button", name="Inspect", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Back to the conversations").click()
    expect(page.get_by_text("Siti Rahma")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_long_texts_stay_in_their_bubbles(visit, cekat_sandbox: Sandbox) -> None:
    conversation = cekat_sandbox.conversation(BUDI, name="Nama yang panjang sekali " * 8)["id"]
    cekat_sandbox.reply("tanpaspasi" * 40, receiver=BUDI)
    cekat_sandbox.reply("kata " * 800, receiver=BUDI)
    named = task("a_dag_whose_name_nobody_would_type_twice_" * 2, "reminders.send_the_reminder", 3, 127)
    send(cekat_sandbox, "x" * 300 + " https://toko.example.com/" + "y" * 300, headers=named)
    page = visit(conversation)
    expect(page.locator(".message")).to_have_count(3)
    trace = page.locator(".trace .task")
    expect(trace).to_contain_text("send_the_reminder")
    assert trace.evaluate("e => e.clientWidth > 60"), "a long DAG's name leaves room for the task"
    for name in (".wall", ".people-list", ".phone-head"):
        assert page.locator(name).evaluate("e => e.scrollWidth <= e.clientWidth"), name


def test_the_pages_headers(visit, cekat_sandbox: Sandbox) -> None:
    page = visit()
    with page.expect_response(lambda answer: answer.url == f"{cekat_sandbox.url}/") as seen:
        page.reload()
    headers = seen.value.headers
    assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
