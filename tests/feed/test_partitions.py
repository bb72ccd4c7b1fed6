"""Monthly partitions of the log."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.feed.history import Team, Writer

from gateway.database.connections import Database
from gateway.feed.partitions import ensure_partitions, month_of

NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset", "year", "month"), [(0, 2026, 11), (1, 2026, 12), (2, 2027, 1), (14, 2028, 1)]
)
def test_months_run_over_years(offset: int, year: int, month: int) -> None:
    assert month_of(NOW, offset) == datetime(year, month, 1, tzinfo=UTC)


async def partition_at(database: Database, at: datetime) -> str:
    """Which partition an event of that time goes to."""
    insert = (
        "INSERT INTO event (workspace_id, pos, at, type, conversation_id, version, data)"
        " VALUES (1, 1, :at, 'x', gen_random_uuid(), 1, '{}') RETURNING tableoid::regclass::text"
    )
    async with database.engine.connect() as connection:
        return str(await connection.scalar(text(insert), {"at": at}))


async def test_this_month_and_the_next_three_get_a_partition(database: Database) -> None:
    made = await ensure_partitions(database, NOW)
    assert made == ["event_2026_11", "event_2026_12", "event_2027_01", "event_2027_02"]
    assert await partition_at(database, NOW) == "event_2026_11"
    assert await partition_at(database, datetime(2026, 12, 1, tzinfo=UTC)) == "event_2026_12"
    assert await partition_at(database, datetime(2027, 3, 1, tzinfo=UTC)) == "event_default"
    assert await ensure_partitions(database, NOW) == []


async def test_several_processes_may_make_them_at_once(database: Database) -> None:
    made = await asyncio.gather(*(ensure_partitions(database, NOW) for _ in range(4)))
    assert sorted(name for names in made for name in names) == [
        "event_2026_11",
        "event_2026_12",
        "event_2027_01",
        "event_2027_02",
    ]


async def test_a_month_that_has_begun_without_one_stays_where_it_is(
    database: Database, team: Team, writer: Writer
) -> None:
    positions = await writer.steps(5)
    now = datetime.now(UTC)
    made = await ensure_partitions(database, now, months_ahead=1)
    assert made == [f"event_{month_of(now, 1):%Y_%m}"]
    assert await writer.step() == len(positions) + 1
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM event_default")) == 6


async def test_writers_go_on_meanwhile(database: Database, team: Team) -> None:
    writing = asyncio.create_task(Writer(database, team).steps(30))
    for offset in range(5):
        await ensure_partitions(database, month_of(datetime.now(UTC), offset + 2), 0)
    assert await writing == list(range(1, 31))
