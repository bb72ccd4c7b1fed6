"""Clocks as agents see them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import SlaClock


class ClockOut(BaseModel):
    """One measurement by an SLA policy; `target_s` and `elapsed_s` are seconds of business time.

    `cycle` counts the measurements of a metric. While it runs it is due at `due_at`, null without
    a target; while it is paused that is unknown. `met`, `breached` and `cancelled` (nobody waits
    any more) are how it ended.
    """

    metric: Literal["first_response", "next_response", "resolution"]
    cycle: int
    state: Literal["running", "paused", "met", "breached", "cancelled"]
    policy: UUID
    started_at: datetime
    target_s: int | None
    warn_at: datetime | None
    due_at: datetime | None
    warned_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None
    elapsed_s: int | None


async def read_clocks(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> list[ClockOut]:
    """All of a conversation, in the order in which they were started."""
    statement = select(SlaClock).where(
        SlaClock.workspace_id == workspace_id, SlaClock.conversation_id == conversation_id
    )
    rows = await session.scalars(statement.order_by(SlaClock.spans[1], SlaClock.metric))
    return [_shown(row) for row in rows]


def _shown(row: SlaClock) -> ClockOut:
    columns = {
        name: getattr(row, name) for name in ClockOut.model_fields if hasattr(SlaClock, name)
    }
    return ClockOut(**columns, policy=row.policy_id, started_at=row.spans[0])
