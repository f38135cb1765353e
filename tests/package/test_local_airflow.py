"""What starts an Airflow on this machine reads what a killed one left."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from local_airflow import LocalAirflow


def test_a_half_written_transaction_is_rolled_back(tmp_path: Path) -> None:
    alive = tmp_path / "alive.db"
    with closing(sqlite3.connect(alive, isolation_level=None)) as db:
        db.execute("CREATE TABLE dag_run (run_id TEXT)")
        db.executemany("INSERT INTO dag_run VALUES (?)", [("before" * 500,)] * 50)
        # A cache this small writes to the file before the commit, as a long transaction does.
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("UPDATE dag_run SET run_id = ?", ("after" * 600,))
        home = tmp_path / "home"
        airflow = LocalAirflow(home)
        shutil.copy(alive, home / "airflow.db")
        shutil.copy(f"{alive}-journal", home / "airflow.db-journal")
    assert airflow.sql("SELECT DISTINCT substr(run_id, 1, 6) FROM dag_run") == [("before",)]
