"""Before: a send and a wait, written by hand with `requests`."""

from __future__ import annotations

# --8<-- [start:dag]
import os
import time
from datetime import datetime, timedelta

import requests
from airflow.providers.common.compat.sdk import DAG, task

URL = os.environ.get("CEKAT_URL", "https://api.cekat.ai")
HEADERS = {"api_key": os.environ.get("CEKAT_KEY", "")}
CONVERSATION = "00000000-0000-4000-8000-000000000001"

with DAG(
    "docs_before",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=0)},
) as dag:

    @task
    def ask():
        body = {
            "conversation_id": CONVERSATION,
            "receiver": "6281234567890",
            "message": "Pesanan INV-7 siap dikirim. Kirim hari ini?",
        }
        answer = requests.post(f"{URL}/messages/whatsapp", json=body, headers=HEADERS, timeout=30)
        answer.raise_for_status()

    @task
    def wait():
        for _ in range(360):
            where = {"conversation_id": CONVERSATION}
            answer = requests.get(f"{URL}/messages", params=where, headers=HEADERS, timeout=30)
            answer.raise_for_status()
            for message in answer.json()["data"]:
                if message["sent_by_type"] == "user":
                    return message["message"]
            time.sleep(10)
        raise RuntimeError("no answer")

    ask() >> wait()
# --8<-- [end:dag]
