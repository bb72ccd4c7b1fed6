"""How far customers and agents have read."""

from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.conversations.change import changing
from gateway.database.connections import Database
from gateway.database.schema import ReadMark
from gateway.feed.log import EventType

Side = Literal["customer", "agent"]


async def mark_read(
    database: Database, workspace_id: int, conversation_id: UUID, side: Side, seq: int
) -> bool:
    """Note that a side has read up to a message; whether that is news. Marks never go back.

    Raises:
        Problem: 404 if there is no such conversation, 409 if it is closed.
    """
    async with database.transaction() as session:
        known = await read_marks(session, workspace_id, conversation_id)
    if known.get(side, 0) >= seq:
        return False
    async with changing(database, workspace_id, conversation_id) as change:
        seq = min(seq, change.row.message_count)
        statement = insert(ReadMark).values(
            workspace_id=workspace_id, conversation_id=conversation_id, side=side, seq=seq
        )
        statement = statement.on_conflict_do_update(
            index_elements=[ReadMark.workspace_id, ReadMark.conversation_id, ReadMark.side],
            set_={"seq": func.greatest(ReadMark.seq, statement.excluded.seq)},
        )
        await change.session.execute(statement)
        change.tell(EventType.READ, {"conversation": {}, "read": {"by": side, "seq": seq}})
    return True


async def read_marks(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> dict[str, int]:
    """The last message that each side has read, by side."""
    statement = select(ReadMark.side, ReadMark.seq).where(
        ReadMark.workspace_id == workspace_id, ReadMark.conversation_id == conversation_id
    )
    return {row.side: row.seq for row in await session.execute(statement)}
