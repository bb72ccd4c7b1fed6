"""A lane of the writer: whatever waits in it becomes one transaction (group commit).

There is no timer: a batch forms while the one before it commits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg
import structlog

from gateway.configuration import Configuration
from gateway.database.connections import (
    CONTENTION_ERRORS,
    MAX_TRIES,
    Database,
    is_database_away,
)
from gateway.ingest import batch, quarantine
from gateway.ingest.quarantine import Held
from gateway.ingest.submission import Accepted, IngestUnavailable, Submission
from gateway.metrics import Metrics
from gateway.wakeups import Topic, Wakeups

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

MAX_BATCH = 1_000
REFUSED_DATA = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)  # classes 22, 23


@dataclass(slots=True)
class _Waiting:
    item: Submission | Held
    size: int
    answer: asyncio.Future[Accepted]


class Lane:
    """A queue and the connection that it is written by. `run` must be running."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        wakeups: Wakeups,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._wakeups = wakeups
        self._metrics = metrics
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._connection: asyncpg.Connection[Any] | None = None
        self.bytes = 0

    @property
    def depth(self) -> int:
        return len(self._queue)

    async def submit(self, item: Submission | Held, size: int) -> Accepted:
        """Wait for the commit of an item that holds `size` bytes.

        Raises:
            IngestUnavailable: the database is away.

        """
        waiting = _Waiting(item, size, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self.bytes += size
        self._arrived.set()
        return await waiting.answer

    async def run(self) -> None:
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._queue:
                    await self._write(self._take())
        finally:
            self._refuse([*self._queue], IngestUnavailable("the gateway is stopping"))
            if self._connection is not None:
                self._connection.terminate()

    def _take(self) -> list[_Waiting]:
        taken = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
        self.bytes -= sum(waiting.size for waiting in taken)
        return taken

    async def _write(self, taken: Sequence[_Waiting]) -> None:
        """Store what was taken and answer; whatever happens, everybody gets an answer."""
        try:
            await self._store([w for w in taken if isinstance(w.item, Submission)])
            for waiting in taken:
                if isinstance(waiting.item, Held):
                    await self._hold(waiting, waiting.item)
        except Exception as error:
            if not is_database_away(error):
                log.exception("ingest.failed")
            else:
                log.warning("ingest.database_away", reason=type(error).__name__)
                self._drop_connection()
            self._refuse(taken, IngestUnavailable("the database is away"))
        finally:
            self._refuse(taken, IngestUnavailable("the gateway is stopping"))
            self._hint()

    def _hint(self) -> None:
        self._wakeups.notify(Topic.FEED)
        if self._configuration.gives_work:
            self._wakeups.notify(Topic.ASSIGNMENT)

    async def _store(self, waiting: Sequence[_Waiting]) -> None:
        """Store a batch; if its data is refused, halve it until the offender stands alone."""
        if not waiting:
            return
        submissions = [w.item for w in waiting if isinstance(w.item, Submission)]
        try:
            answers = await self._with_retries(
                lambda connection: batch.store(connection, submissions, self._configuration)
            )
        except Exception as error:
            if is_database_away(error) or not _blames_data(error):
                raise
            await self._isolate(waiting, error)
            return
        self._metrics.batch.observe(len(answers))
        if any(answer.acknowledged for answer in answers):
            self._wakeups.notify(Topic.DELIVERY)
        for one, answer in zip(waiting, answers, strict=True):
            _answer(one, answer)

    async def _isolate(self, waiting: Sequence[_Waiting], error: Exception) -> None:
        if len(waiting) > 1:
            middle = len(waiting) // 2
            await self._store(waiting[:middle])
            await self._store(waiting[middle:])
            return
        [offender] = waiting
        assert isinstance(offender.item, Submission)  # noqa: S101 - _store takes nothing else
        code = getattr(error, "sqlstate", None) or type(error).__name__
        log.warning("ingest.quarantined", code=code, channel=str(offender.item.channel.config.id))
        detail = f"the message could not be stored: {type(error).__name__}"
        await self._hold(offender, quarantine.held(offender.item, code, detail))

    async def _hold(self, waiting: _Waiting, item: Held) -> None:
        _answer(
            waiting,
            await self._with_retries(lambda connection: quarantine.hold(connection, item)),
        )

    async def _with_retries(
        self, work: Callable[["asyncpg.Connection[Any]"], Awaitable[Answer]]
    ) -> Answer:
        for _ in range(MAX_TRIES - 1):
            with suppress(*CONTENTION_ERRORS):
                return await work(await self._connected())
        return await work(await self._connected())

    async def _connected(self) -> "asyncpg.Connection[Any]":
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect()
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _refuse(self, waiting: Sequence[_Waiting], error: IngestUnavailable) -> None:
        for one in waiting:
            if not one.answer.done():
                one.answer.set_exception(error)


def _answer(waiting: _Waiting, accepted: Accepted) -> None:
    if not waiting.answer.done():  # its caller may have gone
        waiting.answer.set_result(accepted)


def _blames_data(error: Exception) -> bool:
    """PostgreSQL refused a value, or our own code stumbled over one."""
    return isinstance(error, REFUSED_DATA) or not isinstance(error, asyncpg.PostgresError)
