"""One try of a bulk task in a process of its own, which SIGKILL may end; run by `test_bulk_killed.py`.

python killed_bulk.py STORE.json 3.3|before TRY MESSAGES KILL_AT MOMENT
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from instances import BulkInstance, Store, Variables

from cekat_provider.hooks import task_memory
from cekat_provider.transports.aio import AsyncTransport


class FileStore(Store):
    """A store that outlives the process, as Airflow's database does."""

    def __init__(self, path: Path) -> None:
        super().__init__(json.loads(path.read_text()) if path.exists() else {})
        self.path = path

    def set(self, key: str, value: Any) -> None:
        super().set(key, value)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self))
        fresh.replace(self.path)


class FileVariables(Variables):
    """The same for Variables."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.store = FileStore(path)
        self.kept = self.store  # type: ignore[assignment]

    def set(self, name: str, value: Any, serialize_json: bool) -> None:
        self.store.set(name, json.dumps(value))


def main(path: str, version: str, try_number: str, many: str, kill_at: str, moment: str) -> None:
    """Run the try."""
    store = FileStore(Path(path)) if version == "3.3" else None
    if store is None:
        task_memory.Variable = FileVariables(Path(path))  # type: ignore[misc, assignment]
    send, posted = AsyncTransport.send, iter(range(10**6))

    async def dying(transport: Any, request: Any) -> Any:
        now = request.method == "POST" and next(posted) == int(kill_at)
        if now and moment == "before the request":
            os.kill(os.getpid(), signal.SIGKILL)
        response = await send(transport, request)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    AsyncTransport.send = dying  # type: ignore[method-assign]
    instance = BulkInstance(
        retries=9,
        store=store,
        messages=[
            {
                "receiver": f"62812{n:08d}",
                "conversation_id": f"00000000-0000-4000-8000-{n:012d}",
                "message": f"Pesanan INV-{n} siap.",
            }
            for n in range(int(many))
        ],
    )
    instance.try_number = int(try_number) - 1
    sys.stdout.write(json.dumps(instance.run()))


if __name__ == "__main__":
    main(*sys.argv[1:])
