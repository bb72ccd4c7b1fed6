"""Who has a conversation: taking, giving back, solving."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gateway.assignment import holds
from gateway.configuration import Configuration
from gateway.conversations.change import Change, changing, locked
from gateway.conversations.transcripts import mail_at_the_end
from gateway.database.connections import Database
from gateway.database.schema import Assignment, Conversation, Queue, QueueEntry
from gateway.feed.log import EventType
from gateway.problems import conflict, not_found


@dataclass(frozen=True, slots=True)
class Done:
    """A committed command: the conversation's new version, and the feed position of its event."""

    conversation_id: UUID
    version: int
    position: int
    message_id: UUID | None = None


def done(change: Change, message_id: UUID | None = None) -> Done:
    return Done(change.row.id, change.row.version, change.position, message_id)


async def take(
    database: Database, workspace_id: int, conversation_id: UUID, agent_id: UUID
) -> Done:
    """Assign a queued or solved conversation to the agent; taking one's own again is harmless.

    Raises:
        Problem: 409 if another agent has it.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        await _take(change, agent_id)
    return done(change)


async def take_next(
    database: Database, workspace_id: int, queue_id: UUID, agent_id: UUID
) -> Done | None:
    """Assign the conversation that is due first in a queue; None if nobody waits.

    Those that another agent is taking at this moment are passed over, not waited for.
    """
    async with database.transaction() as session:
        queue = await session.get(Queue, (workspace_id, queue_id))
        if queue is None or queue.archived_at is not None:
            raise not_found("queue")
        conversation_id = await session.scalar(
            select(Conversation.id)
            .join(
                QueueEntry,
                (QueueEntry.workspace_id == Conversation.workspace_id)
                & (QueueEntry.conversation_id == Conversation.id),
            )
            .where(
                QueueEntry.workspace_id == workspace_id,
                QueueEntry.queue_id == queue_id,
                QueueEntry.left_at.is_(None),
                Conversation.status == "queued",
            )
            .order_by(QueueEntry.effective_at, QueueEntry.conversation_id)
            .limit(1)
            .with_for_update(of=Conversation, key_share=True, skip_locked=True)
        )
        if conversation_id is None:
            return None
        async with locked(session, workspace_id, conversation_id) as change:
            await _take(change, agent_id)
    return done(change)


async def _take(change: Change, agent_id: UUID) -> None:
    row = change.row
    require_not_anothers(change, agent_id)
    if row.status == "assigned":
        return
    if row.status == "offered":
        if row.assignee_id != agent_id:
            raise conflict("another agent is just being asked to take this conversation")
        await change.accept(await _offer(change))
    elif row.status == "pending" and row.assignee_id is not None:
        row.status = "assigned"
    else:
        await change.leave_queue()
        await change.assign(agent_id, "taken")
    row.solved_at = None
    tell_assigned(change)


async def _offer(change: Change) -> Assignment:
    offer = await holds.current(change.session, change.row)
    assert offer is not None  # noqa: S101 - the status says so, and both are locked
    return offer


def tell_assigned(change: Change) -> None:
    changed = {"status": "assigned", "assignee": change.row.assignee_id, "solved_at": None}
    change.tell(EventType.ASSIGNED, {"conversation": changed})


async def release(
    database: Database, workspace_id: int, conversation_id: UUID, agent_id: UUID
) -> Done:
    """Give a conversation back to its queue, where it keeps the time it has waited.

    Raises:
        Problem: 409 if it is not the agent's.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        require_holder(change, agent_id)
        change.enter_queue(change.row.queue_id, await change.leave("released"))
        change.tell(EventType.RELEASED, {"conversation": {"status": "queued", "assignee": None}})
    return done(change)


async def solve(
    database: Database,
    configuration: Configuration,
    workspace_id: int,
    conversation_id: UUID,
    agent_id: UUID,
) -> Done:
    """Mark a matter as solved; a further message of the customer reopens it.

    It may take of the agent's capacity for a while more: see the queue's `wrap_up_s`.

    Raises:
        Problem: 409 if another agent has it.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        await solve_now(change, configuration, agent_id)
    return done(change)


async def solve_now(change: Change, configuration: Configuration, agent_id: UUID | None) -> None:
    """`solve` as a part of another command."""
    if change.row.status == "solved":
        return
    require_not_anothers(change, agent_id)
    if change.row.status == "offered":
        await change.leave("revoked")
    else:
        await change.leave_queue()
        await change.finish()
    change.row.status = "solved"
    change.row.priority_by = None
    change.row.assignee_id = agent_id
    change.row.solved_at = change.now
    change.row.hops = 0
    changed = {"status": "solved", "assignee": agent_id, "solved_at": change.now}
    change.tell(EventType.SOLVED, {"conversation": changed})
    await mail_at_the_end(change, configuration)


def require_not_anothers(change: Change, agent_id: UUID | None) -> None:
    """Who has laid a conversation aside still has it; who has solved it, no longer."""
    row = change.row
    if row.status in {"assigned", "pending"} and row.assignee_id not in {None, agent_id}:
        raise conflict("another agent has this conversation")


def require_holder(change: Change, agent_id: UUID) -> None:
    if change.row.status != "assigned" or change.row.assignee_id != agent_id:
        raise conflict("take the conversation first (POST .../take)")
