"""Dead letters: what failed for good, sent again because somebody asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Conversation, Delivery
from gateway.delivery.announcements import Change
from gateway.feed.log import EventType, Happening, append_in, in_place

MOST = 500
"""So many are retried in one transaction."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which failed deliveries are meant: all that fit what is given."""

    id: UUID | None = None
    channel_id: UUID | None = None
    failure: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def narrow(self, statement: Select[UUID, UUID]) -> Select[UUID, UUID]:
        for column, value in (
            (Delivery.id, self.id),
            (Delivery.channel_id, self.channel_id),
            (Delivery.failure, self.failure),
        ):
            statement = statement if value is None else statement.where(column == value)
        if self.since is not None:
            statement = statement.where(Delivery.created_at >= self.since)
        if self.until is not None:
            statement = statement.where(Delivery.created_at < self.until)
        return statement


async def retry(session: AsyncSession, workspace_id: int, wanted: Wanted) -> int:
    """Queue failed deliveries anew, the oldest first and `MOST` at once; returns how many.

    Each is tried as often as a new one. The last statements of their transaction; hint at
    `Topic.FEED` and `Topic.DELIVERY` after the commit.
    """
    statement = (
        select(Delivery.id, Delivery.conversation_id)
        .where(Delivery.workspace_id == workspace_id, Delivery.state == "failed")
        .order_by(Delivery.created_at, Delivery.id)
        .limit(MOST)
    )
    rows = (await session.execute(wanted.narrow(statement))).all()
    homes = await _lock(session, workspace_id, {row.conversation_id for row in rows})
    happenings = await _queue(session, workspace_id, [row.id for row in rows], homes)
    if happenings:
        await append_in(session, *happenings)
    return len(happenings)


async def _lock(
    session: AsyncSession, workspace_id: int, ids: set[UUID]
) -> dict[UUID, Conversation]:
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id.in_(ids))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    )
    return {each.id: each for each in await session.scalars(statement)}


async def _queue(
    session: AsyncSession,
    workspace_id: int,
    ids: Sequence[UUID],
    homes: dict[UUID, Conversation],
) -> list[Happening]:
    """Move those that are still failed, in conversations that are still theirs."""
    statement = (
        update(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.id.in_(ids),
            Delivery.conversation_id.in_(homes),
            Delivery.state == "failed",
        )
        .values(state="queued", due_at=func.now(), forgiven=Delivery.attempts)
        .values(provider_id=None, failure=None, detail=None)
        .returning(Delivery.id, Delivery.conversation_id, Delivery.message_id, Delivery.attempts)
        .execution_options(synchronize_session=False)
    )
    happenings = []
    for row in (await session.execute(statement)).all():
        home = homes[row.conversation_id]
        home.version += 1
        change = Change(row.id, row.message_id, "queued", row.attempts)
        happenings.append(
            in_place(home, EventType.DELIVERY, change.as_data(), version=home.version)
        )
    return happenings
