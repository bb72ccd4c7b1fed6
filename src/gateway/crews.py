"""The tasks of a worker that claims, works outside of any transaction, and records."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.database.connections import is_database_away
from gateway.delivery.faults import told
from gateway.wakeups import wait_for

Written = TypeVar("Written")

RECORDERS = 4

# Seconds.
CLAIM_TIMEOUT = 10.0
FIRST_RECORD_PAUSE, LONGEST_RECORD_PAUSE = 0.1, 2.0
GRACE = 5.0  # at shutdown, for what is under way

log = structlog.get_logger(__name__)


class Crew:
    """Tasks, counted in `busy` by whom they work for.

    `hint` says that there may be work, and is set by the end of each task. `name` is the worker's
    in the log.
    """

    def __init__(self, name: str, hint: asyncio.Event, poll_interval_s: float) -> None:
        self._name = name
        self._hint = hint
        self._poll_interval_s = poll_interval_s
        self._recorders = asyncio.Semaphore(RECORDERS)
        self.busy: Counter[UUID] = Counter()
        self.running: set[asyncio.Task[None]] = set()

    async def run(self, claim_and_start: Callable[[], Awaitable[float | None]]) -> None:
        """Claim until cancelled; then let tasks end for a while, and leave the rest to the lease.

        `claim_and_start` returns the seconds until there is more to claim, as far as is known. A
        database that is away is asked again.
        """
        try:
            while True:
                await wait_for(self._hint, await self._claim(claim_and_start))
        finally:
            await self._let_end()

    async def _claim(self, claim_and_start: Callable[[], Awaitable[float | None]]) -> float:
        """Return the seconds after which to look again without a hint."""
        try:
            async with asyncio.timeout(CLAIM_TIMEOUT):
                until_next = await claim_and_start()
        except Exception as error:
            if not (isinstance(error, SQLAlchemyError) or is_database_away(error)):
                raise
            log.warning("worker.unclaimed", worker=self._name, **told(error))
            until_next = None
        pause = self._poll_interval_s
        return pause if until_next is None else min(pause, until_next)

    def start(self, owner: UUID, work: Coroutine[Any, Any, None]) -> None:
        def free(task: asyncio.Task[None]) -> None:
            self.running.discard(task)
            self.busy[owner] -= 1
            self._hint.set()

        self.busy[owner] += 1
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(free)

    async def record(self, write: Callable[[], Awaitable[Written]]) -> Written:
        """Write down what came of a task, again until it succeeds; few at once."""
        pause = FIRST_RECORD_PAUSE
        while True:
            try:
                async with self._recorders:
                    return await write()
            except Exception as error:  # noqa: BLE001 - giving up early would do it all again
                log.warning("worker.record_retried", worker=self._name, **told(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RECORD_PAUSE)

    async def _let_end(self) -> None:
        if not self.running:
            return
        with suppress(asyncio.CancelledError):
            await asyncio.wait(self.running, timeout=GRACE)
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
