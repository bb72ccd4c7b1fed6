"""Who has had a conversation, and how it came from queue to queue."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.database.schema import Agent, Assignment, Conversation, Transfer

STATE = case((Assignment.ended_at.is_not(None), "ended"), else_=Assignment.state)


@record
class History:
    """Rows with the names that the API gives them, oldest first."""

    assignments: Sequence[Any]
    transfers: Sequence[Any]


async def of_conversation(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> History | None:
    """None where there is no such conversation."""
    if await session.get(Conversation, (workspace_id, conversation_id)) is None:
        return None
    return History(
        await _assignments(session, workspace_id, conversation_id),
        await _transfers(session, workspace_id, conversation_id),
    )


async def _assignments(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> Sequence[Any]:
    statement = (
        select(
            Assignment.id,
            Assignment.agent_id.label("agent"),
            Agent.name.label("agent_name"),
            Assignment.queue_id.label("queue"),
            STATE.label("state"),
            Assignment.origin,
            Assignment.by_agent_id.label("by"),
            Assignment.weight,
            Assignment.offered_at,
            Assignment.assigned_at,
            Assignment.ended_at,
            Assignment.end_reason,
            Assignment.end_detail,
            Assignment.explanation,
        )
        .join(
            Agent,
            (Agent.workspace_id == Assignment.workspace_id) & (Agent.id == Assignment.agent_id),
        )
        .where(
            Assignment.workspace_id == workspace_id,
            Assignment.conversation_id == conversation_id,
        )
        .order_by(Assignment.id)
    )
    return (await session.execute(statement)).all()


async def _transfers(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> Sequence[Any]:
    statement = (
        select(
            Transfer.id,
            Transfer.kind,
            Transfer.from_queue_id.label("from_queue"),
            Transfer.to_queue_id.label("to_queue"),
            Transfer.to_agent_id.label("to_agent"),
            Transfer.agent_id.label("by"),
            Transfer.note_id.label("note"),
            Transfer.is_redirected.label("redirected"),
            Transfer.moved_at,
        )
        .where(Transfer.workspace_id == workspace_id, Transfer.conversation_id == conversation_id)
        .order_by(Transfer.id)
    )
    return (await session.execute(statement)).all()
