"""A conversation as agents read it: its thread, decisions, links."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import (
    Agent,
    Attachment,
    Conversation,
    ConversationLink,
    Decision,
    Delivery,
    Identity,
    Message,
    RemoteFile,
)
from gateway.feed.item import Address, ConversationItem
from gateway.feed.snapshot import item_of, select_items
from gateway.files.finding import Scanned, select_scanned


async def find_conversation(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> ConversationItem | None:
    statement = select_items(workspace_id).where(Conversation.id == conversation_id)
    row = (await (await session.connection()).execute(statement)).one_or_none()
    return None if row is None else item_of(row)


async def row_of(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> Conversation | None:
    return await session.get(Conversation, (workspace_id, conversation_id))


async def conversation_exists(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> bool:
    return await session.get(Conversation, (workspace_id, conversation_id)) is not None


@dataclass(frozen=True, slots=True)
class Said:
    """A message with who wrote it (an agent by name), its files and its deliveries.

    `remote_files` are those that could not be fetched, or not yet.
    """

    message: Message
    agent_name: str | None
    sender: Address | None
    attachments: list[Scanned]
    remote_files: list[RemoteFile]
    deliveries: list[Delivery]


async def list_messages(
    session: AsyncSession, workspace_id: int, conversation_id: UUID, *, after: int, limit: int
) -> list[Said]:
    """Messages with `seq` above `after`, in order."""
    statement = (
        _select_said(workspace_id)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(limit)
    )
    return await _said(session, workspace_id, statement)


async def find_message(session: AsyncSession, workspace_id: int, message_id: UUID) -> Said | None:
    statement = _select_said(workspace_id).where(Message.id == message_id)
    return next(iter(await _said(session, workspace_id, statement)), None)


def _select_said(workspace_id: int) -> Select[Message, str, str, str]:
    return (
        select(Message, Agent.name, Identity.space, Identity.address)
        .outerjoin(Agent, and_(Agent.workspace_id == workspace_id, Agent.id == Message.agent_id))
        .outerjoin(
            Identity,
            and_(Identity.workspace_id == workspace_id, Identity.id == Message.identity_id),
        )
        .where(Message.workspace_id == workspace_id)
    )


async def _said(
    session: AsyncSession, workspace_id: int, statement: Select[Message, str, str, str]
) -> list[Said]:
    rows = (await session.execute(statement)).all()
    ids = [row[0].id for row in rows]
    # In this order a file that is fetched meanwhile is seen twice rather than never.
    remote_files = await _belonging(session, RemoteFile, workspace_id, ids)
    attachments = await _files(session, workspace_id, ids)
    deliveries = await _belonging(session, Delivery, workspace_id, ids)
    return [
        Said(
            message,
            agent_name,
            Address(space=space, address=address) if address else None,
            attachments.get(message.id, []),
            remote_files.get(message.id, []),
            deliveries.get(message.id, []),
        )
        for message, agent_name, space, address in rows
    ]


async def _files(
    session: AsyncSession, workspace_id: int, message_ids: list[UUID]
) -> dict[UUID | None, list[Scanned]]:
    statement = select_scanned(workspace_id).where(Attachment.message_id.in_(message_ids))
    found: dict[UUID | None, list[Scanned]] = {}
    for row in await session.execute(statement):
        file = Scanned(*row)
        found.setdefault(file.attachment.message_id, []).append(file)
    return found


async def _belonging(
    session: AsyncSession, table: Any, workspace_id: int, message_ids: list[UUID]
) -> dict[UUID, list[Any]]:
    statement = (
        select(table)
        .where(table.workspace_id == workspace_id, table.message_id.in_(message_ids))
        .order_by(table.id)
    )
    found: dict[UUID, list[Any]] = {}
    for row in await session.scalars(statement):
        found.setdefault(row.message_id, []).append(row)
    return found


async def list_decisions(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> list[Decision]:
    statement = (
        select(Decision)
        .where(Decision.workspace_id == workspace_id, Decision.conversation_id == conversation_id)
        .order_by(Decision.id)
    )
    return list(await session.scalars(statement))


async def list_links(session: AsyncSession, workspace_id: int, conversation_id: UUID) -> list[UUID]:
    """Conversations that speak of this one, or that this one speaks of."""
    link = ConversationLink
    forth = select(link.other_id).where(
        link.workspace_id == workspace_id, link.conversation_id == conversation_id
    )
    back = select(link.conversation_id).where(
        link.workspace_id == workspace_id, link.other_id == conversation_id
    )
    return list(await session.scalars(forth.union(back)))
