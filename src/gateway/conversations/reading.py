"""Conversations as agents read them: lists, threads, decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, and_, literal_column, select, tuple_
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
from gateway.feed.snapshot import NOT_CLOSED, item_of, select_items
from gateway.files.finding import Scanned, select_scanned

Key = tuple[datetime, UUID]

CLOSED = Conversation.status == literal_column("'closed'")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None does not narrow. `unassigned` asks for nobody's.

    `tags` are those that a conversation has all of.
    Closed conversations are listed by themselves: without statuses, all others are meant.
    """

    statuses: tuple[str, ...] = ()
    queue_id: UUID | None = None
    assignee_id: UUID | None = None
    unassigned: bool = False
    due_before: datetime | None = None
    tags: tuple[str, ...] = ()

    def narrow(self, statement: Select[Any]) -> Select[Any]:
        statement = statement.where(CLOSED if self.statuses == ("closed",) else NOT_CLOSED)
        if self.statuses:
            statement = statement.where(Conversation.status.in_(self.statuses))
        if self.queue_id is not None:
            statement = statement.where(Conversation.queue_id == self.queue_id)
        if self.assignee_id is not None:
            statement = statement.where(Conversation.assignee_id == self.assignee_id)
        if self.unassigned:
            statement = statement.where(Conversation.assignee_id.is_(None))
        if self.due_before is not None:
            statement = statement.where(Conversation.due_at < self.due_before)
        if self.tags:
            statement = statement.where(Conversation.tags.contains(self.tags))
        return statement


Order = Literal["recent", "due"]

KEYS: Mapping[Order, str] = {"recent": "last_message_at", "due": "due_at"}
"""By what a list is ordered: the most recent first, or what is due first."""


async def list_conversations(
    session: AsyncSession,
    workspace_id: int,
    wanted: Wanted,
    *,
    order: Order = "recent",
    limit: int,
    after: Key | None,
) -> list[ConversationItem]:
    """In order of the column of `KEYS`; `after` is what the last item has there, and its id."""
    ordered = _due_first if order == "due" else _recent_first
    statement = ordered(wanted.narrow(select_items(workspace_id)), after)
    connection = await session.connection()
    return [item_of(row) for row in await connection.execute(statement.limit(limit))]


def _recent_first(statement: Select[Any], after: Key | None) -> Select[Any]:
    if after is not None:
        key = tuple_(Conversation.last_message_at, Conversation.id)
        statement = statement.where(key < tuple_(*after))
    return statement.order_by(Conversation.last_message_at.desc(), Conversation.id.desc())


def _due_first(statement: Select[Any], after: Key | None) -> Select[Any]:
    statement = statement.where(Conversation.due_at.is_not(None))
    if after is not None:
        key = tuple_(Conversation.due_at, Conversation.id)
        statement = statement.where(key > tuple_(*after))
    return statement.order_by(Conversation.due_at, Conversation.id)


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
