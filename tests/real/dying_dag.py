"""100 sends, each in a worker that is killed at one of three moments in its first tries; a DAG file for `crash.py`."""

from __future__ import annotations

import os
import random
import signal
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from cekat_provider.core.wire import Request, Response
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.operators.record import SendRecord
from cekat_provider.transports.blocking import BlockingTransport

SENDS = int(os.environ.get("CRASH_SENDS", "100"))
SEED = int(os.environ.get("CRASH_SEED", "1"))
MOMENTS = ("before the request", "after acceptance", "after the record", "never")


def conversation(index: int) -> str:
    return f"00000000-0000-4000-8000-{index:012d}"


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
                os.kill(os.getpid(), signal.SIGKILL)
            response = send(transport, request)
            if request.method == "POST" and moment == "after acceptance":
                os.kill(os.getpid(), signal.SIGKILL)
            return response

        def dying_done(record: SendRecord, result: dict[str, Any], **more: Any) -> None:
            done(record, result, **more)
            if moment == "after the record":
                os.kill(os.getpid(), signal.SIGKILL)

        BlockingTransport.send, SendRecord.done = dying_send, dying_done  # type: ignore[method-assign]
        try:
            return super().execute(context)
        finally:
            BlockingTransport.send, SendRecord.done = send, done  # type: ignore[method-assign]


with DAG("dying", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, max_active_tasks=64) as dag:
    DyingOperator.partial(
        task_id="send", retries=6, retry_delay=timedelta(seconds=0), max_active_tis_per_dag=64
    ).expand_kwargs(
        [
            {
                "receiver": f"62812{index:08d}",
                "conversation_id": conversation(index),
                "message": f"Pesanan INV-{index} sudah dikirim.",
            }
            for index in range(SENDS)
        ]
    )
