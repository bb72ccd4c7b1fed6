"""Monthly partitions of the event table, made ahead of time."""

from datetime import UTC, datetime

import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database

ONE_AT_A_TIME = 7_767_835_357  # advisory lock: several processes may look after the same table

log = structlog.get_logger(__name__)


def month_of(moment: datetime, offset: int = 0) -> datetime:
    """The first instant (UTC) of the month, `offset` months later."""
    utc = moment.astimezone(UTC)
    years, month = divmod(utc.month - 1 + offset, 12)
    return datetime(utc.year + years, month + 1, 1, tzinfo=UTC)


async def ensure_partitions(database: Database, now: datetime, months_ahead: int = 3) -> list[str]:
    """Have a partition for this month and the next ones; returns the names of the new.

    Each is made in a transaction of its own, so that writers wait for one at most. A month that
    already has events in the default partition stays there: moving them would hold up writers.
    """
    months = [month_of(now, offset) for offset in range(months_ahead + 1)]
    return [
        partition_of(month)
        for month in months
        if await ensure_month(database, month, partition_of(month))
    ]


def partition_of(month: datetime) -> str:
    return f"event_{month:%Y_%m}"


async def ensure_month(database: Database, month: datetime, name: str) -> bool:
    """Whether the partition is new."""
    try:
        async with database.transaction() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": ONE_AT_A_TIME})
            if await session.scalar(text("SELECT to_regclass(:name)"), {"name": name}):
                return False
            await make_partition(session, month, name)
    except IntegrityError:
        log.warning("feed.month_stays_in_default", partition=name)
        return False
    return True


async def make_partition(session: AsyncSession, month: datetime, name: str) -> None:
    """Attached rather than created in place: that would lock the whole table against reading."""
    until = month_of(month, 1)
    await session.execute(text(f"CREATE TABLE {name} (LIKE event INCLUDING ALL)"))
    await session.execute(
        text(
            f"ALTER TABLE event ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{month.isoformat()}') TO ('{until.isoformat()}')"
        )
    )
