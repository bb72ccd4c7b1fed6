"""What belongs to a conversation is there for those alone who may see the conversation.

To all others it is as if there were none: the answer is that of an id that nobody has.
"""

from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement, Select, select, true

from gateway.access.tokens import Principal
from gateway.api.callers import AgentCaller, Parts
from gateway.composition import Gateway
from gateway.database.schema import Attachment, Conversation, Delivery, Message
from gateway.feed.scope import UNBOUND, allowed_to, hidden_from
from gateway.problems import not_found

Homes = Select[UUID]
"""The conversations that something belongs to."""


async def require_seen(
    gateway: Gateway, caller: Principal, homes: Homes | UUID, noun: str = "conversation"
) -> None:
    """Raises Problem 404 if there is no such conversation, or the caller may not see it."""
    is_wanted: ColumnElement[bool] = (
        Conversation.id == homes if isinstance(homes, UUID) else Conversation.id.in_(homes)
    )
    async with gateway.database.transaction() as session:
        statement = select(Conversation.id).where(
            Conversation.workspace_id == caller.workspace_id,
            is_wanted,
            true() if caller.role in UNBOUND else await allowed_to(session, caller),
        )
        if await session.scalar(statement) is None:
            raise not_found(noun)


async def require_served(gateway: Gateway, caller: Principal, queue_id: UUID) -> None:
    """Raises Problem 404 if others serve the queue, and the caller does not."""
    async with gateway.database.transaction() as session:
        hidden = await hidden_from(session, caller)
    if queue_id in hidden:
        raise not_found("queue")


async def _conversation(gateway: Parts, caller: AgentCaller, id: UUID) -> None:  # noqa: A002
    await require_seen(gateway, caller, id)


async def _message(gateway: Parts, caller: AgentCaller, id: UUID) -> None:  # noqa: A002
    homes = select(Message.conversation_id).where(
        Message.workspace_id == caller.workspace_id, Message.id == id
    )
    await require_seen(gateway, caller, homes, "message")


async def _delivery(gateway: Parts, caller: AgentCaller, id: UUID) -> None:  # noqa: A002
    homes = select(Delivery.conversation_id).where(
        Delivery.workspace_id == caller.workspace_id, Delivery.id == id
    )
    await require_seen(gateway, caller, homes, "delivery")


async def _file(gateway: Parts, caller: AgentCaller, id: UUID) -> None:  # noqa: A002
    """What was uploaded, and is part of no message yet, is everybody's."""
    async with gateway.database.transaction() as session:
        row = await session.get(Attachment, (caller.workspace_id, id))
    if row is not None and row.message_id is not None:
        homes = select(Message.conversation_id).where(
            Message.workspace_id == caller.workspace_id, Message.id == row.message_id
        )
        await require_seen(gateway, caller, homes, "file")


async def _queue(gateway: Parts, caller: AgentCaller, id: UUID) -> None:  # noqa: A002
    await require_served(gateway, caller, id)


SEES_CONVERSATION, SEES_MESSAGE, SEES_DELIVERY, SEES_FILE, SERVES_QUEUE = (
    Depends(each) for each in (_conversation, _message, _delivery, _file, _queue)
)
"""Dependencies of endpoints whose `id` is that of such a thing."""
