"""What one triggerer may spend of a connection's budget."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cekat_provider.triggers.client import SharedClient


@pytest.mark.parametrize(
    ("extra", "per_minute"),
    [
        ({"requests_per_minute": 300}, 300),
        ({"requests_per_minute": 300, "triggerer_requests_per_minute": 80}, 80),
        ({"triggerer_requests_per_minute": 80}, 80),
        ({}, None),
    ],
)
def test_a_triggerer_keeps_to_its_share(
    cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, extra: dict[str, int], per_minute: int | None
) -> None:
    conversation = cekat_sandbox.conversation()["id"]
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps({**cekat_sandbox.connection, "extra": extra}))

    async def budget() -> float | None:
        client = SharedClient("cekat_default")
        await client.history(conversation, None, None)
        await client.close()
        return client.requests_per_minute

    # A little less, as every limiter does.
    assert asyncio.run(budget()) == (None if per_minute is None else pytest.approx(per_minute * 0.98))
