"""The customer's side: what a DAG sends is answered by hand."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from cekat_provider.sandbox.client import Sandbox

from .scene import BUDI, BUTTONS, SITI, SLOTS, bubble, send, task


def test_what_to_do_first_is_said_on_a_narrow_window_too(visit, cekat_sandbox: Sandbox) -> None:
    page = visit(viewport={"width": 360, "height": 640}, permissions=["clipboard-read", "clipboard-write"])
    expect(page.get_by_role("heading", name="Waiting for the first message")).to_be_in_viewport()
    line = page.locator("pre").inner_text()
    assert f"cekat://:your-key@{cekat_sandbox.url.removeprefix('http://')}'" in line
    page.get_by_role("button", name="Copy the connection").click()
    expect(page.locator(".icon-button.done")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == line
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="new conversation", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Waiting for the first message")).to_be_hidden()
    expect(page.locator(".message.me")).to_be_visible()


def test_a_first_message_shows_up_by_itself(visit, cekat_sandbox: Sandbox) -> None:
    page = visit()
    expect(page.get_by_role("heading", name="Waiting for the first message")).to_be_visible()
    expect(page.locator("pre")).to_contain_text(cekat_sandbox.url.removeprefix("http://"))
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
