"""`make up`: a second one says what runs, Ctrl-C leaves nothing behind, and the next time goes on where it was."""

from __future__ import annotations

import signal

from local_airflow import get

from .conftest import Up


def test_both_answer_and_the_connection_is_there(up: Up) -> None:
    assert get(f"{up.url}/health" if up.airflow.login else f"{up.url}/api/v2/monitor/health")
    assert up.sandbox.health()
    kept = up.stored("cekat_default")
    assert (f"{kept.host}:{kept.port}", kept.password) == (up.sandbox.url, up.sandbox.api_key)
    up.airflow.wait_for(
        "the example DAGs", lambda: len(up.airflow.sql("SELECT 1 FROM serialized_dag WHERE dag_id LIKE 'cekat_%'")) > 5
    )
    assert not up.airflow.sql("SELECT filename FROM import_error")


def test_a_second_one_says_what_runs(up: Up) -> None:
    printed = up.printed
    second = up.command()
    assert second.wait(120) == 1
    assert "`make up` runs already" in up.read()
    assert up.url in up.read()
    assert up.sandbox.health(), printed


def test_ctrl_c_ends_all_and_the_next_time_goes_on(up: Up) -> None:
    before = up.sandbox.conversations()
    left = up.stop(signal.SIGINT)
    assert not left
    assert up.process.returncode == 0, up.read()
    assert get(up.url) is None
    up.start()
    assert up.sandbox.conversations() == before
