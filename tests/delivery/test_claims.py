import asyncio
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.delivery.office import Office

from channels.errors import Failure
from gateway.database.connections import Database
from gateway.delivery.claims import Claimed, claim, seconds_until_next
from gateway.delivery.outcomes import Outcome
from gateway.delivery.records import record

LEASE = timedelta(minutes=1)
NOBODY: Mapping[UUID, int] = {}
SENT = Outcome(result="sent", state="sent")
LATER = Outcome(
    result="temporary", state="queued", failure=Failure.THROTTLED, retry_in=timedelta(seconds=30)
)


async def claim_all(
    office: Office, slots: int = 8, busy: Mapping[UUID, int] = NOBODY
) -> list[Claimed]:
    async with office.database.transaction() as session:
        return await claim(session, slots=slots, busy=busy, lease=LEASE)


async def finish(office: Office, claimed: Claimed, outcome: Outcome) -> bool:
    async with office.database.transaction() as session:
        return await record(session, claimed, outcome)


async def change(office: Office, statement: str) -> None:
    async with office.database.transaction() as session:
        await session.execute(text(statement))


def ids(claimed: list[Claimed]) -> list[UUID]:
    return [each.delivery_id for each in claimed]


@pytest.fixture
async def channel(office: Office) -> UUID:
    return await office.channel("email", "support@desk.test")


async def test_a_conversation_is_sent_in_the_order_of_its_messages(
    office: Office, channel: UUID
) -> None:
    conversation = await office.conversation(channel)
    first, copy = await office.answer(conversation, channel, copy_to=["bob@customer.test"])
    [second] = await office.answer(conversation, channel)
    for expected in (first, copy, second):
        [claimed] = await claim_all(office)
        assert claimed.delivery_id == expected
        assert await claim_all(office) == []
        assert await finish(office, claimed, SENT)
    assert await claim_all(office) == []


async def test_a_delivery_that_is_tried_again_holds_up_the_next(
    office: Office, channel: UUID
) -> None:
    conversation = await office.conversation(channel)
    [first] = await office.answer(conversation, channel)
    [second] = await office.answer(conversation, channel)
    [claimed] = await claim_all(office)
    await finish(office, claimed, LATER)
    assert await claim_all(office) == []
    await change(office, "UPDATE delivery SET due_at = now()")
    assert ids(await claim_all(office)) == [first]
    assert (await office.delivery(second)).state == "queued"


async def test_what_another_worker_is_claiming_is_neither_claimed_nor_passed_over(
    office: Office, channel: UUID
) -> None:
    busy, free = [await office.conversation(channel) for _ in range(2)]
    await office.answer(busy, channel)
    await office.answer(busy, channel)
    [other] = await office.answer(free, channel)
    async with office.database.transaction() as session:
        await claim(session, slots=1, busy=NOBODY, lease=LEASE)
        assert ids(await claim_all(office)) == [other]
    assert await claim_all(office) == []


async def test_a_row_taken_since_the_snapshot_is_left_alone(
    office: Office, channel: UUID, dsn: str
) -> None:
    """Many workers at once, over and over: each delivery is claimed by one of them."""
    await office.backlog(channel, conversations=20)
    database = Database(dsn, pool_size=8)

    async def once() -> list[UUID]:
        async with database.transaction() as session:
            return ids(await claim(session, slots=5, busy=NOBODY, lease=LEASE))

    batches = await asyncio.gather(*(once() for _ in range(16)))
    await database.close()
    claimed = [each for batch in batches for each in batch]
    assert len(claimed) == len(set(claimed)) == 20


async def test_each_channel_is_given_what_it_has_slots_for(office: Office, channel: UUID) -> None:
    other = await office.channel("sms", "+15005550006")
    for each in (channel, channel, channel, other, other):
        await office.answer(await office.conversation(each), each)
    claimed = await claim_all(office, slots=2, busy={channel: 1, other: 9})
    assert [each.channel_id for each in claimed] == [channel]
    assert len(await claim_all(office, slots=2)) == 4


async def test_chat_is_never_claimed_and_holds_up_no_mail(office: Office, channel: UUID) -> None:
    chat = await office.channel("chat")
    conversation = await office.conversation(chat)
    await office.answer(conversation, chat, "visitor")
    [mail] = await office.answer(conversation, channel)
    assert ids(await claim_all(office)) == [mail]


async def test_a_claim_whose_lease_has_run_out_is_taken_over(office: Office, channel: UUID) -> None:
    [delivery] = await office.answer(await office.conversation(channel), channel)
    [lost] = await claim_all(office)
    await change(office, "UPDATE delivery SET lease_until = now() - interval '1 ms'")
    [taken_over] = await claim_all(office)
    assert (lost.number, taken_over.number) == (1, 2)
    assert await claim_all(office) == []

    assert not await finish(office, lost, LATER), "the late one moved a delivery of another's"
    assert (await office.delivery(delivery)).state == "sending"
    assert await finish(office, taken_over, SENT)
    assert [each.outcome for each in await office.attempts(delivery)] == ["temporary", "sent"]


async def test_recording_twice_tells_once(office: Office, channel: UUID) -> None:
    conversation = await office.conversation(channel)
    [delivery] = await office.answer(conversation, channel)
    [claimed] = await claim_all(office)
    assert await finish(office, claimed, SENT)
    assert not await finish(office, claimed, SENT)
    [event] = await office.events(conversation)
    assert (event.type, event.version) == ("delivery.changed", 2)
    assert event.queue_before == event.queue_after == office.queue_id
    assert event.data == {
        "delivery": {
            "id": str(delivery),
            "message_id": str((await office.delivery(delivery)).message_id),
            "state": "sent",
            "attempts": 1,
        },
        "conversation": {},
    }


async def test_an_erased_conversation_is_recorded_nowhere(office: Office, channel: UUID) -> None:
    await office.answer(await office.conversation(channel), channel)
    [claimed] = await claim_all(office)
    await change(office, "DELETE FROM conversation")
    assert not await finish(office, claimed, SENT)
    assert await office.head() == 0


async def test_the_next_due_time_is_known(office: Office, channel: UUID) -> None:
    async def until_next() -> float | None:
        async with office.database.transaction() as session:
            return await seconds_until_next(session)

    assert await until_next() is None
    await office.answer(await office.conversation(channel), channel)
    [claimed] = await claim_all(office)
    assert await until_next() is None
    await finish(office, claimed, LATER)
    assert await until_next() == pytest.approx(30, abs=5)
