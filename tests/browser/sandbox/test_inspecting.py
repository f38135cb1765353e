"""The developer's side: which task sent it, what came, what was refused, and what is set up."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from playwright.sync_api import Locator, expect

from cekat_provider.sandbox.client import Sandbox

from .scene import BUDI, post, send, task, template


def facts(panel: Locator) -> dict[str, str]:
    """Read the panel's first table."""
    table = panel.locator("dl").first
    return dict(zip(table.locator("dt").all_inner_texts(), table.locator("dd").all_inner_texts(), strict=True))


def test_a_message_says_which_task_sent_it(visit, cekat_sandbox: Sandbox) -> None:
    sent = send(cekat_sandbox, "Halo", headers=task("order_confirm", "ask", 2, 7))
    page = visit(sent["conversation_id"])
    expect(page.locator(".trace")).to_have_text("order_confirm › ask [7] › try 2")
    page.locator(".message .meta").click()
    panel = page.get_by_role("tabpanel", name="Message")
    expect(panel.locator("dl").first).to_contain_text("order_confirm")
    run = "scheduled__2026-04-10T07:00:00+00:00"
    assert facts(panel) == {"DAG": "order_confirm", "Run": run, "Task": "ask", "Map index": "7", "Try": "2"}
    expect(panel).to_contain_text('"message": "Halo"')
    panel.get_by_text("headers, the key masked").click()
    expect(panel).to_contain_text("api_key: ***")
    assert cekat_sandbox.api_key not in page.content()


def test_messages_that_no_task_sent(visit, cekat_sandbox: Sandbox) -> None:
    sent = send(cekat_sandbox, "Dari skrip")
    cekat_sandbox.reply("Dari pelanggan", receiver=BUDI)
    template(cekat_sandbox, "order_ready", BUDI, "Budi", "#1")
    page = visit(sent["conversation_id"])
    panel = page.get_by_role("tabpanel", name="Message")
    expect(panel).to_contain_text("No message picked")
    page.get_by_text("Dari skrip").last.click()
    expect(panel).to_contain_text("Sent through the API, not from inside of an Airflow task.")
    page.get_by_text("Dari pelanggan").last.click()
    expect(panel).to_contain_text("Written by the customer.")
    page.locator(".message", has_text="siap diambil").locator(".meta").click()
    expect(panel).to_contain_text("POST /templates/send")
    expect(panel).to_contain_text("order_ready · id")


def test_the_status_is_moved_by_hand(visit, cekat_sandbox: Sandbox) -> None:
    sent = send(cekat_sandbox, "Halo", headers=task())
    page = visit(sent["conversation_id"])
    page.locator(".message .meta").click()
    steps = page.get_by_role("group", name="Status")
    for status in ("delivered", "read", "sent"):
        steps.get_by_role("button", name=status).click()
        expect(steps.get_by_role("button", name=status)).to_have_attribute("aria-pressed", "true")
        expect(page.locator(f".message .ticks.{status}")).to_be_visible()
    page.get_by_label("Reason when it fails").select_option("131047 · Re-engagement message")
    steps.get_by_role("button", name="failed").click()
    expect(page.locator(".message")).to_contain_text("Failed: 131047 · Re-engagement message")
    [message] = cekat_sandbox.sent()
    assert (message["status"], message["additional_data"]["error"]["code"]) == ("failed", 131047)


def test_the_request_log_gives_the_reason_of_each_refusal(visit, cekat_sandbox: Sandbox) -> None:
    page = visit()
    page.get_by_role("tab", name="Requests").click()
    expect(page.get_by_text("No request yet")).to_be_visible()
    send(cekat_sandbox, "Halo", headers=task())
    post(cekat_sandbox, "/messages/whatsapp", task("order_confirm", "wrong"), receiver="+62", message="rahasia")
    entries = page.locator("details.request")
    expect(entries).to_have_count(2)
    expect(entries.first).to_contain_text("400")
    expect(entries.first).to_contain_text("receiver must be 7 to 15 digits")
    expect(entries.first).to_contain_text("order_confirm › wrong › try 1")
    expect(page.get_by_role("tab", name="Requests").get_by_label("1 refused")).to_be_visible()
    entries.first.locator("summary").click()
    expect(entries.first).to_contain_text('"message": "rahasia"')
    expect(entries.first).to_contain_text("api_key: ***")
    page.get_by_label("refused only").check()
    expect(entries).to_have_count(1)
    cekat_sandbox.faults(kind="drop")
    with contextlib.suppress(OSError):
        send(cekat_sandbox, "Putus")
    expect(entries).to_have_count(2)
    expect(entries.first).to_contain_text("fault: drop")


def test_faults_are_added_strike_and_are_taken_back(visit, cekat_sandbox: Sandbox) -> None:
    page = visit()
    page.get_by_role("tab", name="Faults").click()
    panel = page.get_by_role("tabpanel", name="Faults")
    expect(panel).to_contain_text("None: every good request gets a good answer.")
    panel.get_by_label("What happens").select_option("429 Too many requests")
    panel.get_by_label("Retry-After, seconds").fill("30")
    panel.get_by_label("How often").fill("2")
    panel.get_by_role("button", name="Add the fault").click()
    left = panel.locator(".faults li")
    expect(left).to_contain_text("2 times, on sends, retry_after 30")
    assert post(cekat_sandbox, "/messages/whatsapp", receiver=BUDI, message="x")["success"] is False
    expect(left).to_contain_text("once, on sends")
    panel.get_by_label("What happens").select_option("The answer is late")
    panel.get_by_label("for ever").check()
    panel.get_by_label("To which requests").select_option("reads")
    panel.get_by_role("button", name="Add the fault").click()
    expect(left).to_have_count(2)
    assert [(f["kind"], f["on"], f["times"]) for f in cekat_sandbox.faults()] == [
        ("rate_limit", "send", 1),
        ("slow", "read", None),
    ]
    expect(page.get_by_role("tab", name="Faults").get_by_label("2 set")).to_be_visible()
    panel.get_by_role("button", name="Take all back").click()
    expect(left).to_have_count(0)
    assert cekat_sandbox.faults() == []


def test_every_kind_of_fault_is_taken(visit, cekat_sandbox: Sandbox) -> None:
    page = visit()
    page.get_by_role("tab", name="Faults").click()
    panel = page.get_by_role("tabpanel", name="Faults")
    kinds = panel.get_by_label("What happens").locator("option").all_inner_texts()
    for count, kind in enumerate(kinds, start=1):
        panel.get_by_label("What happens").select_option(kind)
        panel.get_by_role("button", name="Add the fault").click()
        expect(panel.locator(".faults li")).to_have_count(count)
    assert len({fault["kind"] for fault in cekat_sandbox.faults()}) == len(kinds) == 12


def test_the_clock(visit, cekat_sandbox: Sandbox) -> None:
    page = visit()
    page.get_by_role("button", name="The sandbox's clock").click()
    panel = page.get_by_role("tabpanel", name="Set-up")
    chip = page.locator("#clock")
    panel.get_by_role("button", name="+25 h").click()
    expect(chip).to_contain_text("+25 h")
    panel.get_by_role("button", name="−1 h").click()
    expect(panel).to_contain_text("+24 h beside this machine's clock")
    panel.get_by_label("Hours to move the clock by").fill("24.5")
    panel.get_by_role("button", name="Move by hours").click()
    expect(chip).to_contain_text("+2 d 0 h")
    panel.get_by_role("button", name="Back to now").click()
    expect(panel).to_contain_text("The same as this machine's clock.")
    panel.get_by_role("button", name="+1 h", exact=True).click()
    expect(chip).to_contain_text("+1 h")


def test_answers_delivery_and_budget(visit, cekat_sandbox: Sandbox) -> None:
    conversation = cekat_sandbox.conversation(BUDI)["id"]
    page = visit(conversation)
    page.get_by_role("tab", name="Set-up").click()
    panel = page.get_by_role("tabpanel", name="Set-up")
    panel.get_by_label("The customer answers").fill("ya, jadi")
    panel.get_by_label("After, seconds").fill("0")
    panel.get_by_label("To texts that hold").fill("jadi?")
    panel.get_by_role("button", name="Add the answer").click()
    expect(panel.locator(".faults li")).to_contain_text("after 0 s, to messages with “jadi?”")
    panel.get_by_label("Delivered, s").fill("60")
    panel.get_by_label("Read, s").fill("120")
    panel.get_by_role("button", name="Set").first.click()
    panel.get_by_label("Requests a minute").fill("5")
    panel.get_by_role("button", name="Set").last.click()
    expect(panel.get_by_label("Requests a minute")).to_have_value("5")
    send_when_set = "fetch('sandbox/overview').then(a => a.json()).then(o => o.rate_limit === 5 && o.delivery)"
    assert page.wait_for_function(send_when_set).json_value()["read_after_seconds"] == 120
    send(cekat_sandbox, "Jadi atau tidak, jadi?", headers=task())
    # No further request comes: the page's own stream makes the customer answer, and the clock delivers.
    expect(page.locator(".message.me")).to_contain_text("ya, jadi")
    cekat_sandbox.advance(seconds=90)
    expect(page.locator(".message .ticks.delivered").first).to_be_visible()
    cekat_sandbox.advance(seconds=90)
    expect(page.locator(".message .ticks.read")).to_be_visible()
    panel.get_by_role("button", name="Take all back").click()
    expect(panel).to_contain_text("The customer answers nothing by itself.")


def test_export_and_clear(visit, cekat_sandbox: Sandbox, tmp_path: Path) -> None:
    sent = send(cekat_sandbox, "Halo *Budi* <b>", headers=task())
    post(cekat_sandbox, "/messages/whatsapp", receiver="x")
    page = visit(sent["conversation_id"])
    found = {}
    for kind in ("JSON", "Markdown"):
        page.locator("#export summary").click()
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).click()
        download.value.save_as(tmp_path / kind)
        found[kind] = (tmp_path / kind).read_text()
        assert cekat_sandbox.api_key not in found[kind]
    whole = json.loads(found["JSON"])
    assert whole["conversations"][0]["messages"][0]["message"] == "Halo *Budi* <b>"
    assert len(whole["requests"]) == 2
    assert "> Halo \\*Budi\\* \\<b\\>" in found["Markdown"]
    assert "sent by dag-id order\\_confirm" in found["Markdown"]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert len(cekat_sandbox.sent()) == 1
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear").click()
    expect(page.get_by_role("heading", name="Waiting for the first message")).to_be_visible()
    assert cekat_sandbox.conversations() == []
