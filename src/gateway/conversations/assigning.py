"""Who has a conversation: taking, giving back, escalating, solving."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gateway.configuration import Configuration
from gateway.conversations.change import Change, changing, locked
from gateway.conversations.messages import Draft, add_note
from gateway.conversations.transcripts import mail_at_the_end
from gateway.database.connections import Database
from gateway.database.schema import Conversation, Queue, QueueEntry, Transfer
from gateway.feed.log import EventType
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found


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
    if row.status == "pending" and row.assignee_id is not None:
        row.status = "assigned"
    else:
        await change.leave_queue()
        change.assign(agent_id)
    row.solved_at = None
    change.tell(
        EventType.ASSIGNED,
        {"conversation": {"status": "assigned", "assignee": agent_id, "solved_at": None}},
    )


async def release(
    database: Database, workspace_id: int, conversation_id: UUID, agent_id: UUID
) -> Done:
    """Give a conversation back to its queue, where it keeps the time it has waited.

    Raises:
        Problem: 409 if it is not the agent's.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        require_holder(change, agent_id)
        await change.end_assignment("released")
        change.enter_queue(change.row.queue_id, await change.first_wait())
        change.tell(EventType.RELEASED, {"conversation": {"status": "queued", "assignee": None}})
    return done(change)


async def escalate(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    agent_id: UUID,
    *,
    to_queue_id: UUID,
    note: str,
) -> Done:
    """Move a conversation from the first level to a second-level queue, with what was tried.

    Raises:
        Problem: 409 if another agent has it or it is not on level 1, 422 if the queue is not on 2.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        row, session = change.row, change.session
        require_not_anothers(change, agent_id)
        source = await session.get_one(Queue, (workspace_id, row.queue_id))
        target = await session.get(Queue, (workspace_id, to_queue_id))
        _check_levels(source, target)
        note_id = add_note(change, agent_id, Draft(note))
        waited_since = await _leave(change, "escalated")
        change.enter_queue(to_queue_id, waited_since)
        session.add(
            Transfer(
                workspace_id=workspace_id,
                conversation_id=row.id,
                id=new_id(),
                kind="escalated",
                from_queue_id=source.id,
                to_queue_id=to_queue_id,
                agent_id=agent_id,
                note_id=note_id,
                moved_at=change.now,
            )
        )
        moved = {"status": "queued", "queue": to_queue_id, "level": 2, "assignee": None}
        moved["solved_at"] = row.solved_at = None
        change.tell(EventType.ESCALATED, {"conversation": moved, "note": note_id})
    return done(change, note_id)


def _check_levels(source: Queue, target: Queue | None) -> None:
    if source.level != 1:
        raise conflict("only a first-level conversation can be escalated")
    if target is None or target.archived_at is not None or target.level != 2:
        detail = "must be the id of a second-level queue (GET /v1/queues lists them)"
        raise invalid("there is nowhere to escalate to", [("/queue", detail)])


async def _leave(change: Change, reason: str) -> datetime:
    """End the stay in the queue or the assignment; returns since when the customer has waited."""
    if change.row.status == "queued":
        return await change.leave_queue()
    await change.end_assignment(reason)
    return await change.first_wait()


async def solve(
    database: Database,
    configuration: Configuration,
    workspace_id: int,
    conversation_id: UUID,
    agent_id: UUID,
) -> Done:
    """Mark a matter as solved; a further message of the customer reopens it.

    Raises:
        Problem: 409 if another agent has it.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        await solve_now(change, configuration, agent_id)
    return done(change)


async def solve_now(change: Change, configuration: Configuration, agent_id: UUID) -> None:
    """`solve` as a part of another command."""
    if change.row.status == "solved":
        return
    require_not_anothers(change, agent_id)
    await _leave(change, "solved")
    change.row.status = "solved"
    change.row.assignee_id = agent_id
    change.row.solved_at = change.now
    changed = {"status": "solved", "assignee": agent_id, "solved_at": change.now}
    change.tell(EventType.SOLVED, {"conversation": changed})
    await mail_at_the_end(change, configuration)


def require_not_anothers(change: Change, agent_id: UUID) -> None:
    """Who has laid a conversation aside still has it; who has solved it, no longer."""
    row = change.row
    if row.status in {"assigned", "pending"} and row.assignee_id not in {None, agent_id}:
        raise conflict("another agent has this conversation")


def require_holder(change: Change, agent_id: UUID) -> None:
    if change.row.status != "assigned" or change.row.assignee_id != agent_id:
        raise conflict("take the conversation first (POST .../take)")
