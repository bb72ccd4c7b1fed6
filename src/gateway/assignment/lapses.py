"""What ends by itself: offers that nobody answers, wrap-ups, the work of agents who have gone.

Looks at what is, never at what was scheduled: whatever a crash has left behind is found again.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.assignment.offers import give_back
from gateway.conversations.change import Change
from gateway.database.connections import Database
from gateway.database.schema import Assignment, Conversation
from gateway.feed.log import EventType

MOST = 200

LAPSED = """
SELECT a.workspace_id, a.conversation_id, a.id,
       CASE WHEN a.state = 'wrap_up' THEN 'wrapped_up'
            WHEN a.state = 'active' THEN 'reclaimed'
            WHEN a.due_at <= :now THEN 'expired'
            ELSE 'revoked' END AS reason
  FROM assignment a
  JOIN agent g ON g.workspace_id = a.workspace_id AND g.id = a.agent_id
  JOIN conversation c ON c.workspace_id = a.workspace_id AND c.id = a.conversation_id
  JOIN queue q ON q.workspace_id = a.workspace_id AND q.id = a.queue_id
  LEFT JOIN presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.agent_id
 WHERE a.ended_at IS NULL
   AND CASE a.state
       WHEN 'wrap_up' THEN a.due_at <= :now
       WHEN 'active' THEN q.reclaim_s IS NOT NULL AND c.status = 'assigned'
            AND greatest(p.until, a.assigned_at) + make_interval(secs => q.reclaim_s) <= :now
       ELSE a.due_at <= :now OR g.is_draining
            OR p.until IS NULL OR p.until <= :now OR p.status <> 'online'
            OR NOT EXISTS (SELECT FROM queue_member m
                            WHERE m.workspace_id = a.workspace_id
                              AND m.agent_id = a.agent_id AND m.queue_id = a.queue_id)
       END
"""

FIND = text(f"{LAPSED} ORDER BY a.id LIMIT {MOST}")

STILL = text(f"{LAPSED} AND a.workspace_id = :workspace_id AND a.id = :id")

NEXT = text("""
SELECT extract(epoch FROM min(due_at) - CAST(:now AS timestamptz))
  FROM assignment WHERE ended_at IS NULL AND due_at IS NOT NULL
""")


@record
class Lapse:
    """A hold that is over, and why."""

    workspace_id: int
    conversation_id: UUID
    id: UUID
    reason: str


async def find(session: AsyncSession, now: datetime) -> list[Lapse]:
    return [Lapse(*row) for row in await session.execute(FIND, {"now": now})]


async def seconds_until_next(session: AsyncSession, now: datetime) -> float | None:
    """Until an offer or a wrap-up ends by itself; None where there is none."""
    seconds = await session.scalar(NEXT, {"now": now})
    return None if seconds is None else max(0.0, float(seconds))


async def settle(database: Database, lapse: Lapse, now: datetime) -> bool:
    """End a hold, if it is still over when its conversation is locked; False if it was not.

    One that somebody else has locked is left: it is found again.
    """
    async with database.transaction() as session:
        row = await session.get(
            Conversation,
            (lapse.workspace_id, lapse.conversation_id),
            with_for_update={"key_share": True, "skip_locked": True},
        )
        values = {"workspace_id": lapse.workspace_id, "id": lapse.id, "now": now}
        still: Any = row and (await session.execute(STILL, values)).one_or_none()
        if row is None or not still:
            return False
        key = (lapse.workspace_id, lapse.conversation_id, lapse.id)
        change = Change(session, row)
        await _settle(change, await session.get_one(Assignment, key), still.reason)
        await change.write_events()
    return True


async def _settle(change: Change, hold: Assignment, reason: str) -> None:
    if reason == "wrapped_up":
        await change.end_wrap_up(hold)
        change.tell(EventType.WRAPPED_UP, {"conversation": {}})
    elif reason == "reclaimed":
        change.enter_queue(change.row.queue_id, await change.leave(reason))
        waits = {"status": "queued", "assignee": None}
        change.tell(EventType.RETURNED, {"conversation": waits, "reason": reason})
    else:
        await give_back(change, reason)
