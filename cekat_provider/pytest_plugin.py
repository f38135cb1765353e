"""The pytest fixture ``cekat_sandbox``: a Cekat on this machine for the tests of your DAGs.

Registered through the entry point group ``pytest11``, so every pytest of an environment that has the provider
imports this module. It therefore imports nothing but pytest; the rest waits until the fixture is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cekat_provider.sandbox.client import Sandbox

_KEY = "cekat-sandbox-test-key"


@pytest.fixture(scope="session")
def _cekat_sandbox_url() -> Iterator[str]:
    try:
        from cekat_provider.sandbox.cekat import Settings
        from cekat_provider.sandbox.server import RunningServer
    except ModuleNotFoundError as error:
        pytest.fail(
            f'cekat_sandbox: {error.name} is missing: pip install "airflow-provider-cekat[sandbox]"',
            pytrace=False,
        )
    server = RunningServer(Settings(api_key=_KEY))
    yield server.url
    server.stop()


@pytest.fixture
def cekat_sandbox(_cekat_sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Give a fresh local Cekat, with the Airflow connection ``cekat_default`` set to it.

    One server serves the whole session, and is empty for each test. Where a test fails, the requests that the sandbox
    refused are part of its report.

    :returns: a `cekat_provider.sandbox.client.Sandbox`.
    """
    from cekat_provider.sandbox.client import Sandbox

    sandbox = Sandbox(_cekat_sandbox_url, _KEY)
    # One server serves the whole session: starting it anew would cost each test more than the test.
    sandbox.rotate_key(_KEY)
    sandbox.clear()
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(sandbox.connection))
    return sandbox


# The old way to wrap a hook: before 1.2, pluggy knows no other, and this module is loaded by every pytest.
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Tell in a failing test's report what the sandbox refused."""
    report: pytest.TestReport = (yield).get_result()
    sandbox: Any = getattr(item, "funcargs", {}).get("cekat_sandbox")
    if sandbox is not None and report.when == "call" and report.failed:
        from cekat_provider.sandbox.client import describe

        try:
            refused = [describe(entry) for entry in sandbox.refused()]
        except OSError as error:  # the test's own failure must not be hidden by ours
            refused = [f"the sandbox does not answer: {error}"]
        if refused:
            report.sections.append(("Refused by the Cekat sandbox", "\n".join(refused)))
