"""A run on Airflow's pages: what was rendered and left, a log that tells the story, the way to the conversation."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ..conftest import picture
from .conftest import ASK, RUN, WAIT, Asked, Up
from .pages import Pages

ANSWER = "Ya, benar"


@pytest.fixture(scope="package")
def runs(up: Up) -> None:
    """See both runs to their end: one customer writes an answer, the other taps a button."""
    for one in (WAIT, ASK):
        up.sandbox.wait_for_message(400, contains=one.question)
    # The waits have begun, so that they have something to tell.
    up.airflow.wait_for(
        "both waits",
        lambda: len(up.airflow.sql("SELECT 1 FROM task_instance WHERE state IN ('running', 'deferred')")) >= 2,
    )
    up.sandbox.reply(ANSWER, conversation_id=WAIT.conversation)
    up.sandbox.reply(button_id="Ya", conversation_id=ASK.conversation)
    for one in (WAIT, ASK):
        assert up.airflow.wait_for_run(one.dag_id, RUN) == "success"


pytestmark = pytest.mark.usefixtures("runs")


def test_the_grid(pages: Pages, screenshot: Callable[[Page, str], None]) -> None:
    pages.grid(WAIT.dag_id, RUN)
    for task in ("ask_customer", "wait_for_answer", "read_answer", "confirmed", "declined"):
        expect(pages.page.get_by_text(task).first).to_be_visible()
    screenshot(pages.page, "airflow-grid")


def test_a_run_beside_the_phone(
    pages: Pages,
    up: Up,
    new_page: Callable[..., Page],
    screenshot: Callable[..., None],
) -> None:
    pages.page.set_viewport_size({"width": 1280, "height": 600})
    pages.grid(ASK.dag_id, RUN)
    for task in ("ask_customer", "act_on"):
        expect(pages.page.get_by_text(task).last).to_be_visible()
    phone = new_page(viewport={"width": 400, "height": 600}, timezone_id="UTC")
    phone.goto(f"{up.sandbox.url}/#/conversations/{ASK.conversation}")
    expect(phone.locator(".message.me").last).to_contain_text("Ya")
    beside = new_page(viewport={"width": 1712, "height": 616})
    seen = [(one.viewport_size, base64.b64encode(picture(one, 2)).decode()) for one in (pages.page, phone)]
    images = "".join(
        f'<img width="{size["width"]}" src="data:image/webp;base64,{drawn}">' for size, drawn in seen if size
    )
    beside.set_content(f'<body style="margin:8px;display:flex;gap:16px;background:#c8d0da">{images}</body>')
    beside.wait_for_function("[...document.images].every((one) => one.complete && one.naturalWidth)")
    screenshot(beside, "airflow-beside-sandbox", scale=1.4)


def test_rendered_templates_are_texts_and_json(pages: Pages) -> None:
    shown = pages.rendered(WAIT.dag_id, RUN, "ask_customer")
    expect(shown).to_contain_text(f"Halo! Pesanan INV-7 siap dikirim. {WAIT.question}")
    expect(shown).to_contain_text(WAIT.number)
    expect(shown).not_to_contain_text("params.receiver")
    shown = pages.rendered(ASK.dag_id, RUN, "ask_customer")
    expect(shown).to_contain_text(re.compile(r'\[[\s\d]*"Ya",[\s\d]*"Tidak"[\s\d]*\]'))


def test_what_a_task_leaves_can_be_read(pages: Pages) -> None:
    shown = pages.xcoms(WAIT.dag_id, RUN, "ask_customer")
    for said in ("message_id", "conversation_id", WAIT.conversation, "sent_at", "conversation_url"):
        expect(shown).to_contain_text(said)
    shown = pages.xcoms(WAIT.dag_id, RUN, "wait_for_answer")
    expect(shown).to_contain_text(ANSWER)


@pytest.mark.parametrize(
    ("asked", "task", "story"),
    [
        (
            WAIT,
            "ask_customer",
            [
                r"Sending a text \(65 characters\) to the number …90, by http://127\.0\.0\.1:\d+ as 'cekat_default'",
                r"Cekat answered after \d+\.\d s",
                rf"Cekat accepted message \S+ in conversation {WAIT.conversation} \(status sent\)",
            ],
        ),
        (
            WAIT,
            "wait_for_answer",
            [
                rf"Waiting in conversation {WAIT.conversation} for 1 inbound message since \S+: a look every 2 s",
                r"0 of \d+ messages count, 1 wanted",
                r"1 of \d+ messages count, 1 wanted",
                rf"Conversation {WAIT.conversation}: 1 message \(text, 9 characters\) within \d+ s",
            ],
        ),
        (
            ASK,
            "ask_customer",
            [
                r"Sending 2 reply buttons \(\d+ characters\) to the number …90",
                r"Waiting in the triggerer for the answer, for at most 14400 s",
                rf"Conversation {ASK.conversation}: answered by 1 message \(\w+, 2 characters\)",
            ],
        ),
    ],
)
def test_a_log_tells_the_story_and_nothing_private(
    pages: Pages, asked: Asked, task: str, story: list[str], screenshot: Callable[[Page, str], None]
) -> None:
    log = pages.log(asked.dag_id, RUN, task)
    for line in story:
        expect(log).to_contain_text(re.compile(line))
    for private in (asked.number, ANSWER, asked.question, "sandbox-key"):
        expect(log).not_to_contain_text(private)
    if task == "wait_for_answer":
        screenshot(pages.page, "airflow-log")


@pytest.mark.parametrize(("asked", "task"), [(WAIT, "ask_customer"), (WAIT, "wait_for_answer"), (ASK, "ask_customer")])
def test_a_task_links_to_its_conversation(pages: Pages, up: Up, asked: Asked, task: str) -> None:
    link = pages.link(asked.dag_id, RUN, task, "Conversation in Cekat")
    expect(link).to_have_attribute("href", f"{up.sandbox.url}/#/conversations/{asked.conversation}")
    with pages.page.context.expect_page() as opened:
        link.click(modifiers=["Control"])
    expect(opened.value).to_have_url(f"{up.sandbox.url}/#/conversations/{asked.conversation}")
    expect(opened.value.get_by_role("heading", name=asked.name)).to_be_visible()
    expect(opened.value.locator(".message.me").last).to_contain_text("Ya")


def test_a_task_without_a_conversation_has_no_link(pages: Pages) -> None:
    link = pages.link(WAIT.dag_id, RUN, "confirmed", "Conversation in Cekat")
    expect(pages.page.get_by_text("confirmed").first).to_be_visible()
    expect(link).to_have_count(0)
