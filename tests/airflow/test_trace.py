"""Which task sends: told to a sandbox on this machine, and to nobody else."""

from __future__ import annotations

import asyncio
import json

import pytest
from runs import Run, load

from cekat_provider.core import config
from cekat_provider.hooks._trace import trace_headers
from cekat_provider.hooks.cekat import CekatAsyncHook, CekatHook
from cekat_provider.sandbox.client import Sandbox

ENVIRONMENT = {
    "AIRFLOW_CTX_DAG_ID": "pesanan",
    "AIRFLOW_CTX_TASK_ID": "grup.tanya",
    "AIRFLOW_CTX_DAG_RUN_ID": "manual__2026-04-10T07:00:00+00:00\r\nX-Evil: ya; é",
    "AIRFLOW_CTX_TRY_NUMBER": "2",
}
HEADERS = {
    "X-Airflow-Dag-Id": "pesanan",
    "X-Airflow-Task-Id": "grup.tanya",
    "X-Airflow-Run-Id": "manual__2026-04-10T07%3A00%3A00%2B00%3A00%0D%0AX-Evil%3A%20ya%3B%20%C3%A9",
    "X-Airflow-Try-Number": "2",
}


@pytest.fixture
def in_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def traced(host: str) -> dict[str, str]:
    return trace_headers(config.CekatConfig(api_key="k", base_url=host))


@pytest.mark.usefixtures("in_a_task")
@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:3000", "http://localhost", "http://[::1]:3000", "https://a.localhost"]
)
def test_this_machine_is_told(host: str) -> None:
    assert traced(host) == HEADERS


@pytest.mark.usefixtures("in_a_task")
@pytest.mark.parametrize(
    "host", ["https://api.cekat.ai", "https://10.0.0.1", "http://127.0.0.1.example.com", "http://sandbox"]
)
def test_nobody_else_is_told(host: str) -> None:
    assert traced(host) == {}


def test_outside_of_a_task_nothing_is_told() -> None:
    assert traced("http://127.0.0.1:3000") == {}


@pytest.mark.usefixtures("in_a_task")
def test_both_hooks_tell_it(cekat_sandbox: Sandbox) -> None:
    async def ask() -> None:
        async with CekatAsyncHook() as hook:
            await hook.send_message(receiver="6281200000001", message="halo")

    hook = CekatHook()
    hook.send_message(receiver="6281200000001", message="halo")
    hook.close()
    asyncio.run(ask())
    for message in cekat_sandbox.sent():
        got = {name: value for name, value in message["request_headers"].items() if name.startswith("x-")}
        assert got == {name.lower(): value for name, value in HEADERS.items()}


@pytest.mark.usefixtures("airflow_db")
def test_a_dag_run_is_told(cekat_sandbox: Sandbox) -> None:
    """Airflow itself names the task here, on every version."""
    run = Run(load("tests", "traced_sends"))
    assert run.states == {"one": "success", "many[0]": "success", "many[1]": "success"}
    told = {message["message"]: message["request_headers"] for message in cekat_sandbox.sent()}
    assert {text: headers.get("x-airflow-map-index") for text, headers in told.items()} == {
        "satu": None,
        "dua": "0",
        "tiga": "1",
    }
    for text, headers in told.items():
        assert headers["x-airflow-dag-id"] == "traced_sends"
        assert headers["x-airflow-task-id"] == ("one" if text == "satu" else "many")
        assert headers["x-airflow-try-number"] == "1"
        assert headers["x-airflow-run-id"].startswith("manual__")
    assert "traced_sends" not in json.dumps([message["request_body"] for message in cekat_sandbox.sent()])


@pytest.mark.usefixtures("in_a_task")
def test_a_session_takes_it_to_no_other_host(cekat_sandbox: Sandbox) -> None:
    hook = CekatHook()
    other = cekat_sandbox.url.replace("127.0.0.1", "localhost")
    hook.get_conn().post(f"{other}/messages/whatsapp", json={})
    hook.close()
    assert not [name for name in cekat_sandbox.requests()[-1]["headers"] if name.startswith("x-airflow")]
