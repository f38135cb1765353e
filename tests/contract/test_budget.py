"""The API's budget over real HTTP: kept by one process, and waited out by many that do not know of each other."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from cekat_provider.core import delivery
from cekat_provider.core.config import CekatConfig
from cekat_provider.core.drive import drive
from cekat_provider.core.limiter import Limiter
from cekat_provider.core.pace import paced
from cekat_provider.hooks.cekat import CekatHook
from cekat_provider.transports.blocking import BlockingTransport

RECEIVER = "6281234567890"


def refused(sandbox: Any) -> int:
    return sum(entry["status"] == 429 for entry in sandbox.requests())


def test_one_process_never_runs_into_the_limit(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cekat_sandbox.rate_limit(1200)
    connection = {**cekat_sandbox.connection, "extra": {"requests_per_minute": 1200}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    for hook in (CekatHook(), CekatHook()):  # the pace is the key's, not the hook's
        for _ in range(20):
            hook.send_message(receiver=RECEIVER, message="Halo")
    assert len(cekat_sandbox.sent()) == 40
    assert refused(cekat_sandbox) == 0


def test_without_a_setting_the_answers_tell_the_limit(cekat_sandbox: Any) -> None:
    cekat_sandbox.rate_limit(60)
    hook = CekatHook()
    for _ in range(3):
        hook.send_message(receiver=RECEIVER, message="Halo")
    assert refused(cekat_sandbox) == 0


def test_sixteen_that_do_not_know_of_each_other_all_finish(cekat_sandbox: Any) -> None:
    cekat_sandbox.rate_limit(1800)
    cekat_sandbox.faults(on="send", kind="rate_limit", times=8, retry_after=1)
    config = CekatConfig(api_key=cekat_sandbox.api_key, base_url=cekat_sandbox.url)

    def worker(number: int) -> list[str | None]:
        # A transport and a limiter of its own, as in a process of its own.
        transport, limiter = BlockingTransport(replace(config)), Limiter()
        ids = []
        for index in range(4):
            body = {"receiver": f"62812345678{number:02d}", "message": f"Halo {index}"}
            steps = delivery.deliver(config, body, delivery.Policy())
            ids.append(drive(paced(steps, limiter, time.monotonic), transport.send, time.sleep, time.time).message_id)
        transport.close()
        return ids

    with ThreadPoolExecutor(16) as pool:
        ids = [message_id for found in pool.map(worker, range(16)) for message_id in found]
    assert len(set(ids)) == 64
    assert sorted(message["id"] for message in cekat_sandbox.sent()) == sorted(str(one) for one in ids)
    assert refused(cekat_sandbox) >= 8
