"""How long conversations have waited in each queue of late: measured by a chore, kept per queue.

A wait counts in the time that the workspace's calendar is open. What is kept is the wait that four
of five did not exceed.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from gateway.calendars import calendar_of
from gateway.database.connections import Database
from gateway.database.schema import BusinessCalendar, ExpectedWait, Workspace
from routing.business_time import AroundTheClock, BusinessTime, WorkingTime

LOOKED_BACK: Final = timedelta(days=14)
MOST_CASES: Final = 500
"""The latest of a queue."""
FEWEST_CASES: Final = 20
"""With fewer, nothing is said of a queue."""
GOOD_FOR: Final = timedelta(days=1)
"""So long a measurement is spoken of."""
SHARE: Final = 0.8
"""How many of the cases keep to the wait that is kept."""
EVERY_S: Final = 300

ENDED = text("""
SELECT q.id AS queue_id, stay.queued_at, stay.left_at
  FROM queue q
 CROSS JOIN LATERAL (
    SELECT e.queued_at, e.left_at FROM queue_entry e
     WHERE e.workspace_id = q.workspace_id AND e.queue_id = q.id AND e.left_at > :since
     ORDER BY e.left_at DESC LIMIT :most) stay
 WHERE q.workspace_id = :workspace_id AND q.archived_at IS NULL
""")

Stay = tuple[datetime, datetime]


async def measure_always(database: Database) -> None:
    """Measure every five minutes, until cancelled. Several processes at once are harmless."""
    while True:
        await measure(database, datetime.now(UTC))
        await asyncio.sleep(EVERY_S)


async def measure(database: Database, now: datetime) -> None:
    """Measure all queues at `now`, one workspace after the other."""
    async with database.transaction() as session:
        workspace_ids = list(await session.scalars(select(Workspace.id)))
    for workspace_id in workspace_ids:
        await _measure(database, workspace_id, now)


async def _measure(database: Database, workspace_id: int, now: datetime) -> None:
    async with database.transaction() as session:
        values = {"workspace_id": workspace_id, "since": now - LOOKED_BACK, "most": MOST_CASES}
        stays: dict[UUID, list[Stay]] = {}
        for queue_id, queued_at, left_at in await session.execute(ENDED, values):
            stays.setdefault(queue_id, []).append((queued_at, left_at))
        calendar = await session.scalar(
            select(BusinessCalendar).where(
                BusinessCalendar.workspace_id == workspace_id, BusinessCalendar.is_default
            )
        )
    time = BusinessTime(calendar_of(calendar)) if calendar else AroundTheClock()
    rows = await asyncio.to_thread(_rows, workspace_id, stays, time, now)
    if not rows:
        return
    statement = insert(ExpectedWait).values(rows)
    changed = {name: statement.excluded[name] for name in ("cases", "wait", "measured_at")}
    keys = [ExpectedWait.workspace_id, ExpectedWait.queue_id]
    async with database.transaction() as session:
        await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def _rows(
    workspace_id: int, stays: dict[UUID, list[Stay]], time: WorkingTime, now: datetime
) -> list[dict[str, object]]:
    """In the order of the queues, so that processes do not wait for each other in a circle."""
    return [
        {
            "workspace_id": workspace_id,
            "queue_id": queue_id,
            "cases": len(stays[queue_id]),
            "wait": typical(time.between(*stay) for stay in stays[queue_id]),
            "measured_at": now,
        }
        for queue_id in sorted(stays)
    ]


def typical(waits: Iterable[timedelta]) -> timedelta:
    """The shortest wait that at least `SHARE` of the cases, of which there are some, keep to."""
    ordered: Sequence[timedelta] = sorted(waits)
    return ordered[math.ceil(len(ordered) * SHARE) - 1]
