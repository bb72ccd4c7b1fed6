"""One round of matching: a pool is held, read, matched, and what comes out is written.

The conversations are locked only where nobody else has them, and looked at again; capacity is
reserved by the update that also looks whether it is there. What does not hold any more is left for
the next round.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.assignment import loads, pool_state
from gateway.assignment.handing_out import overflow, write
from gateway.database.schema import Queue
from gateway.feed.log import append_in
from routing.assignment import Matching, Proposal, match

POOLS = text("""
SELECT DISTINCT q.workspace_id, q.pool_id
  FROM queue q
 WHERE q.mode <> 'pull' AND NOT q.is_paused AND q.archived_at IS NULL
   AND EXISTS (SELECT FROM queue_entry e
                WHERE e.workspace_id = q.workspace_id AND e.queue_id = q.id AND e.left_at IS NULL)
 ORDER BY q.workspace_id, q.pool_id
""")

LOCK = text("""
SELECT c.id, c.queue_id, c.version, c.hops
  FROM conversation c
  JOIN unnest(CAST(:ids AS uuid[]), CAST(:queues AS uuid[])) AS n (id, queue_id)
    ON n.id = c.id AND n.queue_id = c.queue_id
 WHERE c.workspace_id = :workspace_id AND c.status = 'queued'
 ORDER BY c.id
   FOR NO KEY UPDATE OF c SKIP LOCKED
""")


@record
class Pool:
    """A pool that has work waiting."""

    workspace_id: int
    id: UUID


@record
class Round:
    """What a round gave, what it could not give for now, and when to look again at the latest."""

    given: int
    left: int
    wake_at: datetime | None


async def waiting_pools(session: AsyncSession) -> list[Pool]:
    return [Pool(row.workspace_id, row.pool_id) for row in await session.execute(POOLS)]


async def play(session: AsyncSession, pool: Pool, now: datetime) -> Round | None:
    """Match a pool; commit right after. None where another worker has it, or nothing can be given.

    Proposals that no longer hold are counted in `left`: begin again at once.
    """
    if not await _hold(session, pool):
        return None
    state = await pool_state.read(session, pool.workspace_id, pool.id, now)
    if state is None:
        return None
    matching = match(state, now)
    given = await _give(session, pool.workspace_id, matching, now)
    wanted = len(matching.proposals) + len(matching.overflows)
    return Round(given, wanted - given, matching.wake_at)


async def _hold(session: AsyncSession, pool: Pool) -> bool:
    row = select(Queue.id).where(Queue.workspace_id == pool.workspace_id, Queue.id == pool.id)
    held = row.with_for_update(key_share=True, skip_locked=True)
    return await session.scalar(held) is not None


async def _give(session: AsyncSession, workspace_id: int, matching: Matching, now: datetime) -> int:
    locked = await _lock(session, workspace_id, matching)
    proposed = [each for each in matching.proposals if each.conversation_id in locked]
    proposals = await _reserved(session, workspace_id, proposed)
    overflows = [each for each in matching.overflows if each.conversation_id in locked]
    happenings = [
        *await write(session, workspace_id, proposals, locked, now),
        *await overflow(session, workspace_id, overflows, locked, now),
    ]
    if happenings:
        await append_in(session, *happenings)
    return len(proposals) + len(overflows)


async def _lock(session: AsyncSession, workspace_id: int, matching: Matching) -> Mapping[UUID, Any]:
    """Those that still wait where they did and that nobody else has locked, by id."""
    there = {each.conversation_id: each.queue_id for each in matching.proposals}
    there |= {each.conversation_id: each.from_queue for each in matching.overflows}
    if not there:
        return {}
    values = {"workspace_id": workspace_id, "ids": [*there], "queues": [*there.values()]}
    return {row.id: row for row in await session.execute(LOCK, values)}


async def _reserved(
    session: AsyncSession, workspace_id: int, proposals: Sequence[Proposal]
) -> list[Proposal]:
    """Those whose agents have room for all that is proposed to them."""
    weights: Counter[UUID] = Counter()
    for proposal in proposals:
        weights[proposal.agent_id] += proposal.weight
    if not weights:
        return []
    reserved = await loads.reserve(session, workspace_id, weights)
    return [proposal for proposal in proposals if proposal.agent_id in reserved]
