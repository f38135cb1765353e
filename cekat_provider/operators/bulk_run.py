"""The sends of one bulk task: so many at once, each noted as it goes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cekat_provider.core import delivery, fallback
from cekat_provider.core.errors import AuthError, CekatError, OutcomeUnknownError, SupersededError, WindowClosedError
from cekat_provider.core.ledger import BY_TEMPLATE, FAILED, SENT, SKIPPED, Ledger, progress

if TYPE_CHECKING:
    from cekat_provider.core.bulk import Item
    from cekat_provider.core.wire import Request
    from cekat_provider.hooks.cekat_async import CekatAsyncHook
    from cekat_provider.operators.bulk import CekatBulkSendOperator

#: Seconds between two lines about the progress.
_TELL_EVERY = 10.0
#: After so many messages in a row that were given up for a passing trouble, each after all its repeats, the trouble
#: is not theirs. At least as many as are on the way at once.
_LEAST_IN_A_ROW = 3


class BulkRun:
    """One try of a bulk task.

    :param task: the operator, rendered.
    :param keep: keeps the ledger, so that it survives this process.
    :param not_ours: ids of messages that other tasks sent.
    """

    def __init__(
        self,
        task: CekatBulkSendOperator,
        hook: CekatAsyncHook,
        items: Sequence[Item],
        ledger: Ledger,
        keep: Callable[[], None],
        not_ours: Callable[[], set[str]],
    ) -> None:
        self._task, self._hook, self._items, self._ledger, self._keep = task, hook, items, ledger, keep
        self._not_ours = not_ours
        self._accepted: set[str] = set()
        #: Index → why a message was given up in this try, and may be sent in another.
        self.left: dict[int, CekatError] = {}
        #: Why no further message is begun, or None.
        self.stopped: str | None = None
        self.refused_key: AuthError | None = None
        #: Whether that is `stop_after_failures`.
        self.braked = False
        self._in_a_row = 0
        self._told_at = time.monotonic()
        self._keeping: asyncio.Future[None] | None = None

    async def send_all(self) -> None:
        """Send what is open; what goes wrong with one message does not end the others."""
        config = (await self._hook.get_transport()).config
        self._config = config
        sends = 1 if self._task.fallback_template is None else 2
        self._longest_seconds = sends * (config.max_wait_seconds + 2 * config.timeout_seconds)
        todo = iter(self._ledger.open)
        workers = [
            asyncio.ensure_future(self._work(todo)) for _ in range(min(self._task.concurrency, len(self._ledger)))
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            # A bug, or the end of the task, in one of them: the others send nothing more.
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, todo: Iterator[int]) -> None:
        for index in todo:
            if self.stopped is not None:
                return
            await self._send(index)
            self._tell()

    async def _send(self, index: int) -> None:
        item, ledger, task = self._items[index], self._ledger, self._task
        if item.twin_of is not None:
            ledger.settle(index, SKIPPED)
            task.log.warning("Message %d: skipped, it says the same to the same customer as %d", index, item.twin_of)
            return
        earlier = ledger.earlier(index, self._longest_seconds)
        # Where an earlier request may still show in a history that lags, a refusal says nothing of it.
        doubtful = [index] if earlier is not None else []

        def not_ours() -> set[str]:
            doubtful.append(index)
            return {*self._accepted, *self._not_ours()}

        def repeats(said: str) -> None:
            task.log.info("Message %d: %s", index, said)
            if not doubtful:
                ledger.put_back(index)  # and kept with the next one's outcome

        policy = delivery.Policy(
            max_wait_seconds=self._config.max_wait_seconds,
            on_unknown="resend" if task.on_unknown == "resend" else "fail",
            settle_seconds=self._hook.settle_seconds,
            random=random.random,
            tell=repeats,
        )
        steps = fallback.deliver(
            self._config,
            item.body,
            policy,
            item.fallback,
            earlier,
            not_ours,
            task.check_window,
        )
        try:
            sent = await self._hook.run(steps, partial(self._leave, index))
        except SupersededError:
            raise  # of the whole task, not of this message
        except CekatError as err:
            self._failed(index, err, certain=not doubtful and not delivery.unknown(err))
        else:
            if sent.message_id is not None:
                self._accepted.add(sent.message_id)
            ledger.settle(index, BY_TEMPLATE if sent.by_template else SENT)
            self._in_a_row = 0
        await self._kept()

    async def _leave(self, index: int, request: Request) -> None:
        self._ledger.leave(index, time.time(), template=request.is_template)
        # A repeated request, too: Airflow may have taken this worker for dead while it waited.
        await self._kept()

    async def _kept(self) -> None:
        """Wait until the ledger is kept: once for all that wait for it now, since it costs more than a request."""
        if self._keeping is None:
            self._keeping = asyncio.ensure_future(self._keep_soon())
        await asyncio.shield(self._keeping)

    async def _keep_soon(self) -> None:
        await asyncio.sleep(0)  # until the others, whose answers came meanwhile, have noted theirs
        self._keeping = None
        self._keep()

    def _failed(self, index: int, err: CekatError, *, certain: bool) -> None:
        """Note why a message did not get through; `certain` where nothing of it can have been sent."""
        task, ledger = self._task, self._ledger
        reason = f"{type(err).__name__}: {err}"
        if (isinstance(err, WindowClosedError) and task.on_window_closed == "skip") or (
            isinstance(err, OutcomeUnknownError) and task.on_unknown == "skip"
        ):
            ledger.settle(index, SKIPPED)
            task.log.warning("Message %d: skipped. %s", index, reason)
            return
        if isinstance(err, AuthError):
            # As good as certain for all the others too.
            if certain:
                ledger.put_back(index)
            self.refused_key, self.stopped = err, "Cekat refuses the API key"
            return
        if err.permanent or (isinstance(err, OutcomeUnknownError) and task.on_unknown == "fail"):
            ledger.settle(index, FAILED, reason)
            task.log.error("Message %d: failed. %s", index, reason)
            most = task.stop_after_failures
            if most is not None and ledger.count(FAILED) >= most:
                self.braked, self.stopped = True, "too many have failed"
            return
        if certain:
            ledger.put_back(index)
        self.left[index] = err
        task.log.warning("Message %d: not sent yet. %s", index, reason)
        self._in_a_row += 1
        if self._in_a_row >= max(_LEAST_IN_A_ROW, task.concurrency):
            self.stopped = f"the last {self._in_a_row} messages did not get through"

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY:
            self._told_at = now
            self._task.log.info("%s", progress(self._ledger.report()))
