"""A run on Airflow's pages: what was rendered and left, a log that tells the story, the way to the conversation."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from .conftest import Up
from .pages import Pages

ANSWER = "Ya, benar"
QUESTION = "Apakah alamat Anda sudah benar?"
NUMBER = "6281234567890"
CONVERSATION = "00000000-0000-4000-8000-000000000000"
RUN = "browser"


@dataclass
class Runs:
    """Two runs that are over."""

    wait: str = "cekat_send_and_wait"
    ask: str = "cekat_ask"


@pytest.fixture(scope="package")
def runs(up: Up) -> Runs:
    """Have two DAGs ask the customer, who answers both at once."""
    found = Runs()
    for dag_id in (found.wait, found.ask):
        up.airflow.trigger(dag_id, RUN)
    for contains in (QUESTION, "Kirim hari ini?"):
        up.sandbox.wait_for_message(400, contains=contains)
    # The waits have begun, so that they have something to tell.
    up.airflow.wait_for(
        "both waits",
        lambda: len(up.airflow.sql("SELECT 1 FROM task_instance WHERE state IN ('running', 'deferred')")) >= 2,
    )
    up.sandbox.reply(ANSWER, conversation_id=CONVERSATION)
    for dag_id in (found.wait, found.ask):
        assert up.airflow.wait_for_run(dag_id, RUN) == "success"
    return found


def test_the_grid(pages: Pages, runs: Runs, screenshot: Callable[[Page, str], None]) -> None:
    pages.grid(runs.wait, RUN)
    for task in ("ask_customer", "wait_for_answer", "read_answer", "confirmed", "declined"):
        expect(pages.page.get_by_text(task).first).to_be_visible()
    screenshot(pages.page, "airflow-grid")


def test_the_grid_beside_the_phone(
    pages: Pages,
    up: Up,
    runs: Runs,
    new_page: Callable[..., Page],
    screenshot: Callable[[Page, str], None],
) -> None:
    pages.page.set_viewport_size({"width": 1200, "height": 700})
    pages.grid(runs.wait, RUN)
    for task in ("ask_customer", "declined"):
        expect(pages.page.get_by_text(task).last).to_be_visible()
    phone = new_page(viewport={"width": 440, "height": 700}, timezone_id="Asia/Jakarta")
    phone.goto(f"{up.sandbox.url}/#/conversations/{CONVERSATION}")
    expect(phone.get_by_text(ANSWER).last).to_be_visible()
    beside = new_page(viewport={"width": 1672, "height": 716})
    seen = [base64.b64encode(one.screenshot()).decode() for one in (pages.page, phone)]
    images = "".join(f'<img src="data:image/png;base64,{one}">' for one in seen)
    beside.set_content(f'<body style="margin:8px;display:flex;gap:16px;background:#c8d0da">{images}</body>')
    screenshot(beside, "airflow-beside-sandbox")


def test_rendered_templates_are_texts_and_json(pages: Pages, runs: Runs) -> None:
    shown = pages.rendered(runs.wait, RUN, "ask_customer")
    expect(shown).to_contain_text(f"Halo! Pesanan INV-7 siap dikirim. {QUESTION}")
    expect(shown).to_contain_text(NUMBER)
    expect(shown).not_to_contain_text("params.receiver")
    shown = pages.rendered(runs.ask, RUN, "ask_customer")
    expect(shown).to_contain_text(re.compile(r'\[[\s\d]*"Ya",[\s\d]*"Tidak"[\s\d]*\]'))


def test_what_a_task_leaves_can_be_read(pages: Pages, runs: Runs) -> None:
    shown = pages.xcoms(runs.wait, RUN, "ask_customer")
    for said in ("message_id", "conversation_id", CONVERSATION, "sent_at", "conversation_url"):
        expect(shown).to_contain_text(said)
    shown = pages.xcoms(runs.wait, RUN, "wait_for_answer")
    expect(shown).to_contain_text(ANSWER)


@pytest.mark.parametrize(
    ("dag", "task", "story"),
    [
        (
            "wait",
            "ask_customer",
            [
                r"Sending a text \(65 characters\) to the number …90, by http://127\.0\.0\.1:\d+ as 'cekat_default'",
                r"Cekat answered after \d+\.\d s",
                rf"Cekat accepted message \S+ in conversation {CONVERSATION} \(status sent\)",
            ],
        ),
        (
            "wait",
            "wait_for_answer",
            [
                rf"Waiting in conversation {CONVERSATION} for 1 inbound message since \S+: a look every 2 s",
                r"0 of \d+ messages count, 1 wanted",
                r"1 of \d+ messages count, 1 wanted",
                rf"Conversation {CONVERSATION}: 1 message \(text, 9 characters\) within \d+ s",
            ],
        ),
        (
            "ask",
            "ask_customer",
            [
                r"Sending 2 reply buttons \(\d+ characters\) to the number …90",
                r"Waiting in the triggerer for the answer, for at most 14400 s",
                rf"Conversation {CONVERSATION}: answered by 1 message \(text, 9 characters\)",
            ],
        ),
    ],
)
def test_a_log_tells_the_story_and_nothing_private(
    pages: Pages, runs: Runs, dag: str, task: str, story: list[str], screenshot: Callable[[Page, str], None]
) -> None:
    log = pages.log(getattr(runs, dag), RUN, task)
    for line in story:
        expect(log).to_contain_text(re.compile(line))
    for private in (NUMBER, ANSWER, QUESTION, "sandbox-key"):
        expect(log).not_to_contain_text(private)
    if task == "wait_for_answer":
        screenshot(pages.page, "airflow-log")


@pytest.mark.parametrize(
    ("dag", "task"), [("wait", "ask_customer"), ("wait", "wait_for_answer"), ("ask", "ask_customer")]
)
def test_a_task_links_to_its_conversation(pages: Pages, up: Up, runs: Runs, dag: str, task: str) -> None:
    link = pages.link(getattr(runs, dag), RUN, task, "Conversation in Cekat")
    expect(link).to_have_attribute("href", f"{up.sandbox.url}/#/conversations/{CONVERSATION}")
    with pages.page.context.expect_page() as opened:
        link.click(modifiers=["Control"])
    expect(opened.value).to_have_url(f"{up.sandbox.url}/#/conversations/{CONVERSATION}")
    expect(opened.value.get_by_text(ANSWER).first).to_be_visible()


def test_a_task_without_a_conversation_has_no_link(pages: Pages, runs: Runs) -> None:
    link = pages.link(runs.wait, RUN, "confirmed", "Conversation in Cekat")
    expect(pages.page.get_by_text("confirmed").first).to_be_visible()
    expect(link).to_have_count(0)
