"""Reports about deliveries: whatever their order, the same state comes out."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, update
from tests.delivery.conftest import Working
from tests.delivery.office import Office
from tests.delivery.providers import Twilio

from channels.contract import DeliveryReport
from channels.errors import Failure
from gateway.database.schema import Delivery, ThreadRef
from gateway.delivery.reports import Effect, apply
from gateway.delivery.retries import Wanted, retry

ANN = "+393331234567"
SENT = DeliveryReport("SM1", ANN, "sent")
DELIVERED = DeliveryReport("SM1", ANN, "delivered")
FAILED = DeliveryReport("SM1", ANN, "failed", Failure.BAD_RECIPIENT, "30005", "unknown handset")


@pytest.fixture
async def phone(office: Office, texts: Twilio) -> UUID:
    return await office.channel(
        "sms", "+15005550006", settings=texts.settings, secrets=texts.secrets
    )


async def answered(office: Office, channel: UUID, *copies: str, **columns: object) -> list[UUID]:
    conversation = await office.conversation(channel)
    deliveries = await office.answer(conversation, channel, ANN, copy_to=copies)
    async with office.database.transaction() as session:
        await session.execute(
            update(Delivery)
            .where(Delivery.id.in_(deliveries))
            .values({"state": "sent", "provider_id": "SM1", "attempts": 1, **columns})
        )
    return deliveries


async def report(
    office: Office, *reports: DeliveryReport, channel: UUID | None = None
) -> Mapping[Effect, int]:
    async with office.database.transaction() as session:
        return await apply(session, office.workspace_id, reports, channel_id=channel)


async def test_a_report_moves_the_delivery_and_is_told_to_the_feed(
    office: Office, phone: UUID
) -> None:
    [answer] = await answered(office, phone)
    assert await report(office, FAILED) == {"applied": 1}
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.failure) == ("failed", "bad_recipient")
    assert delivery.detail == "30005 unknown handset"
    [told] = await office.events(delivery.conversation_id)
    assert told.type == "delivery.changed"
    assert told.data["delivery"]["state"] == "failed"
    assert told.data["delivery"]["failure"] == "bad_recipient"
    assert "handset" not in str(told.data)


@pytest.mark.parametrize("order", list(permutations([SENT, DELIVERED, FAILED])))
@pytest.mark.parametrize(("kind", "last"), [("sms", "delivered"), ("email", "failed")])
async def test_every_order_ends_the_same(
    office: Office, kind: str, last: str, order: tuple[DeliveryReport, ...]
) -> None:
    [answer] = await answered(office, await office.channel(kind, "a@desk.test"), state="sending")
    for each in order:
        await report(office, each)
    assert (await office.delivery(answer)).state == last


async def test_a_repeated_report_changes_nothing(office: Office, phone: UUID) -> None:
    await answered(office, phone)
    assert await report(office, DELIVERED, DELIVERED) == {"applied": 1, "known": 1}
    assert await report(office, DELIVERED) == {"known": 1}
    assert await office.head() == 1


async def test_an_unknown_one_is_counted_and_changes_nothing(office: Office, phone: UUID) -> None:
    await answered(office, phone)
    strangers = [
        replace(DELIVERED, reference="SM2"),
        replace(DELIVERED, reference=""),
        replace(DELIVERED, reference="", delivery_id=uuid4()),
    ]
    assert await report(office, *strangers) == {"unknown": 3}
    assert await report(office, DELIVERED, channel=uuid4()) == {"unknown": 1}
    assert await office.head() == 0


async def test_before_our_own_record_it_is_known_by_our_identifier(
    office: Office, phone: UUID
) -> None:
    [answer] = await answered(office, phone, state="sending", provider_id=None)
    early = replace(DELIVERED, delivery_id=answer)
    assert await report(office, early, channel=phone) == {"applied": 1}
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.provider_id) == ("delivered", "SM1")
    assert await report(office, DELIVERED) == {"known": 1}


async def test_another_try_that_fails_does_not_count(office: Office, phone: UUID) -> None:
    [answer] = await answered(office, phone)
    lost = replace(FAILED, reference="SM0", delivery_id=answer)
    assert await report(office, lost) == {"known": 1}
    arrived = replace(DELIVERED, reference="SM0", delivery_id=answer)
    assert await report(office, arrived) == {"applied": 1}
    assert (await office.delivery(answer)).provider_id == "SM1"


async def test_of_a_mail_to_many_the_recipient_is_meant(office: Office) -> None:
    mail = await office.channel("email", "support@desk.test")
    one, other = await answered(office, mail, "bob@customer.test", provider_id="m@desk.test")
    bounce = DeliveryReport("m@desk.test", "BOB@customer.test", "failed", Failure.BAD_RECIPIENT)
    assert await report(office, bounce) == {"applied": 1}
    assert (await office.delivery(one)).state == "sent"
    assert (await office.delivery(other)).state == "failed"
    assert await report(office, replace(bounce, recipient="")) == {"unknown": 1}


async def named(office: Office, delivery_id: UUID, name: str) -> None:
    """Let the delivery's mail bear a Message-ID."""
    delivery = await office.delivery(delivery_id)
    async with office.database.transaction() as session:
        session.add(
            ThreadRef(
                workspace_id=office.workspace_id,
                rfc_message_id=name,
                conversation_id=delivery.conversation_id,
                message_id=delivery.message_id,
            )
        )


async def test_a_mail_is_known_by_its_name_before_our_own_record(office: Office) -> None:
    mail = await office.channel("email", "support@desk.test")
    [answer] = await answered(office, mail, state="sending", provider_id=None)
    await named(office, answer, "m@desk.test")
    bounce = replace(FAILED, reference="m@desk.test")
    assert await report(office, bounce, channel=mail) == {"applied": 1}
    assert await report(office, bounce, channel=mail) == {"known": 1}
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.provider_id) == ("failed", "m@desk.test")


async def test_an_old_bounce_says_nothing_of_what_is_yet_to_be_tried_again(office: Office) -> None:
    mail = await office.channel("email", "support@desk.test")
    [answer] = await answered(office, mail, provider_id="m@desk.test")
    await named(office, answer, "m@desk.test")
    bounce = replace(FAILED, reference="m@desk.test")
    await report(office, bounce)
    async with office.database.transaction() as session:
        assert await retry(session, office.workspace_id, Wanted(id=answer)) == 1
    assert await report(office, bounce) == {"unknown": 1}
    assert (await office.delivery(answer)).state == "queued"


async def test_many_reports_take_no_more_statements_than_one(office: Office, phone: UUID) -> None:
    deliveries = [(await answered(office, phone, provider_id=f"SM{n}"))[0] for n in range(20)]
    one, *others = [replace(DELIVERED, reference=f"SM{n}") for n in range(20)]
    strangers = [replace(DELIVERED, reference=f"MM{n}") for n in range(200)]
    statements: list[str] = []

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    engine = office.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    assert await report(office, one) == {"applied": 1}
    fewest = len(statements)
    assert await report(office, *others, *strangers) == {"applied": 19, "unknown": 200}
    event.remove(engine, "before_cursor_execute", count)
    assert len(statements) == 2 * fewest
    assert {(await office.delivery(each)).state for each in deliveries} == {"delivered"}


async def test_workspaces_are_apart(office: Office, phone: UUID) -> None:
    await answered(office, phone)
    async with office.database.transaction() as session:
        assert await apply(session, office.workspace_id + 1, [DELIVERED]) == {"unknown": 1}


async def test_a_text_that_was_reported_early_is_not_sent_again(
    office: Office, texts: Twilio, phone: UUID, working: Working
) -> None:
    """The worker died after Twilio took the text: the report is all that we have of it."""
    [answer] = await answered(office, phone, state="sending", provider_id=None, lease_until=None)
    await report(office, replace(SENT, delivery_id=answer))
    [following] = await office.answer((await office.delivery(answer)).conversation_id, phone, ANN)
    async with working():
        await office.until_ended()
    assert (await office.delivery(following)).state == "sent"
    assert len(texts.texts) == 1
