"""The worker that looks after clocks: measures those anew whose policy or calendar has changed."""

from uuid import UUID

import structlog
from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database, fetch_in
from gateway.database.schema import Conversation, SlaClock
from gateway.feed.log import EventType, append_in, in_place
from gateway.sla import clock_rows
from gateway.sla.policies import read_policies
from gateway.sla.remeasuring import Remeasured, remeasure
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

    def __init__(self, database: Database, wakeups: Wakeups, poll_interval_s: float) -> None:
        self._database = database
        self._wakeups = wakeups
        self._poll_interval_s = poll_interval_s

    async def run(self) -> None:
        hint = self._wakeups.listen(Topic.CONFIGURATION)
        try:
            while True:
                await self.remeasure_stale()
                await wait_for(hint, self._poll_interval_s)
        finally:
            self._wakeups.forget(Topic.CONFIGURATION, hint)

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
    await repair(session, workspace_id, ids)
    return len(ids)


async def repair(session: AsyncSession, workspace_id: int, ids: list[UUID]) -> list[Remeasured]:
    """Set the clocks of conversations to what the log says; returns those that were otherwise."""
    conversations = (
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id.in_(ids))
        .order_by(Conversation.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = {row.id: row for row in await session.scalars(conversations)}
    fetch = await fetch_in(session)
    policies = await read_policies(fetch, workspace_id)
    found = await remeasure(fetch, workspace_id, list(rows), policies)
    changed = [each for each in found if not each.is_as_kept]
    await clock_rows.write(
        fetch, {(workspace_id, each.conversation_id): each.differing for each in changed}
    )
    for each in changed:
        await _forget(session, workspace_id, each)
    moved = [each for each in changed if each.due_at != each.was_due_at]
    happenings = []
    for each in moved:
        row = rows[each.conversation_id]
        row.due_at = each.due_at
        row.version += 1
        data = {"conversation": {"due_at": each.due_at}}
        happenings.append(in_place(row, EventType.SLA_MEASURED, data, version=row.version))
    if happenings:
        await append_in(session, *happenings)
    log.info("clocks.measured", conversations=len(changed))
    return changed


async def _forget(session: AsyncSession, workspace_id: int, each: Remeasured) -> None:
    keys = [clock.clock.key for clock in each.surplus]
    if keys:
        await session.execute(
            delete(SlaClock).where(
                SlaClock.workspace_id == workspace_id,
                SlaClock.conversation_id == each.conversation_id,
                tuple_(SlaClock.metric, SlaClock.cycle).in_(keys),
            )
        )
