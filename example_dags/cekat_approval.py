"""Have a manager approve with a tap on WhatsApp, then choose the way on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.approval import CekatApprovalOperator
from cekat_provider.operators.branch import CekatBranchOperator

with DAG(
    "cekat_approval",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"manager": "6281234567890", "order": "INV-7"},
    tags=["cekat"],
) as dag:
    # --8<-- [start:approval]
    approve = CekatApprovalOperator(
        task_id="approve_refund",
        receiver="{{ params.manager }}",
        subject="Pengembalian dana {{ params.order }}",
        body="Rp 250.000 untuk pelanggan yang paketnya rusak. Setujui?",
        options=["Setuju", "Tolak"],
        responders="{{ params.manager }}",
        response_timeout=timedelta(hours=4),
        poke_interval=10,
    )
    # --8<-- [end:approval]

    # --8<-- [start:result]
    @task
    def pay_back(decision: dict[str, Any]) -> str:
        # Not who: `responded_by_user` is a phone number, and Airflow logs what a function returns.
        return f"{decision['chosen_options'][0]} at {decision['responded_at']}"

    paid = pay_back(approve.output)
    # --8<-- [end:result]

    # --8<-- [start:branch]
    choose = CekatBranchOperator(
        task_id="choose_way",
        receiver="{{ params.manager }}",
        subject="Kirim pengganti {{ params.order }} lewat apa?",
        options=["JNE", "SiCepat", "Ambil sendiri", "Tidak dikirim"],
        options_mapping={
            "JNE": "ship",
            "SiCepat": "ship",
            "Ambil sendiri": "keep_at_counter",
            "Tidak dikirim": "close",
        },
        defaults="Ambil sendiri",
        response_timeout=timedelta(hours=1),
        poke_interval=10,
    )
    # --8<-- [end:branch]

    @task
    def ship(decision: dict[str, Any]) -> str:
        return decision["chosen_options"][0]

    @task
    def keep_at_counter() -> None: ...

    @task
    def close() -> None: ...

    paid >> choose >> [ship(choose.output), keep_at_counter(), close()]
