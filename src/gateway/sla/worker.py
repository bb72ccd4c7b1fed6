"""The worker of all that happens because time passes: clocks, and conversations laid aside."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import Configuration
from gateway.conversations.pending import wake_due
from gateway.conversations.silence import solve_silent
from gateway.database.connections import Database
from gateway.sla.firing import fire_due
from gateway.sla.repairing import repair
from gateway.wakeups import Topic, Wakeups, wait_for

BATCH = 200

STALE = text("""
SELECT DISTINCT c.workspace_id, c.conversation_id
  FROM sla_policy p
  JOIN sla_clock c ON c.policy_id = p.id AND c.policy_revision < p.revision
                  AND c.ended_at IS NULL AND c.workspace_id = p.workspace_id
 ORDER BY c.workspace_id, c.conversation_id
 LIMIT :limit
""")

log = structlog.get_logger(__name__)


class ClockWorker:
    """Runs until cancelled. Any number of workers share one database."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        wakeups: Wakeups,
        poll_interval_s: float,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._wakeups = wakeups
        self._poll_interval_s = poll_interval_s
        self._hint = wakeups.listen(Topic.CONFIGURATION)

    async def run(self) -> None:
        while True:
            await self.remeasure_stale()
            await self.wake_due()
            await self.solve_silent()
            await self.fire_due()
            await wait_for(self._hint, self._poll_interval_s)

    async def wake_due(self) -> int:
        """Wake the conversations whose time has come."""
        return await self._repeated(wake_due)

    async def solve_silent(self) -> int:
        """Solve what has been pending without a word for too long."""

        async def work(database: Database, now: datetime) -> int:
            return await solve_silent(database, self._configuration, now)

        solved = await self._repeated(work)
        if solved:
            self._wakeups.notify(Topic.DELIVERY)
        return solved

    async def fire_due(self) -> int:
        """Tell what clocks have to tell, and do what rules make of it."""

        async def work(database: Database, now: datetime) -> int:
            return await fire_due(database, self._configuration, now)

        told = await self._repeated(work)
        if told:
            self._wakeups.notify(Topic.ASSIGNMENT)
        return told

    async def _repeated(self, work: Callable[[Database, datetime], Awaitable[int]]) -> int:
        total = 0
        while number := await work(self._database, datetime.now(UTC)):
            total += number
            self._wakeups.notify(Topic.FEED)
        return total

    async def remeasure_stale(self) -> int:
        """Measure all clocks anew that an earlier revision has measured; returns how many."""
        total = 0
        while True:
            async with self._database.transaction() as session:
                number = await _remeasure_batch(session)
            total += number
            if number:
                self._wakeups.notify(Topic.FEED)
            if number < BATCH:
                return total


async def _remeasure_batch(session: AsyncSession) -> int:
    """Those of one workspace; what another transaction has locked is left for the next time."""
    stale = (await session.execute(STALE, {"limit": BATCH})).all()
    if not stale:
        return 0
    workspace_id = stale[0].workspace_id
    ids = [row.conversation_id for row in stale if row.workspace_id == workspace_id]
    changed = await repair(session, workspace_id, ids)
    log.info("clocks.measured", conversations=len(changed))
    return len(ids)
