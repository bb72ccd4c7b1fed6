"""Dead letters: seen, and sent again one by one or many at once."""

from uuid import UUID

import pytest
from sqlalchemy import text
from tests.delivery.conftest import Working
from tests.delivery.office import Office
from tests.delivery.providers import MailServer

from gateway.delivery import retries
from gateway.delivery.retries import Wanted, retry


@pytest.fixture
async def support(office: Office, mail: MailServer) -> UUID:
    return await office.channel("email", "support@desk.test", settings=mail.settings)


async def retried(office: Office, wanted: Wanted) -> int:
    async with office.database.transaction() as session:
        return await retry(session, office.workspace_id, wanted)


async def test_what_is_retried_is_sent_with_as_many_tries_as_a_new_one(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [answer] = await office.answer(conversation, support)
    mail.replies["ann@customer.test"] = ["451 later"] * 5
    async with working(max_attempts=3):
        await office.until_ended()
        assert (await office.delivery(answer)).state == "failed"
        assert await retried(office, Wanted(id=answer)) == 1
        await office.until_ended()
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.attempts, delivery.failure) == ("sent", 6, None)
    outcomes = [each.outcome for each in await office.attempts(answer)]
    assert outcomes == ["temporary"] * 5 + ["sent"]
    states = [event.data["delivery"]["state"] for event in await office.events(conversation)]
    assert states == ["queued", "failed", "queued", "queued", "sent"]
    versions = [event.version for event in await office.events(conversation)]
    assert versions == list(range(2, 7))


async def test_only_what_failed_is_retried_and_only_once(
    office: Office, support: UUID, working: Working
) -> None:
    [answer] = await office.answer(await office.conversation(support), support)
    assert await retried(office, Wanted(id=answer)) == 0
    async with working():
        await office.until_ended()
    assert await retried(office, Wanted(id=answer)) == 0
    assert await office.head() == 1


async def test_many_are_chosen_by_what_they_have_in_common(office: Office, support: UUID) -> None:
    other = await office.channel("email", "other@desk.test")
    for channel in (support, other):
        await office.backlog(channel, conversations=4)
    async with office.database.transaction() as session:
        await session.execute(
            text(
                "UPDATE delivery SET state = 'failed', failure = CASE WHEN seq = 1 AND"
                " channel_id = :channel THEN 'unauthorised' ELSE 'rejected' END"
            ),
            {"channel": support},
        )
    assert await retried(office, Wanted(channel_id=other, failure="unauthorised")) == 0
    assert await retried(office, Wanted(failure="unauthorised")) == 4
    assert await retried(office, Wanted(channel_id=support)) == 0
    assert await retried(office, Wanted(channel_id=other)) == 4
    assert await office.states() == {"queued": 8}


async def test_a_large_heap_is_retried_in_parts(
    office: Office, support: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "MOST", 3)
    await office.backlog(support, conversations=4)
    async with office.database.transaction() as session:
        await session.execute(text("UPDATE delivery SET state = 'failed'"))
    assert [await retried(office, Wanted()) for _ in range(3)] == [3, 1, 0]
