"""How the polling of mailboxes goes, as a part of their channels."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Mailbox


class MailboxOut(BaseModel):
    """`polled_at` is the last poll that went through, `failures` counts those since.

    `failure` and `detail` say what the last one came to; `due_at` when the next is to be.
    """

    polled_at: datetime | None
    failures: int
    failure: str | None
    detail: str | None
    due_at: datetime


async def mailboxes(session: AsyncSession, workspace_id: int) -> Mapping[UUID, MailboxOut]:
    """By channel; a channel that was never polled has none."""
    rows = await session.scalars(select(Mailbox).where(Mailbox.workspace_id == workspace_id))
    return {row.channel_id: _shown(row) for row in rows}


async def mailbox_of(
    session: AsyncSession, workspace_id: int, channel_id: UUID
) -> MailboxOut | None:
    row = await session.get(Mailbox, (workspace_id, channel_id))
    return None if row is None else _shown(row)


def _shown(row: Mailbox) -> MailboxOut:
    return MailboxOut(
        polled_at=row.polled_at,
        failures=row.failures,
        failure=row.failure,
        detail=row.detail,
        due_at=row.due_at,
    )
