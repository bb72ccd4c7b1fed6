"""The mail identifiers of conversations, held until the commit."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import ThreadRef


async def lock_threads(
    session: AsyncSession, workspace_id: int, conversation_ids: Collection[UUID]
) -> None:
    """Before the conversations, and in order, as ingest does: no mail then comes in between."""
    statement = (
        select(ThreadRef.rfc_message_id)
        .where(
            ThreadRef.workspace_id == workspace_id,
            ThreadRef.conversation_id.in_(conversation_ids),
        )
        .order_by(ThreadRef.rfc_message_id)
        .with_for_update()
    )
    await session.execute(statement)
