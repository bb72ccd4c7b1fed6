"""Conversations that wait for the customer, or until an instant: laid aside, woken."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gateway.conversations.assigning import Done, done, require_holder, require_not_anothers
from gateway.conversations.change import Change, changing, locked
from gateway.database.connections import Database
from gateway.database.schema import Conversation
from gateway.feed.log import EventType
from gateway.problems import conflict, invalid


async def pend(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    agent_id: UUID,
    *,
    until: datetime | None,
    keep: bool,
) -> Done:
    """Lay one's conversation aside until the customer writes, or until an instant.

    With `keep` it stays the agent's and takes their capacity; without, it waits in its queue once
    it is woken. Doing it again changes until when.

    Raises:
        Problem: 409 if it is not the agent's, 422 if the instant is past.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        if until is not None and until <= change.now:
            raise invalid("there is nothing to wait for", [("/until", "must be in the future")])
        await pend_now(change, agent_id, until=until, keep=keep)
    return done(change)


async def pend_now(change: Change, agent_id: UUID, *, until: datetime | None, keep: bool) -> None:
    """`pend` as a part of another command."""
    row = change.row
    if row.status != "pending":
        require_holder(change, agent_id)
    require_not_anothers(change, agent_id)
    if not keep and row.assignee_id is not None:
        await change.end_hold("pending")
        row.assignee_id = None
    row.status, row.snoozed_until, row.pending_since = "pending", until, change.now
    laid = {"status": "pending", "assignee": row.assignee_id, "snoozed_until": until}
    change.tell(EventType.PENDED, {"conversation": laid})


async def wake(
    database: Database, workspace_id: int, conversation_id: UUID, agent_id: UUID
) -> Done:
    """Go on with a pending conversation: the agent's own stays theirs, any other is queued.

    Raises:
        Problem: 409 if it is not pending, or another agent has kept it.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        if change.row.status != "pending":
            raise conflict("the conversation is not pending")
        require_not_anothers(change, agent_id)
        wake_up(change, "agent")
    return done(change)


async def wake_due(database: Database, now: datetime, limit: int = 100) -> int:
    """Wake those whose time has come, each in a transaction of its own; returns how many.

    What another transaction has locked is left for the next time.
    """
    async with database.transaction() as session:
        due = await session.execute(
            select(Conversation.workspace_id, Conversation.id)
            .where(Conversation.snoozed_until <= now)
            .order_by(Conversation.snoozed_until)
            .limit(limit)
        )
        keys = [(row[0], row[1]) for row in due]
    return sum([await _wake_if_due(database, *key, now) for key in keys])


async def _wake_if_due(
    database: Database, workspace_id: int, conversation_id: UUID, now: datetime
) -> int:
    async with database.transaction() as session:
        taken = await session.scalar(
            select(Conversation.id)
            .where(Conversation.workspace_id == workspace_id, Conversation.id == conversation_id)
            .where(Conversation.snoozed_until <= now)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if taken is None:
            return 0
        async with locked(session, workspace_id, conversation_id) as change:
            wake_up(change, "time")
    return 1


def wake_up(change: Change, by: str) -> None:
    """Let a pending conversation go on; `by` whom or what."""
    row = change.row
    row.snoozed_until = None
    if row.assignee_id is None:
        change.enter_queue(row.queue_id, change.now)
    else:
        row.status = "assigned"
    woken = {"status": row.status, "snoozed_until": None}
    change.tell(EventType.WOKEN, {"conversation": woken, "by": by})
