"""Holds: an agent has a conversation, is offered it, or is just done with it.

All holds begin and end here, each together with the agent's load; what is returned goes into the
event that tells of it, so that the events alone give the loads.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.assignment import loads
from gateway.database.schema import Assignment, Conversation, Queue
from gateway.ids import new_id
from gateway.problems import conflict

Origin = Literal["taken", "assigned", "transferred"]

Told = dict[str, Any]
"""A hold in an event: `id`, `agent`, `state` (`ended` is one), `weight`, perhaps `until`."""

WEIGHT = text("""
SELECT coalesce(CAST(w.capacity_weights ->> c.kind AS int), 1)
  FROM workspace w JOIN channel c ON c.workspace_id = w.id
 WHERE w.id = :workspace_id AND c.id = :channel_id
""")


def told(hold: Assignment) -> Told:
    state = "ended" if hold.ended_at is not None else hold.state
    return tell(hold.id, hold.agent_id, state, hold.weight, hold.due_at)


def tell(id_: UUID, agent_id: UUID, state: str, weight: int, until: datetime | None = None) -> Told:
    known: Told = {"id": id_, "agent": agent_id, "state": state, "weight": weight}
    return known if until is None or state == "ended" else {**known, "until": until}


async def begin(
    session: AsyncSession,
    row: Conversation,
    agent_id: UUID,
    origin: Origin,
    now: datetime,
    *,
    by: UUID | None = None,
    within_capacity: bool = False,
) -> Told:
    """Give a locked conversation that nobody holds to an agent.

    Raises:
        Problem: 409, the agent has left, or has no room for it where it must be `within_capacity`.
    """
    values = {"workspace_id": row.workspace_id, "channel_id": row.channel_id}
    weight = await session.scalar(WEIGHT, values) or 1
    if not within_capacity:
        await loads.burden(session, row.workspace_id, agent_id, weight)
    elif not await loads.reserve(session, row.workspace_id, {agent_id: weight}):
        raise conflict("this agent has no room for it: choose another one, or a queue")
    hold = Assignment(
        workspace_id=row.workspace_id,
        conversation_id=row.id,
        id=new_id(),
        agent_id=agent_id,
        queue_id=row.queue_id,
        state="active",
        origin=origin,
        weight=weight,
        by_agent_id=by,
        assigned_at=now,
    )
    session.add(hold)
    await session.flush()
    return told(hold)


def accept(hold: Assignment, now: datetime) -> Told:
    """Make an offer the agent's own; the load is theirs already."""
    hold.state, hold.assigned_at, hold.due_at = "active", now, None
    return told(hold)


async def end(
    session: AsyncSession, hold: Assignment, reason: str, now: datetime, detail: str | None = None
) -> Told:
    hold.ended_at, hold.end_reason, hold.end_detail = now, reason, detail
    await session.flush()
    await loads.release(session, hold.workspace_id, {hold.agent_id: hold.weight})
    return told(hold)


async def finish(session: AsyncSession, hold: Assignment, now: datetime) -> Told:
    """The agent is done with it: ended, or for a while still on the agent's mind."""
    queue = await session.get_one(Queue, (hold.workspace_id, hold.queue_id))
    if queue.wrap_up_s == 0:
        return await end(session, hold, "solved", now)
    hold.state, hold.wrap_up_at = "wrap_up", now
    hold.due_at = now + timedelta(seconds=queue.wrap_up_s)
    return told(hold)


async def current(session: AsyncSession, row: Conversation) -> Assignment | None:
    """Who has the conversation or is offered it; read anew under its lock."""
    statement = select(Assignment).where(*live(row.workspace_id), Assignment.state != "wrap_up")
    statement = statement.where(Assignment.conversation_id == row.id)
    held: Assignment | None = await session.scalar(
        statement.execution_options(populate_existing=True)
    )
    return held


def live(workspace_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Assignment.workspace_id == workspace_id, Assignment.ended_at.is_(None))


async def drop(
    session: AsyncSession, workspace_id: int, conversation_ids: Collection[UUID]
) -> Mapping[UUID, list[Told]]:
    """Release the loads of locked conversations that are about to be deleted, by conversation."""
    statement = select(Assignment).where(*live(workspace_id))
    held = await session.scalars(statement.where(Assignment.conversation_id.in_(conversation_ids)))
    weights: Counter[UUID] = Counter()
    gone: dict[UUID, list[Told]] = {}
    for hold in held:
        weights[hold.agent_id] += hold.weight
        ended = tell(hold.id, hold.agent_id, "ended", hold.weight)
        gone.setdefault(hold.conversation_id, []).append(ended)
    await loads.release(session, workspace_id, weights)
    return gone
