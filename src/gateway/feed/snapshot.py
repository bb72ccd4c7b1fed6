"""What a subscription starts from: the conversations in its view, at one position."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database.schema import Channel, Contact, Conversation, FeedHead, Identity, Queue
from gateway.feed.cursor import Cursor
from gateway.feed.item import ConversationItem, impersonal_fields, personal_fields
from gateway.feed.server_frames import Snap
from gateway.feed.view import View

MAX_ITEMS = 1_000
PART_ITEMS = 100

NOT_CLOSED = Conversation.status != literal_column("'closed'")
"""As the partial index has it: a bound value would hide the match from a generic plan."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest non-closed conversations of a view, all as of `cursor`."""

    cursor: Cursor
    items: list[ConversationItem]

    def frames(self, subscription: str) -> Iterator[Snap]:
        """At least one, since an empty view is an answer too."""
        last_start = max(0, len(self.items) - 1) // PART_ITEMS * PART_ITEMS
        for start in range(0, last_start + 1, PART_ITEMS):
            yield Snap(
                sub=subscription,
                part=start // PART_ITEMS,
                last=start == last_start,
                at=self.cursor.pos,
                items=self.items[start : start + PART_ITEMS],
            )


async def read_snapshot(
    connection: AsyncConnection, workspace_id: int, view: View, max_items: int = MAX_ITEMS
) -> Snapshot:
    """Needs a REPEATABLE READ transaction: head and state must be of one instant."""
    head = select(FeedHead.epoch, FeedHead.pos).where(FeedHead.workspace_id == workspace_id)
    epoch, pos = (await connection.execute(head)).one()
    found = await connection.execute(statement(workspace_id, view).limit(max_items))
    return Snapshot(Cursor(epoch, pos), [item_of(row) for row in found])


def statement(workspace_id: int, view: View) -> Select[*tuple[Any, ...]]:
    return (
        select_items(workspace_id)
        .where(NOT_CLOSED, view.condition())
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
    )


def select_items(workspace_id: int) -> Select[*tuple[Any, ...]]:
    """Conversations with all that `item_of` needs."""
    return (
        select(
            Conversation,
            Queue.level,
            Channel.kind,
            Identity.space,
            Identity.address,
            Contact.id.label("contact_id"),
            Contact.name.label("contact_name"),
        )
        .join(Queue, beside(Queue, Conversation.queue_id))
        .join(Channel, beside(Channel, Conversation.channel_id))
        .join(Identity, beside(Identity, Conversation.identity_id))
        .join(Contact, beside(Contact, Identity.contact_id))
        .where(Conversation.workspace_id == workspace_id)
    )


def beside(table: Any, reference: Any) -> ColumnElement[bool]:
    """The row that `reference` names in the conversation's workspace."""
    return and_(table.workspace_id == Conversation.workspace_id, table.id == reference)


def item_of(row: Row[Any]) -> ConversationItem:
    return ConversationItem(
        id=row.id,
        ver=row.version,
        **impersonal_fields(row, row.level),
        **personal_fields(row._asdict()),
    )
