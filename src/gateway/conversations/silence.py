"""Pending conversations that nobody has said a word in for long: solved, and the customer told."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import Configuration
from gateway.conversations.assigning import solve_now
from gateway.conversations.change import Change, locked
from gateway.conversations.messages import Draft, add_reply
from gateway.database.connections import Database
from gateway.database.schema import Conversation, Message, Workspace
from gateway.problems import Problem

BATCH = 100

log = structlog.get_logger(__name__)


async def solve_silent(database: Database, configuration: Configuration, now: datetime) -> int:
    """Solve what is due by its workspace's policy, each in a transaction of its own; how many.

    What waits for an instant is left to that, what is locked to the next time.
    """
    async with database.transaction() as session:
        policies = await session.execute(
            select(Workspace.id, Workspace.pending_days, Workspace.pending_notice).where(
                Workspace.pending_days.is_not(None)
            )
        )
        due = [
            (workspace_id, id_, notice, now - timedelta(days=days))
            for workspace_id, days, notice in policies
            if days is not None
            for id_ in await _silent(session, workspace_id, now - timedelta(days=days))
        ]
    return sum([await _solve(database, configuration, *each) for each in due])


async def _silent(session: AsyncSession, workspace_id: int, before: datetime) -> list[UUID]:
    statement = (
        select(Conversation.id)
        .where(Conversation.workspace_id == workspace_id, *_is_silent(before))
        .order_by(Conversation.pending_since)
        .limit(BATCH)
    )
    return list(await session.scalars(statement))


def _is_silent(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Conversation.pending_since < before,
        Conversation.snoozed_until.is_(None),
        Conversation.last_message_at < before,
    )


async def _solve(
    database: Database,
    configuration: Configuration,
    workspace_id: int,
    conversation_id: UUID,
    notice: str | None,
    before: datetime,
) -> int:
    async with database.transaction() as session:
        taken = await session.scalar(
            select(func.count()).select_from(
                select(Conversation.id)
                .where(Conversation.workspace_id == workspace_id)
                .where(Conversation.id == conversation_id, *_is_silent(before))
                .with_for_update(key_share=True, skip_locked=True)
                .subquery()
            )
        )
        if not taken:
            return 0
        async with locked(session, workspace_id, conversation_id) as change:
            if notice is not None:
                await _tell(change, configuration, notice)
            await change.end_hold("silence")  # nobody wraps up what nobody has worked on
            await solve_now(change, configuration, change.row.assignee_id)
    return 1


async def _tell(change: Change, configuration: Configuration, notice: str) -> None:
    """Machines are told nothing, nor is who cannot be reached."""
    if await _wrote_by_machine(change):
        return
    with suppress(Problem):
        message_id = await add_reply(change, configuration, None, Draft(notice))
        message = await change.session.get_one(Message, (change.row.workspace_id, message_id))
        message.automatic = True


async def _wrote_by_machine(change: Change) -> bool:
    """Whether the newest message from outside is automatic, or there is none."""
    row = change.row
    last = await change.session.scalar(
        select(Message.automatic)
        .where(Message.workspace_id == row.workspace_id, Message.conversation_id == row.id)
        .where(Message.direction == "inbound")
        .order_by(Message.seq.desc())
        .limit(1)
    )
    return last is None or last
