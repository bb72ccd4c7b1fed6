"""Tells the feed that a conversation's contact is another one, or is called otherwise."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Conversation
from gateway.feed.log import EventType, append_in, in_place
from gateway.feed.snapshot import NOT_CLOSED


async def announce(
    session: AsyncSession, workspace_id: int, identities: Sequence[UUID], contact_id: UUID
) -> None:
    """For every conversation of the identities that is not closed; ends the transaction's work."""
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, NOT_CLOSED)
        .where(Conversation.identity_id.in_(identities))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    )
    happenings = []
    for conversation in await session.scalars(statement):
        conversation.version += 1
        data = {"conversation": {}, "contact": contact_id}
        happenings.append(
            in_place(conversation, EventType.CONTACT, data, version=conversation.version)
        )
    if happenings:
        await append_in(session, *happenings)
