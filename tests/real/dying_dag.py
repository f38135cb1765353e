"""Sends, and a bulk task, in workers that are killed at one of three moments of their first tries; for `crash.py`."""

from __future__ import annotations

import os
import random
import signal
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.core.wire import Request, Response
from cekat_provider.operators.bulk import CekatBulkSendOperator
from cekat_provider.operators.bulk_record import BulkRecord
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.operators.record import SendRecord
from cekat_provider.transports.aio import AsyncTransport
from cekat_provider.transports.blocking import BlockingTransport

SENDS = int(os.environ.get("CRASH_SENDS", "100"))
SEED = int(os.environ.get("CRASH_SEED", "1"))
MOMENTS = ("before the request", "after acceptance", "after the record", "never")


def message(kind: int, index: int) -> dict[str, str]:
    """Write to a customer of the sends (8), or of the bulk task (9)."""
    return {
        "receiver": f"62812{kind}{index:07d}",
        "conversation_id": f"00000000-0000-4000-{kind}000-{index:012d}",
        "message": f"Pesanan INV-{index} sudah dikirim.",
    }


def die() -> None:
    # Airflow 3.0 retries no task whose process is killed; one whose supervisor dies with it, it does.
    if version("apache-airflow").startswith("3.0."):
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


class DyingOperator(CekatSendWhatsAppOperator):
    """The operator as it is, in a worker that kills itself with SIGKILL."""

    def execute(self, context: Any) -> Any:
        ti = context["ti"]
        moment = random.Random(f"{SEED}/{ti.map_index}/{ti.try_number}").choice(MOMENTS)
        if ti.try_number > 4:
            moment = "never"  # retries must end
        send, done = BlockingTransport.send, SendRecord.done

        def dying_send(transport: BlockingTransport, request: Request) -> Response:
            if request.method == "POST" and moment == "before the request":
                die()
            response = send(transport, request)
            if request.method == "POST" and moment == "after acceptance":
                die()
            return response

        def dying_done(record: SendRecord, result: dict[str, Any], **more: Any) -> None:
            done(record, result, **more)
            if moment == "after the record":
                die()

        BlockingTransport.send, SendRecord.done = dying_send, dying_done  # type: ignore[method-assign]
        try:
            return super().execute(context)
        finally:
            BlockingTransport.send, SendRecord.done = send, done  # type: ignore[method-assign]


class DyingBulkOperator(CekatBulkSendOperator):
    """The bulk operator as it is; its first three tries die in the middle, each at another moment."""

    def execute(self, context: Any) -> Any:
        moment = MOMENTS[min(context["ti"].try_number, len(MOMENTS)) - 1]
        send, keep, posts = AsyncTransport.send, BulkRecord.keep, 0

        async def dying_send(transport: AsyncTransport, request: Request) -> Response:
            nonlocal posts
            posts += request.method == "POST"
            its_turn = request.method == "POST" and posts > SENDS // 8
            if its_turn and moment == "before the request":
                die()
            response = await send(transport, request)
            if its_turn and moment == "after acceptance":
                die()
            return response

        def dying_keep(record: BulkRecord) -> None:
            keep(record)
            if posts > SENDS // 8 and moment == "after the record":
                die()

        AsyncTransport.send, BulkRecord.keep = dying_send, dying_keep  # type: ignore[method-assign]
        try:
            return super().execute(context)
        finally:
            AsyncTransport.send, BulkRecord.keep = send, keep  # type: ignore[method-assign]


with DAG("dying", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, max_active_tasks=64) as dag:
    retries: Any = {"retries": 6, "retry_delay": timedelta(seconds=0)}
    DyingOperator.partial(task_id="send", max_active_tis_per_dag=64, **retries).expand_kwargs(
        [message(8, index) for index in range(SENDS)]
    )
    DyingBulkOperator(
        task_id="send_all", messages=[message(9, index) for index in range(SENDS)], concurrency=2, **retries
    )
