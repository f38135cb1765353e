"""The DAGs that only the documentation shows: each does what its page says."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from runs import DAGS, Run, load

pytestmark = pytest.mark.usefixtures("airflow_db")

#: The conversation that the pages about moving name.
KNOWN = "00000000-0000-4000-8000-000000000001"


def test_none_is_forgotten() -> None:
    here = Path(__file__).read_text()
    assert [path.stem for path in Path(DAGS, "tests").glob("docs_*.py") if f'"{path.stem}"' not in here] == []


def test_wait(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DAGS / "tests"))
    cekat_sandbox.auto_reply("Sudah lunas, kak", after_seconds=0.1)
    run = Run(load("tests", "docs_wait"))
    assert run.states == {"ask": "success", "paid": "success"}
    assert [message["text"] for message in run.xcom("paid")] == ["Sudah lunas, kak"]


def test_pool(cekat_sandbox: Any) -> None:
    from airflow.models.pool import Pool

    Pool.create_or_update_pool("cekat", slots=4, description="", include_deferred=False)
    run = Run(load("tests", "docs_pool"))
    assert set(run.states.values()) == {"success"}
    assert len({message["receiver"] for message in cekat_sandbox.sent()}) == 4


def test_hook(cekat_sandbox: Any) -> None:
    run = Run(load("tests", "docs_hook"))
    assert run.xcom("thank")["last"] == "Terima kasih, pembayaran sudah kami terima."
    assert run.xcom("count") == 1


def test_trigger(cekat_sandbox: Any) -> None:
    cekat_sandbox.conversation(id="00000000-0000-4000-8000-000000000000")
    for answer in ("satu", "dua", "tiga"):
        cekat_sandbox.reply(answer)
    assert Run(load("tests", "docs_trigger")).xcom("collect") == ["satu", "dua", "tiga"]


def test_retries(cekat_sandbox: Any) -> None:
    if Version(version("apache-airflow")) < Version("3.3"):
        with pytest.raises(ImportError, match=r"need Airflow 3\.3"):
            load("tests", "docs_retries")
        return
    cekat_sandbox.conversation(id="00000000-0000-4000-8000-000000000000")
    cekat_sandbox.faults(kind="rate_limit", on="read", retry_after=0)
    run = Run(load("tests", "docs_retries"))
    assert (run.states, run.tries) == ({"count_messages": "success"}, {"count_messages": 2})


@pytest.mark.parametrize(("name", "messages"), [("docs_before", 2), ("docs_after", 1)])
def test_a_dropped_answer(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch, name: str, messages: int) -> None:
    """Written by hand, a retry texts the customer again; the operator does not."""
    monkeypatch.setenv("CEKAT_URL", cekat_sandbox.url)
    monkeypatch.setenv("CEKAT_KEY", cekat_sandbox.api_key)
    cekat_sandbox.conversation(id=KNOWN)
    cekat_sandbox.auto_reply("Ya")
    cekat_sandbox.faults(kind="accept_then_drop", on="send")
    assert set(Run(load("tests", name)).states.values()) == {"success"}
    assert len(cekat_sandbox.sent()) == messages
