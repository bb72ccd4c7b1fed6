"""What a round of matching writes: offers and assignments, and what leaves for another queue.

The conversations are locked, the loads reserved; each statement is set-wise.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.assignment.holds import tell
from gateway.conversations.moving import supervisors_queue
from gateway.database.schema import Assignment, Conversation, Queue, QueueEntry, Transfer
from gateway.feed.log import EventType, Happening
from gateway.ids import new_id
from routing.assignment import Mode, Overflow, Proposal

HOLD = text("""
UPDATE conversation c
   SET status = n.status, assignee_id = n.agent_id, version = c.version + 1
  FROM unnest(CAST(:ids AS uuid[]), CAST(:agents AS uuid[]), CAST(:statuses AS text[]))
       AS n (id, agent_id, status)
 WHERE c.workspace_id = :workspace_id AND c.id = n.id
""")

LEAVE = text("""
UPDATE queue_entry SET left_at = :now
 WHERE workspace_id = :workspace_id AND conversation_id = ANY (CAST(:ids AS uuid[]))
   AND left_at IS NULL
""")

MOVE = text("""
WITH left_queue AS (
    UPDATE queue_entry SET left_at = :now
     WHERE workspace_id = :workspace_id AND conversation_id = :id AND left_at IS NULL
 RETURNING queued_at, effective_at
), moved AS (
    UPDATE conversation SET queue_id = :queue_id, hops = hops + 1, version = version + 1
     WHERE workspace_id = :workspace_id AND id = :id
)
SELECT queued_at, effective_at FROM left_queue
""")


async def write(
    session: AsyncSession,
    workspace_id: int,
    proposals: Sequence[Proposal],
    locked: Mapping[UUID, Any],
    now: datetime,
) -> list[Happening]:
    """Write down offers and direct assignments; returns what has happened."""
    if not proposals:
        return []
    rows = [_hold(workspace_id, proposal, now) for proposal in proposals]
    statuses = ["offered" if row["state"] == "offered" else "assigned" for row in rows]
    values = {
        "workspace_id": workspace_id,
        "ids": [row["conversation_id"] for row in rows],
        "agents": [row["agent_id"] for row in rows],
        "statuses": statuses,
    }
    await session.execute(HOLD, values)
    await session.execute(insert(Assignment), rows)
    direct = [row["conversation_id"] for row in rows if row["state"] == "active"]
    if direct:
        left = {"workspace_id": workspace_id, "ids": direct, "now": now}
        await session.execute(LEAVE, left)
    return [
        _held(row, status, locked[row["conversation_id"]])
        for row, status in zip(rows, statuses, strict=True)
    ]


def _hold(workspace_id: int, proposal: Proposal, now: datetime) -> dict[str, Any]:
    is_offer = proposal.mode is Mode.OFFER
    return {
        "workspace_id": workspace_id,
        "conversation_id": proposal.conversation_id,
        "id": new_id(),
        "agent_id": proposal.agent_id,
        "queue_id": proposal.queue_id,
        "state": "offered" if is_offer else "active",
        "origin": "offered" if is_offer else "direct",
        "weight": proposal.weight,
        "offered_at": now if is_offer else None,
        "assigned_at": None if is_offer else now,
        "due_at": proposal.expires_at,
        "explanation": proposal.explanation,
    }


def _held(row: dict[str, Any], status: str, conversation: Any) -> Happening:
    hold = tell(row["id"], row["agent_id"], row["state"], row["weight"], row["due_at"])
    changed: dict[str, Any] = {"status": status, "assignee": row["agent_id"]}
    return Happening(
        workspace_id=row["workspace_id"],
        type=EventType.OFFERED if status == "offered" else EventType.ASSIGNED,
        conversation_id=row["conversation_id"],
        version=conversation.version + 1,
        queue_before=row["queue_id"],
        queue_after=row["queue_id"],
        assignee_before=None,
        assignee_after=row["agent_id"],
        data={"conversation": changed, "assignments": [hold]},
    )


async def overflow(
    session: AsyncSession,
    workspace_id: int,
    overflows: Sequence[Overflow],
    locked: Mapping[UUID, Any],
    now: datetime,
) -> list[Happening]:
    """Move what all have declined to the queues that take it; few at a time, one by one."""
    return [
        await _moved(session, workspace_id, each, locked[each.conversation_id], now)
        for each in overflows
    ]


async def _moved(
    session: AsyncSession, workspace_id: int, given_up: Overflow, before: Any, now: datetime
) -> Happening:
    row = await session.get_one(Conversation, (workspace_id, given_up.conversation_id))
    queue = await supervisors_queue(session, row)
    if queue is None:
        queue = await session.get_one(Queue, (workspace_id, given_up.to_queue))
    values = {"workspace_id": workspace_id, "id": row.id, "queue_id": queue.id, "now": now}
    waited = (await session.execute(MOVE, values)).one()
    keys = {"workspace_id": workspace_id, "conversation_id": row.id}
    entry = {**keys, "id": new_id(), "queue_id": queue.id}
    await session.execute(
        insert(QueueEntry).values(
            **entry, queued_at=waited.queued_at, effective_at=waited.effective_at
        )
    )
    is_redirected = queue.id != given_up.to_queue
    await session.execute(
        insert(Transfer).values(
            **keys,
            id=new_id(),
            kind="overflowed",
            from_queue_id=given_up.from_queue,
            to_queue_id=queue.id,
            is_redirected=is_redirected,
            moved_at=now,
        )
    )
    changed = {"queue": queue.id, "level": queue.level}
    return Happening(
        workspace_id=workspace_id,
        type=EventType.OVERFLOWED,
        conversation_id=row.id,
        version=before.version + 1,
        queue_before=given_up.from_queue,
        queue_after=queue.id,
        assignee_before=None,
        assignee_after=None,
        data={"conversation": changed, "redirected": is_redirected},
    )
