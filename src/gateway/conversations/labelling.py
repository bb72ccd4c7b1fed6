"""What agents write on a conversation: tags and how urgent it is."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gateway.conversations.assigning import Done, done
from gateway.conversations.change import Change, changing
from gateway.database.connections import Database
from gateway.database.schema import QueueEntry
from gateway.feed.log import EventType
from gateway.problems import conflict
from gateway.tags.records import require_usable
from routing.priority import Priority, effective_at

MOST_TAGS = 100


async def change_tags(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    *,
    add: Sequence[str],
    remove: Sequence[str],
) -> Done:
    """Give tags and take others away; nothing happens where it is so already.

    Raises:
        Problem: 409, these are too many tags; 422, one of them is archived.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        await require_usable(change.session, workspace_id, add)
        label(change, add=add, remove=remove)
    return done(change)


async def change_type(
    database: Database, workspace_id: int, conversation_id: UUID, name: str | None
) -> Done:
    """Say what type the conversation is of; nothing happens where it is so already."""
    async with changing(database, workspace_id, conversation_id) as change:
        if change.row.type != name:
            change.row.type = name
            change.tell(EventType.LABELLED, {"conversation": {"type": name}})
    return done(change)


async def set_priority(
    database: Database,
    workspace_id: int,
    conversation_id: UUID,
    agent_id: UUID,
    priority: Priority | None,
) -> Done:
    """Say how urgent it is: rules leave that alone until it is solved. None lets them again.

    A conversation that waits gets the place of that priority. Nothing happens where it is so
    already.
    """
    async with changing(database, workspace_id, conversation_id) as change:
        row = change.row
        wanted = row.priority if priority is None else priority.value
        by = None if priority is None else agent_id
        if wanted != row.priority or (by is None) is not (row.priority_by is None):
            row.priority, row.priority_by = wanted, by
            await place_anew(change)
            told = {"conversation": {"priority": wanted}, "priority_by": by}
            change.tell(EventType.LABELLED, told)
    return done(change)


async def place_anew(change: Change) -> None:
    """Give a conversation that waits the place in its queue that its priority has."""
    row = change.row
    entry = await change.session.scalar(
        select(QueueEntry).where(
            QueueEntry.workspace_id == row.workspace_id,
            QueueEntry.conversation_id == row.id,
            QueueEntry.left_at.is_(None),
        )
    )
    if entry is not None:
        entry.effective_at = effective_at(entry.queued_at, Priority(row.priority))


def label(
    change: Change,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    priority: str | None = None,
) -> None:
    """Change tags, and the priority of what an agent holds: nothing that waits is moved.

    Raises:
        Problem: 409, these are too many tags.
    """
    row, changed = change.row, dict[str, Any]()
    tags = sorted((set(row.tags) - set(remove)) | set(add))
    if len(tags) > MOST_TAGS and len(tags) > len(row.tags):
        raise conflict(f"a conversation has at most {MOST_TAGS} tags: remove some first")
    if tags != sorted(row.tags):
        row.tags = changed["tags"] = tags
    if priority is not None and priority != row.priority:
        row.priority = changed["priority"] = priority
    if changed:
        change.tell(EventType.LABELLED, {"conversation": changed})
