"""Which mailbox is polled by whom, and how that went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.errors import FetchFailed
from gateway.configuration import ConfiguredChannel
from gateway.database.schema import Mailbox
from gateway.ids import new_id

ENLIST = text("""
INSERT INTO mailbox (workspace_id, channel_id, due_at)
SELECT workspace_id, channel_id, now()
  FROM unnest(CAST(:workspaces AS int[]), CAST(:channels AS uuid[]))
    AS polled (workspace_id, channel_id)
    ON CONFLICT DO NOTHING
""")

CLAIM = text("""
WITH due AS (
    SELECT workspace_id, channel_id
      FROM mailbox m
      JOIN unnest(CAST(:workspaces AS int[]), CAST(:channels AS uuid[]))
        AS polled (workspace_id, channel_id) USING (workspace_id, channel_id)
     WHERE m.due_at <= now()
     ORDER BY m.due_at
     LIMIT :slots
       FOR UPDATE OF m SKIP LOCKED
)
UPDATE mailbox m
   SET holder = :holder, due_at = now() + :lease
  FROM due
 WHERE (m.workspace_id, m.channel_id) = (due.workspace_id, due.channel_id)
RETURNING m.workspace_id, m.channel_id, m.holder, m.failures
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mailbox in this worker's hands, as long as it renews the lease."""

    workspace_id: int
    channel_id: UUID
    holder: UUID
    failures: int


async def claim(
    session: AsyncSession, channels: Sequence[ConfiguredChannel], slots: int, lease: timedelta
) -> list[Claimed]:
    """Take what is due among the channels, `slots` at most; a lease is a later due time."""
    values: dict[str, Any] = {
        "workspaces": [channel.workspace_id for channel in channels],
        "channels": [channel.config.id for channel in channels],
    }
    await session.execute(ENLIST, values)
    values |= {"slots": slots, "holder": new_id(), "lease": lease}
    return [Claimed(**row) for row in (await session.execute(CLAIM, values)).mappings()]


async def renew(session: AsyncSession, claimed: Claimed, lease: timedelta) -> bool:
    """Hold it for longer; False where the lease had run out and another has it."""
    return await _change(session, claimed, due_at=func.now() + lease)


async def let_go(session: AsyncSession, claimed: Claimed) -> None:
    """Leave the mailbox to whoever comes next, at once."""
    await _change(session, claimed, due_at=func.now(), holder=None)


async def succeed(session: AsyncSession, claimed: Claimed, pause: timedelta) -> None:
    await _change(
        session,
        claimed,
        due_at=func.now() + pause,
        holder=None,
        polled_at=func.now(),
        failures=0,
        failure=None,
        detail=None,
    )


async def fail(
    session: AsyncSession, claimed: Claimed, error: FetchFailed, pause: timedelta
) -> None:
    await _change(
        session,
        claimed,
        due_at=func.now() + pause,
        holder=None,
        failures=claimed.failures + 1,
        failure=error.failure,
        detail=error.detail,
    )


async def poll_anew(session: AsyncSession, workspace_id: int, channel_id: UUID) -> None:
    """Wait for no pause: settings have changed. Who polls by the old ones loses the lease."""
    await session.execute(
        update(Mailbox)
        .where(Mailbox.workspace_id == workspace_id, Mailbox.channel_id == channel_id)
        .values(due_at=func.now(), holder=None, failures=0)
    )


async def _change(session: AsyncSession, claimed: Claimed, **values: Any) -> bool:
    statement = update(Mailbox).where(*held(claimed)).values(**values).returning(Mailbox.channel_id)
    return await session.scalar(statement) is not None


def held(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    return (
        Mailbox.workspace_id == claimed.workspace_id,
        Mailbox.channel_id == claimed.channel_id,
        Mailbox.holder == claimed.holder,
    )
