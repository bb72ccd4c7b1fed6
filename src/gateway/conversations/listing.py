"""Lists of conversations: narrowed, in order, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal
from gateway.database.schema import Contact, Conversation, Queue
from gateway.feed.item import ConversationItem
from gateway.feed.scope import allowed_to
from gateway.feed.snapshot import NOT_CLOSED, item_of, select_items

Key = tuple[datetime, UUID]

CLOSED = Conversation.status == literal_column("'closed'")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None and what is empty do not narrow.

    `unassigned` asks for nobody's, `tags` are those that a conversation has all of.
    Closed conversations are listed by themselves: without statuses, all others are meant.
    """

    statuses: tuple[str, ...] = ()
    queue_id: UUID | None = None
    level: int | None = None
    priorities: tuple[str, ...] = ()
    channel_id: UUID | None = None
    contact_id: UUID | None = None
    type: str | None = None
    assignee_id: UUID | None = None
    unassigned: bool = False
    due_before: datetime | None = None
    tags: tuple[str, ...] = ()

    def narrow(self, statement: Select[Any]) -> Select[Any]:
        """The statement selects items: queue and contact are joined to their conversations."""
        is_listed = CLOSED if self.statuses == ("closed",) else NOT_CLOSED
        return self.narrow_also_closed(statement).where(is_listed)

    def narrow_also_closed(self, statement: Select[Any]) -> Select[Any]:
        """`narrow`, with closed conversations among the others."""
        conditions = self._same()
        if self.statuses:
            conditions.append(Conversation.status.in_(self.statuses))
        if self.priorities:
            conditions.append(Conversation.priority.in_(self.priorities))
        if self.unassigned:
            conditions.append(Conversation.assignee_id.is_(None))
        if self.due_before is not None:
            conditions.append(Conversation.due_at < self.due_before)
        if self.tags:
            conditions.append(Conversation.tags.contains(self.tags))
        return statement.where(*conditions)

    def _same(self) -> list[ColumnElement[bool]]:
        wanted: list[tuple[Any, object]] = [
            (Conversation.queue_id, self.queue_id),
            (Queue.level, self.level),
            (Conversation.channel_id, self.channel_id),
            (Contact.id, self.contact_id),
            (Conversation.type, self.type),
            (Conversation.assignee_id, self.assignee_id),
        ]
        return [column == value for column, value in wanted if value is not None]


Order = Literal["recent", "due"]

KEYS: Mapping[Order, str] = {"recent": "last_message_at", "due": "due_at"}
"""By what a list is ordered: the most recent first, or what is due first."""


async def list_conversations(
    session: AsyncSession,
    caller: Principal,
    wanted: Wanted,
    *,
    order: Order = "recent",
    limit: int,
    after: Key | None,
) -> list[ConversationItem]:
    """What the caller may see, in order of the column of `KEYS`.

    `after` is what the last item of the page before has there, and its id.
    """
    ordered = _due_first if order == "due" else _recent_first
    narrowed = wanted.narrow(select_items(caller.workspace_id))
    statement = ordered(narrowed.where(await allowed_to(session, caller)), after)
    connection = await session.connection()
    return [item_of(row) for row in await connection.execute(statement.limit(limit))]


async def count_conversations(
    session: AsyncSession, caller: Principal, wanted: Wanted, *, most: int
) -> int:
    """How many `list_conversations` would list, up to `most`."""
    narrowed = wanted.narrow(select_items(caller.workspace_id).with_only_columns(Conversation.id))
    seen = narrowed.where(await allowed_to(session, caller)).limit(most).subquery()
    return await session.scalar(select(func.count()).select_from(seen)) or 0


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
