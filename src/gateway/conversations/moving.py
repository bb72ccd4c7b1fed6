"""Where a conversation goes on: up to specialists, down again, to another queue or colleague.

What has been moved too often goes to the supervisors' queue. The customer's waiting time is kept.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.assignment import loads
from gateway.conversations.assigning import Done, done, require_not_anothers, tell_assigned
from gateway.conversations.change import Change, changing
from gateway.conversations.messages import Draft, add_note
from gateway.database.connections import Database
from gateway.database.schema import Agent, Conversation, Queue, Transfer, Workspace
from gateway.feed.log import EventType
from gateway.ids import new_id
from gateway.problems import Problem, conflict, invalid

SUPERVISORS = 3
"""The level of their queues."""


@record
class Summary:
    """What the next one should know; `skills`, if given, are from now on those required."""

    note: str | None = None
    tried: Sequence[str] = ()
    skills: Sequence[str] | None = None

    @property
    def text(self) -> str | None:
        steps = "\n".join(f"- {step}" for step in self.tried)
        parts = [self.note, f"Tried:\n{steps}" if steps else None]
        return "\n\n".join(part for part in parts if part) or None


@record
class Mover:
    """Who moves a conversation. What a supervisor moves goes where they say, from whomever."""

    agent_id: UUID
    is_supervisor: bool = False


async def escalate(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    mover: Mover,
    *,
    to_queue_id: UUID,
    summary: Summary,
) -> Done:
    """Move a conversation up to a queue of a higher level, with what was tried.

    Raises:
        Problem: 409 if another agent has it or there is nothing above it, 422 if the queue is not
            higher.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        _require_movable(change, mover)
        source = await _queue(change)
        if source.level == SUPERVISORS:
            raise conflict("it is with the supervisors already: there is nothing above")
        target = await _target(change, to_queue_id)
        if target.level <= source.level:
            detail = f"must be the id of a queue above level {source.level}"
            raise _nowhere(f"{detail} (GET /v1/queues lists them)")
        note_id = await _move(change, "escalated", source, target, mover, summary)
    return done(change, note_id)


async def de_escalate(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    mover: Mover,
    *,
    to_queue_id: UUID | None,
    summary: Summary,
) -> Done:
    """Move a conversation down again: to a queue, else to the one that it last came up from.

    Raises:
        Problem: 409 if another agent has it, 422 if the queue is not lower, or none is known.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        _require_movable(change, mover)
        source = await _queue(change)
        target = await _target(change, to_queue_id or await _came_from(change))
        if target.level >= source.level:
            detail = f"must be the id of a queue below level {source.level}"
            raise _nowhere(f"{detail} (GET /v1/queues lists them)")
        note_id = await _move(change, "de_escalated", source, target, mover, summary)
    return done(change, note_id)


async def transfer(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    mover: Mover,
    *,
    to_queue_id: UUID,
    summary: Summary,
) -> Done:
    """Move a conversation to another queue of its level; a supervisor to any.

    Raises:
        Problem: 409 if another agent has it, 422 if the queue is of another level, or its own.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        _require_movable(change, mover)
        source, target = await _queue(change), await _target(change, to_queue_id)
        if target.id == source.id:
            raise _nowhere("must be another queue: this one has it")
        if target.level != source.level and not mover.is_supervisor:
            raise _nowhere("must be of the same level: escalate or de-escalate instead")
        note_id = await _move(change, "transferred", source, target, mover, summary)
    return done(change, note_id)


async def move_up(change: Change, to_queue_id: UUID) -> bool:
    """Move a conversation as a rule wants it: up, or to another queue of its level.

    False where it stays: that queue is lower or gone, or the supervisors have it.
    """
    source = await _queue(change)
    target = await change.session.get(Queue, (change.row.workspace_id, to_queue_id))
    if source.id == to_queue_id:
        return True
    if target is None or target.archived_at is not None or target.level < source.level:
        return False
    if source.level == SUPERVISORS:
        return False
    kind = "escalated" if target.level > source.level else "transferred"
    await _move(change, kind, source, target, None, Summary())
    return True


async def pass_on(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    mover: Mover,
    *,
    to_agent_id: UUID,
    summary: Summary,
) -> Done:
    """Give a conversation to another agent, who goes on with it at once.

    A supervisor may give more than the agent has room for.

    What has moved too often goes to the supervisors' queue instead.

    Raises:
        Problem: 409 if another agent has it, or the other one has no room; 422 if there is none.
    """
    note_id: UUID | None = None
    async with changing(database, workspace_id, conversation_id) as change:
        _require_movable(change, mover)
        await _require_colleague(change, to_agent_id)
        queue = await _queue(change)
        if change.row.status != "assigned" or change.row.assignee_id != to_agent_id:
            if await _beyond_hops(change, mover):
                note_id = await _move(change, "transferred", queue, queue, mover, summary)
            else:
                note_id = await _hand_over(change, queue, mover, to_agent_id, summary)
    return done(change, note_id)


async def _require_colleague(change: Change, agent_id: UUID) -> None:
    found = await change.session.get(Agent, (change.row.workspace_id, agent_id))
    if found is None or found.archived_at is not None:
        detail = "must be the id of an agent (GET /v1/presence lists them)"
        raise invalid("nobody has this id", [("/agent", detail)])


async def _hand_over(
    change: Change, queue: Queue, mover: Mover, to_agent_id: UUID, summary: Summary
) -> UUID | None:
    row = change.row
    note_id = _note(change, mover, summary)
    held_by = [row.assignee_id] if row.assignee_id else []
    await loads.lock(change.session, row.workspace_id, {to_agent_id, *held_by})
    await change.leave("revoked" if row.status == "offered" else "transferred")
    await change.assign(
        to_agent_id,
        "assigned" if mover.is_supervisor else "transferred",
        by=mover.agent_id,
        within_capacity=not mover.is_supervisor,
    )
    row.solved_at = None
    row.hops += 1
    _record(change, "transferred", queue, queue, mover, note_id, to_agent_id=to_agent_id)
    tell_assigned(change)
    return note_id


def _require_movable(change: Change, mover: Mover) -> None:
    if not mover.is_supervisor:
        require_not_anothers(change, mover.agent_id)


async def _queue(change: Change) -> Queue:
    return await change.session.get_one(Queue, (change.row.workspace_id, change.row.queue_id))


async def _target(change: Change, queue_id: UUID | None) -> Queue:
    found: Queue | None = None
    if queue_id is not None:
        found = await change.session.get(Queue, (change.row.workspace_id, queue_id))
    if found is None or found.archived_at is not None:
        raise _nowhere("must be the id of a queue (GET /v1/queues lists them)")
    return found


def _nowhere(detail: str) -> Problem:
    return invalid("there is nowhere to move it to", [("/queue", detail)])


async def _came_from(change: Change) -> UUID | None:
    statement = (
        select(Transfer.from_queue_id)
        .where(
            Transfer.workspace_id == change.row.workspace_id,
            Transfer.conversation_id == change.row.id,
            Transfer.kind == "escalated",
        )
        .order_by(Transfer.id.desc())
        .limit(1)
    )
    found: UUID | None = await change.session.scalar(statement)
    return found


EVENTS = {
    "escalated": EventType.ESCALATED,
    "de_escalated": EventType.DE_ESCALATED,
    "transferred": EventType.TRANSFERRED,
}


async def _move(
    change: Change, kind: str, source: Queue, target: Queue, mover: Mover | None, summary: Summary
) -> UUID | None:
    row = change.row
    note_id = _note(change, mover, summary)
    waited_since = await change.leave("revoked" if row.status == "offered" else kind)
    reached = await _beyond_hops(change, mover) or target
    row.hops += 1
    change.enter_queue(reached.id, waited_since)
    row.solved_at = None
    if summary.skills is not None:
        row.required_skills = sorted(set(summary.skills))
    is_redirected = reached.id != target.id
    _record(change, kind, source, reached, mover, note_id, is_redirected=is_redirected)
    moved = {
        "status": "queued",
        "queue": reached.id,
        "level": reached.level,
        "assignee": None,
        "solved_at": None,
    }
    told = {"conversation": moved, "note": note_id, "redirected": is_redirected}
    change.tell(EVENTS[kind], told)
    return note_id


async def _beyond_hops(change: Change, mover: Mover | None) -> Queue | None:
    if mover is not None and mover.is_supervisor:
        return None
    return await supervisors_queue(change.session, change.row)


async def supervisors_queue(session: AsyncSession, row: Conversation) -> Queue | None:
    """Where it goes if it has moved too often to go anywhere else; None if it has not."""
    workspace = await session.get_one(Workspace, row.workspace_id)
    if row.hops < workspace.hop_limit:
        return None
    statement = select(Queue).where(
        Queue.workspace_id == row.workspace_id,
        Queue.level == SUPERVISORS,
        Queue.archived_at.is_(None),
    )
    found: Queue | None = await session.scalar(statement.order_by(Queue.id).limit(1))
    return found


def _note(change: Change, mover: Mover | None, summary: Summary) -> UUID | None:
    text = summary.text
    return None if text is None or mover is None else add_note(change, mover.agent_id, Draft(text))


def _record(
    change: Change,
    kind: str,
    source: Queue,
    target: Queue,
    mover: Mover | None,
    note_id: UUID | None,
    **more: object,
) -> None:
    change.session.add(
        Transfer(
            workspace_id=change.row.workspace_id,
            conversation_id=change.row.id,
            id=new_id(),
            kind=kind,
            from_queue_id=source.id,
            to_queue_id=target.id,
            agent_id=mover and mover.agent_id,
            note_id=note_id,
            moved_at=change.now,
            **more,
        )
    )
