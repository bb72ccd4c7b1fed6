"""What agents write on a conversation: tags and how urgent it is."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from gateway.conversations.assigning import Done, done
from gateway.conversations.change import Change, changing
from gateway.database.connections import Database
from gateway.feed.log import EventType
from gateway.problems import conflict
from gateway.tags.records import require_usable

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
