"""Chat: the visitor's own socket carries the messages, and says how far it has come."""

from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Channel, Delivery
from gateway.delivery.announcements import Change, announce, lock_conversation


async def mark_delivered(
    session: AsyncSession, workspace_id: int, conversation_id: UUID, up_to_seq: int
) -> int | None:
    """Mark a conversation's chat deliveries as delivered up to and including a message's `seq`.

    Returns the position of the last event, None where nothing changed: saying it again is harmless.
    The last statements of their transaction; hint at `Topic.FEED` after the commit.
    """
    conversation = await lock_conversation(session, workspace_id, conversation_id)
    if conversation is None:
        return None
    arrived = await _arrive(session, workspace_id, conversation_id, up_to_seq)
    if not arrived:
        return None
    changes = [Change(row.id, row.message_id, "delivered", row.attempts) for row in arrived]
    return await announce(session, conversation, changes)


async def _arrive(
    session: AsyncSession, workspace_id: int, conversation_id: UUID, up_to_seq: int
) -> list[Row[UUID, UUID, int, int]]:
    chats = select(Channel.id).where(Channel.workspace_id == workspace_id, Channel.kind == "chat")
    result = await session.execute(
        update(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.conversation_id == conversation_id,
            Delivery.seq <= up_to_seq,
            Delivery.state.in_(("queued", "sent")),
            Delivery.channel_id.in_(chats),
        )
        .values(state="delivered")
        .returning(Delivery.id, Delivery.message_id, Delivery.attempts, Delivery.seq)
    )
    return sorted(result.all(), key=lambda row: (row.seq, row.id))
