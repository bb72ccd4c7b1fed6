"""Limits of channels, which all workers share."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.delivery.conftest import Working
from tests.delivery.office import Office
from tests.delivery.providers import MailServer

from gateway.database.connections import Database
from gateway.delivery.claims import claim
from gateway.delivery.pace import Pace, pace_of


def most_in(pace: Pace, window_s: float) -> int:
    """The most tries that a window can see, counted one by one."""
    time, free, tries = 0.0, pace.burst, 0
    while time < window_s:
        tries += free
        free = 1
        time += pace.interval_s
    return tries


@pytest.mark.parametrize("limit", [0.5, 1, 2, 9, 10, 25, 100, 999])
def test_no_window_sees_more_than_the_limit(limit: float) -> None:
    window_s = max(1.0, 1 / limit)
    assert most_in(Pace.of(limit, 1.0), window_s - 1e-6) <= max(limit, 1)


def test_the_stricter_limit_counts() -> None:
    pace = pace_of({"max_per_second": "10", "max_per_minute": "60"})
    assert pace is not None
    assert (pace.burst, pace.interval_s) == (2, 60 / 54)


@pytest.mark.parametrize("wrong", ["", "0", "-1", "many", "nan", "inf", "1e9"])
def test_what_is_no_limit_limits_nothing(wrong: str) -> None:
    assert pace_of({"max_per_second": wrong}) is None


@pytest.fixture
async def slow(office: Office, mail: MailServer) -> UUID:
    settings = {"max_per_second": "20", **mail.settings}
    return await office.channel("email", "slow@desk.test", settings=settings)


async def starts(office: Office) -> list[float]:
    async with office.database.transaction() as session:
        rows = await session.execute(text("SELECT started_at FROM attempt ORDER BY 1"))
        return [row.started_at.timestamp() for row in rows]


async def test_two_workers_together_keep_to_the_limit_and_use_it(
    office: Office, mail: MailServer, slow: UUID, working: Working
) -> None:
    await office.backlog(slow, conversations=40)
    async with working(poll_interval_s=30.0), working(poll_interval_s=30.0):
        await office.until_ended()
    assert len(mail.mails) == 40
    began = await starts(office)
    for index, start in enumerate(began):
        within = [each for each in began[index:] if each < start + 0.95]
        assert len(within) <= 20
    took = began[-1] - began[0]
    assert took == pytest.approx(37 / 18, rel=0.5), "the limit is not used"


async def test_a_limited_channel_delays_no_other(
    office: Office, mail: MailServer, working: Working
) -> None:
    crawling = await office.channel(
        "email", "crawl@desk.test", settings={"max_per_minute": "1", **mail.settings}
    )
    free = await office.channel("email", "free@desk.test", settings=mail.settings)
    await office.backlog(crawling, conversations=20)
    await office.backlog(free, "bob@customer.test", conversations=30)
    async with working():
        async with asyncio.timeout(20):
            while len(mail.mails) < 31:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.05)
    assert await office.states() == {"sent": 31, "queued": 19}


async def test_many_claims_at_once_take_no_token_twice(
    office: Office, slow: UUID, dsn: str
) -> None:
    await office.backlog(slow, conversations=30)
    database = Database(dsn, pool_size=8)

    async def once() -> int:
        async with database.transaction() as session:
            paces = {slow: Pace(interval_s=3600.0, burst=5)}
            lease = timedelta(minutes=1)
            return len(await claim(session, slots=8, busy={}, lease=lease, paces=paces))

    claimed = await asyncio.gather(*(once() for _ in range(24)))
    await database.close()
    assert sum(claimed) == 5


async def test_tokens_come_back_with_time(office: Office, slow: UUID) -> None:
    await office.backlog(slow, conversations=30)

    async def once() -> int:
        async with office.database.transaction() as session:
            paces = {slow: Pace(interval_s=60.0, burst=3)}
            lease = timedelta(minutes=1)
            return len(await claim(session, slots=8, busy={}, lease=lease, paces=paces))

    taken = [await once(), await once()]
    for back in ("60 s", "120 s", "1 h"):
        async with office.database.transaction() as session:
            await session.execute(
                text(f"UPDATE sending_pace SET full_at = full_at - interval '{back}'")  # noqa: S608
            )
        taken.append(await once())
    assert taken == [3, 0, 1, 2, 3]
