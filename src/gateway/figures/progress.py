"""How far the log has been counted."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.database.schema import FeedHead, FigureCursor
from gateway.figures.counting import read_basis


@record
class Progress:
    """The last event counted was written at `at`; `behind` events are not counted yet."""

    at: datetime | None
    behind: int
    zone: str

    @property
    def today(self) -> date:
        return datetime.now(UTC).astimezone(ZoneInfo(self.zone)).date()


async def read_progress(session: AsyncSession, workspace_id: int) -> Progress:
    """By the settings as they are now: what was counted by others counts as none."""
    basis = await read_basis(session, workspace_id)
    cursor = await session.get(FigureCursor, workspace_id)
    head = await session.scalar(select(FeedHead.pos).where(FeedHead.workspace_id == workspace_id))
    done = 0 if cursor is None or cursor.basis != basis.digest else cursor.pos
    return Progress(cursor.at if cursor else None, max((head or 0) - done, 0), basis.zone)
