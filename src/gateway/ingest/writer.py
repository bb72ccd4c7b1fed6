"""The writer of a process: everything that comes in by its doors is committed by one of its lanes.

Lanes take turns by themselves: while PostgreSQL works for one, the interpreter works for another.
What one sender writes stays in one lane, and so in its order.
"""

import asyncio

from gateway.configuration import Configuration
from gateway.database.connections import Database
from gateway.ingest.lane import Lane
from gateway.ingest.quarantine import Held
from gateway.ingest.submission import Accepted, IngestUnavailable, Submission
from gateway.metrics import Metrics
from gateway.wakeups import Wakeups

LANES = 2
"""More would only make their batches smaller: they all wait for one interpreter."""


class IngestWriter:
    """Takes submissions, answers when they are committed.

    `run` must be running. The lanes' queues are bounded in messages and bytes, together.
    """

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        wakeups: Wakeups,
        metrics: Metrics,
        *,
        max_messages: int,
        max_bytes: int,
    ) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._lanes = [Lane(database, configuration, wakeups, metrics) for _ in range(LANES)]

    @property
    def depth(self) -> int:
        return sum(lane.depth for lane in self._lanes)

    async def submit(self, item: Submission | Held) -> Accepted:
        """Queue a message, or a payload for quarantine, and wait for its commit.

        Raises:
            IngestUnavailable: the queue is full, or the database is away.

        """
        size = len(item.payload.body) if isinstance(item, Held) else item.size
        waiting = sum(lane.bytes for lane in self._lanes)
        if self.depth >= self._max_messages or waiting + size > self._max_bytes:
            raise IngestUnavailable("too many messages wait for the database")
        return await self._lane(item).submit(item, size)

    def _lane(self, item: Submission | Held) -> Lane:
        """By the sender; what cannot be read has none, and belongs to no order."""
        sender = item.receipt.key if isinstance(item, Held) else item.inbound.sender.address
        return self._lanes[hash(sender) % len(self._lanes)]

    async def run(self) -> None:
        async with asyncio.TaskGroup() as lanes:
            for lane in self._lanes:
                lanes.create_task(lane.run())
