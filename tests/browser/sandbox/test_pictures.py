"""The pictures that README and docs show; `make screenshots` keeps them in docs/images."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from cekat_provider.sandbox.client import Sandbox

from .scene import post, shop, task


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page(visit, cekat_sandbox: Sandbox, screenshot: Callable[..., None], scheme: str) -> None:
    page = visit(shop(cekat_sandbox), color_scheme=scheme, viewport={"width": 1320, "height": 930})
    page.locator(".message .meta").nth(1).click()
    expect(page.get_by_role("tabpanel", name="Message")).to_contain_text("order_confirm")
    page.locator(".wall").evaluate("wall => wall.scrollTop = wall.scrollHeight")
    screenshot(page, f"sandbox-{scheme}", scale=2)


def test_the_list_sheet_on_a_narrow_window(visit, cekat_sandbox: Sandbox, screenshot: Callable[..., None]) -> None:
    page = visit(shop(cekat_sandbox), viewport={"width": 390, "height": 780})
    page.get_by_role("button", name="Pilih jadwal").click()
    page.get_by_text("15.00–18.00").last.click()
    expect(page.get_by_role("radio", name="Sore")).to_be_checked()
    screenshot(page, "sandbox-narrow", scale=2)


def test_the_request_log(visit, cekat_sandbox: Sandbox, screenshot: Callable[..., None]) -> None:
    conversation = shop(cekat_sandbox)
    cekat_sandbox.faults(kind="rate_limit", retry_after=30)
    for number in ("+6281234567890", "6281234567890"):
        post(cekat_sandbox, "/messages/whatsapp", task("order_confirm", "remind", 1), receiver=number, message="Halo")
    page = visit(conversation, viewport={"width": 1320, "height": 930})
    page.get_by_role("tab", name="Requests").click()
    expect(page.get_by_text("fault: rate_limit")).to_be_visible()
    screenshot(page, "sandbox-requests", scale=2)
