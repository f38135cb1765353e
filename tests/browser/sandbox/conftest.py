"""The sandbox's page, open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cekat_provider.sandbox.client import Sandbox


@pytest.fixture
def visit(cekat_sandbox: Sandbox, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open the page in a profile of its own, at a conversation where its id is given, once it is live."""

    def opened(conversation_id: str | None = None, **options: object) -> Page:
        page = new_page(**{"timezone_id": "Asia/Jakarta", **options})
        page.goto(cekat_sandbox.url + ("/" if conversation_id is None else f"/#/conversations/{conversation_id}"))
        expect(page.get_by_role("status").filter(has_text="Live")).to_be_attached()
        return page

    return opened
