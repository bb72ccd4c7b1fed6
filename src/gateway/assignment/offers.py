"""Offers as their agents see them: what is offered, accepting, declining.

Accepting compares and sets under the conversation's lock; it changes no load and waits for no pool.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.assignment import holds
from gateway.conversations.assigning import Done, done, tell_assigned
from gateway.conversations.change import Change, changing
from gateway.database.connections import Database
from gateway.database.schema import Assignment, QueueEntry
from gateway.feed.log import EventType
from gateway.problems import conflict, not_found


async def of_agent(session: AsyncSession, workspace_id: int, agent_id: UUID) -> Sequence[Any]:
    """The agent's open offers, in the order in which their conversations wait."""
    statement = (
        select(
            Assignment.id,
            Assignment.conversation_id.label("conversation"),
            Assignment.queue_id.label("queue"),
            Assignment.weight,
            Assignment.offered_at,
            Assignment.due_at.label("expires_at"),
            QueueEntry.queued_at.label("waiting_since"),
        )
        .join(
            QueueEntry,
            (QueueEntry.workspace_id == Assignment.workspace_id)
            & (QueueEntry.conversation_id == Assignment.conversation_id)
            & QueueEntry.left_at.is_(None),
        )
        .where(*holds.live(workspace_id), Assignment.agent_id == agent_id)
        .where(Assignment.state == "offered")
        .order_by(QueueEntry.effective_at, QueueEntry.conversation_id)
    )
    return (await session.execute(statement)).all()


async def accept(database: Database, workspace_id: int, offer_id: UUID, agent_id: UUID) -> Done:
    """Take what was offered; accepting again what one still has is harmless.

    Raises:
        Problem: 404 if the agent was never offered this, 409 if it has expired, was withdrawn or
            given up.
    """
    async with _under_offer(database, workspace_id, offer_id, agent_id) as (change, offer):
        if offer.ended_at is not None or offer.state == "wrap_up":
            raise conflict("the offer is over: see GET /v1/offers for what you are offered now")
        if offer.state == "offered":
            if offer.due_at is not None and offer.due_at <= change.now:
                raise conflict("the offer has expired, and the next agent is asked")
            await change.accept(offer)
            tell_assigned(change)
    return done(change)


async def decline(
    database: Database, workspace_id: int, offer_id: UUID, agent_id: UUID, reason: str
) -> Done:
    """Let the next agent be asked; declining what is over is harmless.

    Raises:
        Problem: 404 if the agent was never offered this, 409 if they have accepted it.
    """
    async with _under_offer(database, workspace_id, offer_id, agent_id) as (change, offer):
        if offer.ended_at is None:
            if offer.state != "offered":
                raise conflict("you have accepted it: release it instead")
            await give_back(change, "declined", reason)
    return done(change)


async def give_back(change: Change, reason: str, detail: str | None = None) -> None:
    """Let an offered conversation go on waiting in its place."""
    await change.end_hold(reason, detail)
    change.row.status, change.row.assignee_id = "queued", None
    waits = {"status": "queued", "assignee": None}
    change.tell(EventType.RETURNED, {"conversation": waits, "reason": reason})


@asynccontextmanager
async def _under_offer(
    database: Database, workspace_id: int, offer_id: UUID, agent_id: UUID
) -> AsyncIterator[tuple[Change, Assignment]]:
    """The offer as it is once its conversation is locked.

    Its conversation is asked for first: locks are taken from there on.
    """
    statement = select(Assignment.conversation_id).where(
        Assignment.workspace_id == workspace_id,
        Assignment.id == offer_id,
        Assignment.agent_id == agent_id,
        Assignment.offered_at.is_not(None),
    )
    async with database.transaction() as session:
        conversation_id = await session.scalar(statement)
    if conversation_id is None:
        raise not_found("offer to you")
    async with changing(database, workspace_id, conversation_id) as change:
        key = (workspace_id, conversation_id, offer_id)
        yield change, await change.session.get_one(Assignment, key)
