"""The customer's side: what a DAG sends is drawn, and answered by hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from cekat_provider.sandbox.client import Sandbox

from .scene import BUDI, BUTTONS, LINK, PLACE, SITI, SLOTS, send, shop, task, template


def bubble(page: Page, text: str) -> Locator:
    return page.locator(".message").filter(has_text=text)


def test_a_first_message_shows_up_by_itself(visit, cekat_sandbox: Sandbox) -> None:
    page = visit()
    expect(page.get_by_role("heading", name="Waiting for the first message")).to_be_visible()
    expect(page.locator("pre")).to_contain_text(cekat_sandbox.url)
    send(cekat_sandbox, "Halo dari DAG", headers=task())
    person = page.get_by_role("navigation").get_by_role("link", name=re.compile("6281234567890|812-3456"))
    expect(person).to_contain_text("Halo dari DAG")
    expect(person.get_by_label("1 new")).to_be_visible()
    expect(page).to_have_title("(1) Cekat sandbox")
    person.click()
    expect(bubble(page, "Halo dari DAG")).to_be_visible()
    expect(person.get_by_label("1 new")).to_be_hidden()
    expect(page).to_have_title("Cekat sandbox")
    send(cekat_sandbox, "Dan satu lagi", headers=task())
    expect(bubble(page, "Dan satu lagi")).to_be_in_viewport()


def test_what_is_typed_is_the_customers(visit, cekat_sandbox: Sandbox) -> None:
    page = visit(cekat_sandbox.conversation(BUDI)["id"])
    write = page.get_by_role("textbox", name="Write as the customer")
    write.fill("Baris satu")
    write.press("Shift+Enter")
    write.press_sequentially("baris dua")
    write.press("Enter")
    expect(page.locator(".message.me")).to_contain_text("Baris satu\nbaris dua")
    expect(write).to_have_value("")
    write.fill("Dengan tombol")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.me")).to_have_count(2)
    said = cekat_sandbox.messages(cekat_sandbox.conversation(BUDI)["id"])
    assert [(m["sent_by_type"], m["message"]) for m in said] == [
        ("user", "Baris satu\nbaris dua"),
        ("user", "Dengan tombol"),
    ]


def test_a_button_is_tapped(visit, cekat_sandbox: Sandbox) -> None:
    sent = send(cekat_sandbox, "Proses?", footer="Toko Kita", header={"text": "Pesanan"}, **BUTTONS)
    page = visit(sent["conversation_id"])
    asked = bubble(page, "Proses?")
    expect(asked).to_contain_text("Pesanan")
    expect(asked).to_contain_text("Toko Kita")
    asked.get_by_role("button", name="Batalkan").click()
    expect(page.locator(".message.me")).to_contain_text("Batalkan")
    assert cekat_sandbox.messages(sent["conversation_id"])[-1]["interactive"]["button_reply"]["id"] == "cancel"


def test_a_row_is_picked_and_a_sheet_closed(visit, cekat_sandbox: Sandbox) -> None:
    sent = send(cekat_sandbox, "Kapan?", **SLOTS)
    page = visit(sent["conversation_id"])
    opener = page.get_by_role("button", name="Pilih jadwal")
    for close in ("Escape", "Close", "beside"):
        opener.click()
        sheet = page.get_by_role("dialog", name="Pilih jadwal")
        expect(sheet.get_by_role("radio")).to_have_count(3)
        if close == "Escape":
            page.keyboard.press("Escape")
        elif close == "Close":
            sheet.get_by_role("button", name="Close").click()
        else:
            page.locator(".veil").click(position={"x": 20, "y": 20})
        expect(sheet).to_be_hidden()
        expect(opener).to_be_focused()
    opener.click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Send")).to_be_disabled()
    page.get_by_text("15.00–18.00").click()
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.locator(".message.me")).to_contain_text("Sore")
    assert cekat_sandbox.messages(sent["conversation_id"])[-1]["interactive"]["list_reply"]["id"] == "sore"


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


def test_html_stays_text_wherever_it_comes_from(visit, cekat_sandbox: Sandbox) -> None:
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
    blocked = page.evaluate("() => { try { document.body.innerHTML = '<b>'; } catch (e) { return e.name; } }")
    assert blocked == "TypeError"


def test_the_customer_writes_first(visit, cekat_sandbox: Sandbox, complaints: list[str]) -> None:
    page = visit()
    page.get_by_role("button", name="New conversation", exact=True).click()
    dialog = page.get_by_role("dialog", name="New conversation")
    dialog.get_by_label("Phone number").fill("12")
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("receiver")
    assert complaints.pop().startswith("console: Failed to load resource: the server responded with a status of 400")
    dialog.get_by_label("Phone number").fill("+62 812-9876-5432")
    dialog.get_by_label("Name").fill("Siti Rahma")
    dialog.get_by_label("First message").fill("Permisi")
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Siti Rahma")).to_be_visible()
    expect(bubble(page, "Permisi")).to_be_visible()
    [made] = cekat_sandbox.conversations()
    assert (made["receiver"], made["name"], made["window_open"]) == (SITI, "Siti Rahma", True)


def test_a_file_an_agent_and_a_note(visit, cekat_sandbox: Sandbox) -> None:
    conversation = cekat_sandbox.conversation(BUDI)["id"]
    page = visit(conversation)
    page.get_by_role("button", name="Send a file as the customer").click()
    sheet = page.get_by_role("dialog", name="Send a file")
    sheet.get_by_label("Kind").select_option("Document")
    expect(sheet.get_by_label("Address")).to_have_value("https://files.example.com/bukti.pdf")
    sheet.get_by_label("Caption").fill("Bukti bayar")
    sheet.get_by_role("button", name="Send").click()
    expect(page.locator(".message.me")).to_contain_text("bukti.pdf")
    page.get_by_role("radio", name="Agent").check()
    page.get_by_role("textbox", name="Write as an agent").fill("Terima kasih")
    page.keyboard.press("Enter")
    expect(bubble(page, "Terima kasih")).to_contain_text("Agent")
    page.get_by_role("radio", name="Private note").check()
    page.get_by_role("textbox", name="Write a private note").fill("Sudah lunas")
    page.keyboard.press("Enter")
    expect(page.locator(".message.note")).to_contain_text("Sudah lunas")
    said = [(m["sent_by_type"], m["media_type"]) for m in cekat_sandbox.messages(conversation)]
    assert said == [("user", "document"), ("agent", "text"), ("private_note", "text")]


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
    for number in range(150):
        cekat_sandbox.reply(f"pesan ke-{number}", receiver=BUDI)
    page = visit(first)
    expect(page.locator(".people-list li")).to_have_count(300)
    expect(page.locator(".message")).to_have_count(100)
    expect(bubble(page, "pesan ke-149")).to_be_in_viewport()
    page.get_by_role("button", name="Show earlier messages").click()
    expect(page.locator(".message")).to_have_count(150)
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
