"""Files that wait: taken once, by whoever holds the lease."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.house import House

from channels.contract import Attachment
from channels.errors import Failure, FetchFailed
from gateway.media.records import Claimed, attach, claim, put_off

LEASE = timedelta(minutes=3)
FILE = Attachment("file.png", "image/png", b"png")


@pytest.fixture
async def waiting(house: House) -> House:
    """A house in which two files of one message wait."""
    url = "https://api.example/"
    answer = await house.post_sms(NumMedia="2", MediaUrl0=f"{url}0", MediaUrl1=f"{url}1")
    assert answer.status_code == 200
    return house


async def take(
    house: House, *, slots: int = 4, busy: dict[UUID, int] | None = None
) -> list[Claimed]:
    async with house.gateway.database.transaction() as session:
        return await claim(session, slots=slots, busy=busy or {}, lease=LEASE)


async def test_what_another_is_taking_is_passed_over(waiting: House) -> None:
    async with waiting.gateway.database.transaction() as session:
        first = await claim(session, slots=1, busy={}, lease=LEASE)
        others = await take(waiting)
    assert len(first) == len(others) == 1
    assert first[0].file_id != others[0].file_id
    assert await take(waiting) == []


async def test_a_channel_has_no_more_than_its_slots(waiting: House) -> None:
    [first] = await take(waiting, slots=1)
    assert await take(waiting, slots=1, busy={first.channel_id: 1}) == []
    assert len(await take(waiting, slots=2, busy={first.channel_id: 1})) == 1


async def test_who_lost_the_lease_changes_nothing(waiting: House) -> None:
    [late, _] = await take(waiting)
    await waiting.rows("UPDATE remote_file SET due_at = now() RETURNING 1")
    again = next(each for each in await take(waiting) if each.file_id == late.file_id)
    assert again.number == 2
    async with waiting.gateway.database.transaction() as session:
        assert not await attach(session, late, FILE)
        refusal = FetchFailed(Failure.REJECTED, "too late")
        assert not await put_off(session, late, refusal, None)
    async with waiting.gateway.database.transaction() as session:
        assert await attach(session, again, FILE)
        assert not await attach(session, again, FILE)
    assert await waiting.count("attachment") == 1
    assert await waiting.count("remote_file") == 1


async def test_a_file_that_is_put_off_waits(waiting: House) -> None:
    [one, other] = await take(waiting)
    trouble = FetchFailed(Failure.UNAVAILABLE, "HTTP 503")
    async with waiting.gateway.database.transaction() as session:
        assert not await put_off(session, one, trouble, timedelta(hours=1))
    async with waiting.gateway.database.transaction() as session:
        assert await put_off(session, other, trouble, None)
    states = await waiting.rows("SELECT state, failure FROM remote_file ORDER BY state")
    assert [tuple(row) for row in states] == [
        ("failed", "unavailable"),
        ("waiting", "unavailable"),
    ]
    assert await take(waiting) == []
