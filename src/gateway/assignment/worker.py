"""The worker that gives waiting conversations to agents, and ends what has ended."""

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import DBAPIError

from gateway.assignment import lapses, rounds
from gateway.assignment.rounds import Pool, Round
from gateway.database.connections import Database, is_contention
from gateway.wakeups import Topic, Wakeups, wait_for

SWEEP_S = 1.0
"""The safety net behind the hints."""

SHORTEST_S = 0.02
"""Hints that come faster than this are answered together."""

log = structlog.get_logger(__name__)


class AssignmentWorker:
    """Matches each pool that has work waiting, one worker a pool at a time.

    Any number may run. Woken by hints (something waits, somebody has room or has come, settings
    have changed), by the next offer that expires, and once a second.
    """

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups
        self._hint = wakeups.listen(Topic.ASSIGNMENT)

    async def run(self) -> None:
        """Turn until cancelled."""
        while True:
            pause = await self.turn()
            await asyncio.sleep(SHORTEST_S)
            await wait_for(self._hint, pause)

    async def turn(self) -> float:
        """End what is over, then match; returns the seconds after which to look again."""
        has_changed = await self._settle()
        async with self._database.transaction() as session:
            pools = await rounds.waiting_pools(session)
            until_next = await lapses.seconds_until_next(session, datetime.now(UTC))
        played = [await self._play(pool) for pool in pools]
        if has_changed or any(each and each.given for each in played):
            self._wakeups.notify(Topic.FEED)
        return min(SWEEP_S, until_next or SWEEP_S, *map(_pause, played))

    async def _settle(self) -> bool:
        async with self._database.transaction() as session:
            over = await lapses.find(session, datetime.now(UTC))
        settled = [await self._end(lapse) for lapse in over]
        return any(settled)

    async def _end(self, lapse: lapses.Lapse) -> bool:
        try:
            return await lapses.settle(self._database, lapse, datetime.now(UTC))
        except DBAPIError as error:
            if not is_contention(error):
                raise
            return False

    async def _play(self, pool: Pool) -> Round | None:
        try:
            async with self._database.transaction() as session:
                return await rounds.play(session, pool, datetime.now(UTC))
        except DBAPIError as error:
            if not is_contention(error):
                raise
            log.warning("assignment.outrun", pool=str(pool.id))
            return None


def _pause(played: Round | None) -> float:
    if played is None:
        return SWEEP_S
    if played.left:
        return SHORTEST_S
    if played.wake_at is None:
        return SWEEP_S
    return max(SHORTEST_S, (played.wake_at - datetime.now(UTC)).total_seconds())
