"""Two conversations that are one matter, and one that is two: merging and splitting.

Messages move with their deliveries and their mail identifiers, so that whatever answers them
comes to where they now are. They are numbered on from the last of that conversation: a client that
reads after the number that it knows sees them all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.conversations.assigning import Done, done
from gateway.conversations.change import Change, locked
from gateway.conversations.pending import wake_up
from gateway.conversations.thread_locks import lock_threads
from gateway.database.connections import Database, fetch_in
from gateway.database.schema import Channel, Conversation, Message, Queue, ThreadRef
from gateway.feed.item import impersonal_fields
from gateway.feed.log import EventType
from gateway.ids import new_id
from gateway.problems import Problem, conflict, invalid
from gateway.sla.clock_rows import unanswered_since
from gateway.sla.turns import UNANSWERED_SINCE

MESSAGES = text("""
UPDATE message m SET conversation_id = :target, seq = :since + moved.n
  FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS moved (id, n)
 WHERE m.workspace_id = :workspace_id AND m.id = moved.id
""")

DELIVERIES = text("""
UPDATE delivery d SET conversation_id = m.conversation_id, seq = m.seq
  FROM message m
 WHERE m.workspace_id = :workspace_id AND m.id = ANY (CAST(:ids AS uuid[]))
   AND d.workspace_id = m.workspace_id AND d.message_id = m.id
""")

DECISIONS = text("""
UPDATE decision SET conversation_id = :target
 WHERE workspace_id = :workspace_id AND conversation_id = :source
   AND message_id = ANY (CAST(:ids AS uuid[]))
""")

LINKS = text("""
INSERT INTO conversation_link (workspace_id, conversation_id, other_id)
SELECT workspace_id, :target,
       CASE conversation_id WHEN :source THEN other_id ELSE conversation_id END
  FROM conversation_link
 WHERE workspace_id = :workspace_id AND :source IN (conversation_id, other_id)
   AND :target NOT IN (conversation_id, other_id)
ON CONFLICT DO NOTHING
""")


@record
class Placed:
    """What moving a message needs to know of it: not what it says."""

    id: UUID
    direction: str
    channel_id: UUID
    identity_id: UUID | None
    subject: str | None
    created_at: datetime


async def merge(
    database: Database, workspace_id: int, conversation_id: UUID, agent_id: UUID, *, into: UUID
) -> Done:
    """Move all that was said in a conversation into another one, and close it.

    Later messages of its customer on its channel go to the other one too. Merging again is
    harmless. Returns what became of the conversation that took it in.

    Raises:
        Problem: 404 if one of them does not exist, 409 if one is closed, solved or another
            agent's, or a chat would be merged into another channel, 422 if they are the same.
    """
    if into == conversation_id:
        raise invalid("a conversation cannot be merged into itself", [("/into", "name another")])
    async with database.transaction() as session:
        await lock_threads(session, workspace_id, [conversation_id])
        if (already := await _merged(session, workspace_id, conversation_id, into)) is not None:
            return already
        first, second = sorted((conversation_id, into))
        async with (
            locked(session, workspace_id, first) as one,
            locked(session, workspace_id, second) as other,
        ):
            source, target = (one, other) if first == conversation_id else (other, one)
            for change in (source, target):
                _require_free(change, agent_id)
            await _require_reachable(session, source.row, target.row)
            await _absorb(source, target)
    return done(target)


async def _merged(
    session: AsyncSession, workspace_id: int, conversation_id: UUID, into: UUID
) -> Done | None:
    row = await session.get(Conversation, (workspace_id, conversation_id))
    if row is None or row.merged_into != into:
        return None
    async with locked(session, workspace_id, into) as change:
        return done(change)


def _require_free(change: Change, agent_id: UUID) -> None:
    """Nobody's matter is moved from under their hands."""
    if change.row.status in {"assigned", "pending"} and (
        change.row.assignee_id not in {None, agent_id}
    ):
        raise conflict("another agent has one of the conversations")
    if change.row.status == "solved":
        raise conflict("a solved conversation cannot be merged: take it first")


async def _require_reachable(
    session: AsyncSession, source: Conversation, target: Conversation
) -> None:
    """Who waits in a chat window sees only what is said there, and nobody else does."""
    if source.identity_id != target.identity_id and await _is_chat(session, source):
        raise conflict("a chat is answered in its own window: merge the other one into the chat")


async def _is_chat(session: AsyncSession, row: Conversation) -> bool:
    channel = await session.get_one(Channel, (row.workspace_id, row.channel_id))
    return channel.kind == "chat"


async def _absorb(source: Change, target: Change) -> None:
    session, taken, kept = source.session, source.row, target.row
    await _move(session, taken, kept, await _messages(session, taken))
    await _move_threads(session, taken, kept.id)
    await session.execute(LINKS, _keys(taken, kept))
    await session.execute(
        update(Conversation)
        .where(
            Conversation.workspace_id == taken.workspace_id,
            Conversation.merged_into == taken.id,
        )
        .values(merged_into=kept.id)
    )
    since = await unanswered_since(await fetch_in(session), (taken.workspace_id, taken.id))
    if since is not None and kept.status == "pending":
        wake_up(target, "merge")
    await _end(source, kept.id)
    kept.last_message_at = max(kept.last_message_at, taken.last_message_at)
    kept.tags = sorted({*kept.tags, *taken.tags})
    kept.attributes = taken.attributes | kept.attributes
    target.tell(
        EventType.ABSORBED,
        {
            "conversation": {
                "message_count": kept.message_count,
                "last_message_at": kept.last_message_at,
                "tags": kept.tags,
            },
            "other": taken.id,
            UNANSWERED_SINCE: since,
        },
    )


async def _end(source: Change, into: UUID) -> None:
    row = source.row
    await source.leave("merged")
    row.status, row.closed_at, row.merged_into = "closed", source.now, into
    source.tell(EventType.MERGED, {"conversation": {"status": "closed"}, "other": into})


async def split(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    agent_id: UUID,
    *,
    message_ids: Sequence[UUID],
) -> Done:
    """Make a conversation of its own of some messages, waiting in the same queue.

    It is the matter of whoever wrote the first of them. Returns the new conversation's outcome.

    Raises:
        Problem: 404 if there is no such conversation, 409 if it is closed or another agent's, 422
            if the messages are not some of its own, or none of them is the customer's.
    """
    async with database.transaction() as session:
        await lock_threads(session, workspace_id, [conversation_id])
        async with locked(session, workspace_id, conversation_id) as source:
            _require_free(source, agent_id)
            if await _is_chat(session, source.row):
                raise conflict("a chat is one window: it cannot be split")
            moved = _chosen(await _messages(session, source.row), set(message_ids))
            target = await _open(source, moved)
            await _move(session, source.row, target.row, moved)
            await _move_threads(
                session, source.row, target.row.id, [message.id for message in moved]
            )
            source.tell(EventType.SPLIT, {"conversation": {}, "other": target.row.id})
        await target.write_events()
    return done(target)


def _chosen(messages: Sequence[Placed], ids: set[UUID]) -> list[Placed]:
    chosen = [message for message in messages if message.id in ids]
    if len(chosen) < len(ids):
        raise _unsound("must all be ids of messages of this conversation")
    if len(chosen) == len(messages):
        raise _unsound("must leave a message where it is")
    if not any(message.direction == "inbound" for message in chosen):
        raise _unsound("must hold a message of the customer, whose matter it will be")
    return chosen


def _unsound(what: str) -> Problem:
    return invalid("the conversation cannot be split so", [("/messages", what)])


async def _open(source: Change, moved: Sequence[Placed]) -> Change:
    row, session = source.row, source.session
    opening = next(message for message in moved if message.direction == "inbound")
    new = Conversation(
        workspace_id=row.workspace_id,
        id=new_id(),
        channel_id=opening.channel_id,
        identity_id=opening.identity_id,
        subject=opening.subject or row.subject,
        status="queued",
        queue_id=row.queue_id,
        priority=row.priority,
        type=row.type,
        language=row.language,
        tags=list(row.tags),
        version=0,
        message_count=0,
        opened_at=opening.created_at,
        last_message_at=max(message.created_at for message in moved),
        sla_policy_id=row.sla_policy_id,
    )
    session.add(new)
    await session.flush()
    target = Change(session, new)
    since = _waiting_since(moved)
    target.enter_queue(row.queue_id, since)
    queue = await session.get_one(Queue, (row.workspace_id, row.queue_id))
    opened = {"conversation": impersonal_fields(new, queue.level), "other": row.id}
    target.tell(EventType.OPENED, {**opened, UNANSWERED_SINCE: since})
    return target


def _waiting_since(messages: Sequence[Placed]) -> datetime:
    return max(message.created_at for message in messages if message.direction == "inbound")


async def _messages(session: AsyncSession, row: Conversation) -> Sequence[Placed]:
    statement = (
        select(
            Message.id,
            Message.direction,
            Message.channel_id,
            Message.identity_id,
            Message.subject,
            Message.created_at,
        )
        .where(Message.workspace_id == row.workspace_id, Message.conversation_id == row.id)
        .order_by(Message.seq)
    )
    return [Placed(*found) for found in await session.execute(statement)]


async def _move(
    session: AsyncSession, source: Conversation, into: Conversation, moved: Sequence[Placed]
) -> None:
    """Number messages on, and take along what was decided of them and what carries them."""
    values = {**_keys(source, into), "ids": [message.id for message in moved]}
    values["since"] = into.message_count
    await session.flush()
    for statement in (MESSAGES, DELIVERIES, DECISIONS):
        await session.execute(statement, values)
    into.message_count += len(moved)


def _keys(source: Conversation, into: Conversation) -> dict[str, Any]:
    return {"workspace_id": source.workspace_id, "source": source.id, "target": into.id}


async def _move_threads(
    session: AsyncSession,
    source: Conversation,
    into: UUID,
    message_ids: Sequence[UUID] | None = None,
) -> None:
    """Let the identifiers of the moved messages, or all of them, lead to where they went."""
    statement = update(ThreadRef).where(
        ThreadRef.workspace_id == source.workspace_id, ThreadRef.conversation_id == source.id
    )
    if message_ids is not None:
        statement = statement.where(ThreadRef.message_id.in_(message_ids))
    await session.execute(
        statement.values(conversation_id=into).execution_options(synchronize_session=False)
    )
