"""From the log to deliveries: each webhook's cursor moves on, and what it passes is written down.

Deliveries of their own, made set-wise, keep one event that cannot be delivered from holding up the
next (docs/decisions/0051). The cursor moves in the transaction that writes them: nothing is lost,
and nothing written twice, whoever dies. How many are open is bounded; beyond, the log itself is
the backlog.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups, wait_for
from gateway.webhooks.passing import PASS_AGAIN, PASS_ON

SHORTEST_PAUSE_S = 0.1  # between rounds: messages come in by hundreds of commits a second


PRESENT = text("""
SELECT count(*) > 0 AS any, count(replay_pos) > 0 AS again FROM webhook WHERE disabled_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Passed:
    """What one round has done: `made` deliveries of the `read` events that cursors have passed.

    `was_needed` is False where there is no webhook that anything could be passed on to.
    """

    made: int = 0
    read: int = 0
    was_needed: bool = False


async def pass_on(session: AsyncSession) -> Passed:
    """Move every cursor on that is behind its log or its replay, by a page at most."""
    present = (await session.execute(PRESENT)).one()
    statements = [PASS_ON] * present.any + [PASS_AGAIN] * present.again
    rows = [(await session.execute(statement)).one() for statement in statements]
    made, read = sum(row.made for row in rows), sum(row.read for row in rows)
    return Passed(made, read, was_needed=present.any)


class FanOut:
    """Passes on what the log holds, until cancelled. Any number of workers share one database.

    Where there are no webhooks, it looks for them now and then, however much happens.
    """

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
            if not passed.was_needed:
                await asyncio.sleep(self._poll_interval_s)
            elif not passed.read:
                await wait_for(self._hint, self._poll_interval_s)
            await asyncio.sleep(SHORTEST_PAUSE_S)
