"""From the log to deliveries: each webhook's cursor moves on, and what it passes is written down.

Deliveries of their own, made set-wise, keep one event that cannot be delivered from holding up the
next (docs/decisions/0051). The cursor moves in the transaction that writes them: nothing is lost,
and nothing written twice, whoever dies. How many are open is bounded; beyond, the log itself is
the backlog.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups, wait_for
from gateway.webhooks.passing import PASS_AGAIN, PASS_ON

SHORTEST_PAUSE_S = 0.1  # between rounds: messages come in by hundreds of commits a second


@dataclass(frozen=True, slots=True)
class Passed:
    """What one round has done: `made` deliveries of the `read` events that cursors have passed."""

    made: int
    read: int


async def pass_on(session: AsyncSession) -> Passed:
    """Move every cursor on that is behind its log or its replay, by a page at most."""
    rows = [(await session.execute(statement)).one() for statement in (PASS_ON, PASS_AGAIN)]
    return Passed(sum(row.made for row in rows), sum(row.read for row in rows))


class FanOut:
    """Passes on what the log holds, until cancelled. Any number of workers share one database."""

    def __init__(self, database: Database, wakeups: Wakeups, settings: Settings) -> None:
        self._database = database
        self._wakeups = wakeups
        self._hint = wakeups.listen(Topic.FEED)
        self._poll_interval_s = settings.poll_interval_s

    async def run(self) -> None:
        while True:
            async with self._database.transaction() as session:
                passed = await pass_on(session)
            if passed.made:
                self._wakeups.notify(Topic.WEBHOOK)
            if not passed.read:
                await wait_for(self._hint, self._poll_interval_s)
            await asyncio.sleep(SHORTEST_PAUSE_S)
