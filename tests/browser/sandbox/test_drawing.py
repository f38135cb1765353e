"""What WhatsApp would draw is drawn, and a text stays a text."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from cekat_provider.sandbox.client import Sandbox

from .scene import BUDI, LINK, PLACE, bubble, send, shop, task, template


def test_every_kind_is_drawn(visit, cekat_sandbox: Sandbox) -> None:
    sent = send(cekat_sandbox, "Lacak", **LINK)
    send(cekat_sandbox, **PLACE)
    for name in ("foto rumah.jpg", "nota.pdf", "klip.mp4", "suara.ogg"):
        send(cekat_sandbox, file_url=f"https://files.example.com/{name.replace(' ', '%20')}")
    template(cekat_sandbox, "order_ready", BUDI, "Budi", "#1234")
    cekat_sandbox.note("Rahasia", receiver=BUDI, name="Rina")
    cekat_sandbox.note("Saya Rina", receiver=BUDI, name="Rina", sent_by_type="agent")
    cekat_sandbox.note("Percakapan ditutup", receiver=BUDI, sent_by_type="system")
    page = visit(sent["conversation_id"])
    expect(page.get_by_role("link", name="Lacak pesanan")).to_have_attribute(
        "href", "https://toko.example.com/lacak/1234"
    )
    expect(page.get_by_role("link", name="Lacak pesanan")).to_have_attribute("rel", "noopener noreferrer")
    expect(bubble(page, "Toko Kita")).to_contain_text("Jl. Sudirman 1, Jakarta")
    for shown in ("foto rumah.jpg", "nota.pdf", "klip.mp4", "suara.ogg"):
        expect(page.get_by_role("link", name=shown)).to_be_visible()
    expect(bubble(page, "Halo Budi, pesanan #1234 siap diambil.")).to_contain_text("Template")
    expect(page.locator(".message.note")).to_contain_text("the customer never sees it")
    expect(bubble(page, "Saya Rina")).to_contain_text("Rina · Agent")
    expect(page.locator(".message.system")).to_contain_text("Percakapan ditutup")


MARKS = [
    ("*tebal* _miring_ ~coret~", "<strong>tebal</strong> <em>miring</em> <s>coret</s>"),
    ("*_keduanya_*", "<strong><em>keduanya</em></strong>"),
    ("2*3*4 sdh_ok_ya * x *", "2*3*4 sdh_ok_ya * x *"),
    ("`kode *x*`", "<code>kode *x*</code>"),
    ("```a\n_b_```", '<code class="block">a\n_b_</code>'),
    (
        "https://toko.example.com/a_b_c?x=1&y=2.",
        '<a href="https://toko.example.com/a_b_c?x=1&amp;y=2" target="_blank" rel="noopener noreferrer">'
        "https://toko.example.com/a_b_c?x=1&amp;y=2</a>.",
    ),
    ("<img src=x onerror=alert(1)> *<b>*", "&lt;img src=x onerror=alert(1)&gt; <strong>&lt;b&gt;</strong>"),
    ("javascript:alert(1)", "javascript:alert(1)"),
]


def test_marks_are_drawn_and_no_text_becomes_html(visit, cekat_sandbox: Sandbox) -> None:
    for text, _ in MARKS:
        cekat_sandbox.conversation(BUDI)
        cekat_sandbox.reply(text, receiver=BUDI)
    page = visit(cekat_sandbox.conversation(BUDI)["id"])
    said = page.locator(".said")
    expect(said).to_have_count(len(MARKS))
    assert [said.nth(index).inner_html() for index in range(len(MARKS))] == [html for _, html in MARKS]


def test_html_stays_text_wherever_it_comes_from(visit, cekat_sandbox: Sandbox, complaints: list[str]) -> None:
    evil = "<img src=x onerror=alert(1)>"
    conversation = cekat_sandbox.conversation(BUDI, name=evil)["id"]
    cekat_sandbox.note(evil, receiver=BUDI, name=evil)
    cekat_sandbox.auto_reply(evil, contains="no such text")
    buttons = {"media_type": "button", "footer": evil, "header": {"text": evil}, "action": {"buttons": [
        {"type": "reply", "reply": {"id": evil, "title": "<b>ya</b>"}}]}}  # fmt: skip
    sent = send(cekat_sandbox, evil, headers=task("%3Cimg src=x onerror=alert(1)%3E", evil), **buttons)
    cekat_sandbox.set_status(sent["message_id"], "failed", {"code": evil, "message": evil})
    page = visit(conversation)
    page.locator(".message .meta").last.click()
    for tab in ("Message", "Requests", "Faults", "Set-up"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).not_to_be_empty()
    page.get_by_role("tab", name="Requests").click()
    for details in page.locator("details.request summary").all():
        details.click()
    page.get_by_role("button", name="<b>ya</b>").click()
    expect(page.locator(".message.me")).to_contain_text("<b>ya</b>")
    assert page.locator("img[src=x], .message b:not(.cut)").count() == 0
    # And the browser itself would not let a script of ours make it HTML.
    with page.expect_console_message() as told:
        blocked = page.evaluate("() => { try { document.body.innerHTML = '<b>'; } catch (e) { return e.name; } }")
    assert blocked == "TypeError"
    complaints.remove(f"console: {told.value.text}")


def test_days_are_told_apart_and_the_window_closes(visit, cekat_sandbox: Sandbox) -> None:
    conversation = cekat_sandbox.conversation(BUDI)["id"]
    for hours in (72, 24, 0):
        cekat_sandbox.advance(hours=-hours)
        cekat_sandbox.reply(f"{hours} jam lalu", receiver=BUDI)
        cekat_sandbox.advance(hours=hours)
    page = visit(conversation)
    expect(page.locator(".day")).to_have_count(3)
    expect(page.locator(".day").nth(1)).to_have_text("Yesterday")
    expect(page.locator(".day").nth(2)).to_have_text("Today")
    expect(page.locator(".window")).to_contain_text("Window open")
    cekat_sandbox.advance(hours=25)
    expect(page.locator(".window")).to_contain_text("Window closed")
    expect(page.get_by_text("only a template reaches this customer")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_text("closed")).to_be_visible()


def test_many_conversations_and_a_long_one(visit, cekat_sandbox: Sandbox) -> None:
    first = cekat_sandbox.conversation(BUDI, name="Budi Santoso")["id"]
    for number in range(299):
        cekat_sandbox.conversation(f"62812{number:07}", name=f"Pelanggan {number}")
    for number in range(110):
        cekat_sandbox.reply(f"pesan ke-{number}", receiver=BUDI)
    page = visit(first)
    expect(page.locator(".people-list li")).to_have_count(300)
    expect(page.locator(".message")).to_have_count(100)
    expect(bubble(page, "pesan ke-109")).to_be_in_viewport()
    page.get_by_role("button", name="Show earlier messages").click()
    expect(page.locator(".message")).to_have_count(110)
    expect(page.get_by_role("button", name="Show earlier messages")).to_be_hidden()
    search = page.get_by_role("searchbox", name="Search conversations")
    search.fill("pelanggan 17")
    expect(page.locator(".people-list li")).to_have_count(11)
    search.fill("+62 812-3456")
    expect(page.locator(".people-list li")).to_have_count(1)
    search.fill("siapa?")
    expect(page.get_by_text("Nobody is called “siapa?”.")).to_be_visible()


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "failed"])
def test_ticks(visit, cekat_sandbox: Sandbox, status: str) -> None:
    sent = send(cekat_sandbox, "Halo")
    cekat_sandbox.set_status(sent["message_id"], status)
    page = visit(sent["conversation_id"])
    expect(page.get_by_role("button", name=re.compile(rf"\d\d:\d\d, {status}\. Inspect"))).to_be_visible()
    expect(page.locator(f".message .icon-{status}").first).to_be_visible()


def test_the_shop(visit, cekat_sandbox: Sandbox) -> None:
    page = visit(shop(cekat_sandbox))
    names = page.locator(".person-name")
    expect(names).to_have_text(["Budi Santoso", "Siti Rahma", "Dewi Lestari", "Agus Wijaya"])
    expect(page.locator(".message.me")).to_have_count(3)
