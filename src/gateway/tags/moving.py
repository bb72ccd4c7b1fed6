"""A tag that becomes another, on all conversations that have it: batch by batch, by a worker.

A batch is a transaction that keeps how far it came: whoever dies is followed by another. Each
conversation tells of its change, as if an agent had made it.
"""

import asyncio
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.database.schema import Conversation, TagMove
from gateway.feed.log import EventType, Happening, append_in, in_place
from gateway.wakeups import Topic, Wakeups

BATCH: Final = 500
EVERY_S: Final = 2.0
NOTHING: Final = UUID(int=0)


async def move_always(database: Database, wakeups: Wakeups) -> None:
    """Do what is to be done, and look again, until cancelled. Several at once are harmless."""
    while True:
        while await move_batch(database):
            wakeups.notify(Topic.FEED)
        await asyncio.sleep(EVERY_S)


async def move_batch(database: Database, size: int = BATCH) -> bool:
    """Change the next conversations of one move; False where nothing is left that is free."""
    async with database.transaction() as session:
        move = await _next(session)
        if move is None:
            return False
        rows = await _conversations(session, move, size)
        happenings = [_moved(row, move) for row in rows]
        move.conversations += len(rows)
        if len(rows) < size:
            move.done_at = func.clock_timestamp()
        else:
            move.after = rows[-1].id
        if happenings:
            await append_in(session, *happenings)
        return True


async def _next(session: AsyncSession) -> TagMove | None:
    """The oldest open move that no other worker has."""
    statement = (
        select(TagMove)
        .where(TagMove.done_at.is_(None))
        .order_by(TagMove.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def _conversations(session: AsyncSession, move: TagMove, size: int) -> list[Conversation]:
    statement = (
        select(Conversation)
        .where(
            Conversation.workspace_id == move.workspace_id,
            Conversation.id > (move.after or NOTHING),
            Conversation.tags.contains([move.source]),
        )
        .order_by(Conversation.id)
        .limit(size)
        .with_for_update(key_share=True)
    )
    return list(await session.scalars(statement))


def _moved(row: Conversation, move: TagMove) -> Happening:
    row.tags = sorted((set(row.tags) - {move.source}) | {move.target})
    row.version += 1
    changed: dict[str, Any] = {"conversation": {"tags": row.tags}}
    return in_place(row, EventType.LABELLED, changed, version=row.version)
