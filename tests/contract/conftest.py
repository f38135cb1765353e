"""Hooks for connections that are set for one test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cekat_provider.hooks.cekat import CekatHook

#: Long enough for any machine; a test that runs into it fails.
TIMEOUT_SECONDS = 20


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies and certificates of the machine out of the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., CekatHook]]:
    """Give a hook to a host: ``connect(url, password, **extra)``."""
    hooks: list[CekatHook] = []

    def hook(host: str, password: str = "key-0123456789-made-up", **extra: Any) -> CekatHook:
        connection = {
            "conn_type": "cekat",
            "host": host,
            "password": password,
            "extra": {"timeout": TIMEOUT_SECONDS, **extra},
        }
        conn_id = f"cekat_{len(hooks)}"
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        hooks.append(CekatHook(conn_id))
        return hooks[-1]

    yield hook
    for made in hooks:
        made.close()
