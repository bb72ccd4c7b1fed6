"""What may be said now of the wait in a queue, for agents who say it themselves."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.answers.expectation import Expectation, expect
from gateway.answers.waits import FEWEST_CASES, GOOD_FOR
from gateway.calendars import calendar_of
from gateway.database.schema import BusinessCalendar, ExpectedWait
from routing.business_time import BusinessTime


async def expected(session: AsyncSession, workspace_id: int, queue_id: UUID) -> Expectation:
    now = datetime.now(UTC)
    measured = await session.get(ExpectedWait, (workspace_id, queue_id))
    counts = (
        measured is not None
        and measured.cases >= FEWEST_CASES
        and now - measured.measured_at < GOOD_FOR
    )
    calendar = await session.scalar(
        select(BusinessCalendar).where(
            BusinessCalendar.workspace_id == workspace_id, BusinessCalendar.is_default
        )
    )
    hours = BusinessTime(calendar_of(calendar)) if calendar else None
    return expect(now, measured.wait if measured and counts else None, hours)
