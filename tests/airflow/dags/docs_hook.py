"""Call Cekat from a Python task: the hook."""

from __future__ import annotations

import asyncio
from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, task

with DAG("docs_hook", start_date=datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    # --8<-- [start:hook]
    @task
    def thank() -> dict[str, str | None]:
        from cekat_provider.hooks.cekat import CekatHook

        hook = CekatHook("cekat_default")
        sent = hook.send_message(receiver="6281234567890", message="Terima kasih, pembayaran sudah kami terima.")
        history = hook.get_messages(sent.conversation_id)
        hook.close()
        return {"conversation_id": sent.conversation_id, "last": history[-1].text}

    # --8<-- [end:hook]
    # --8<-- [start:async]
    @task
    def count(conversation_ids: list[str]) -> int:
        from cekat_provider.hooks.cekat import CekatAsyncHook

        async def read_all() -> int:
            async with CekatAsyncHook("cekat_default") as hook:
                histories = await asyncio.gather(*(hook.get_messages(one) for one in conversation_ids))
            return sum(len(history) for history in histories)

        return asyncio.run(read_all())

    # --8<-- [end:async]
    thanked = thank()
    count([thanked["conversation_id"]])
