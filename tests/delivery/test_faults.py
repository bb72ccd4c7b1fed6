"""What happens to a delivery when the worker, or its database, is lost in the middle of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
import structlog
from sqlalchemy import text
from tests.delivery.conftest import Working
from tests.delivery.office import Office, until
from tests.delivery.providers import MailServer

from channels.contract import ChannelConfig, OutboundMessage, Sent
from channels.email.send import ConnectedSmtp
from gateway.database.connections import Database
from gateway.delivery.worker import DeliveryWorker

WAITING = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def support(office: Office, mail: MailServer) -> UUID:
    return await office.channel("email", "support@desk.test", settings=mail.settings)


@asynccontextmanager
async def conversation_held(office: Office, conversation: UUID) -> AsyncIterator[None]:
    """Nothing can be recorded meanwhile."""
    async with office.database.transaction() as session:
        await session.execute(
            text("SELECT FROM conversation WHERE id = :id FOR UPDATE"), {"id": conversation}
        )
        yield


async def recorder(office: Office, besides: int | None = None) -> int:
    """The backend that waits to record; one that was ended may be seen a little longer."""
    found: list[int] = []

    async def has_come() -> bool:
        async with office.database.transaction() as session:
            waiting = await session.scalars(text(WAITING))
            found[:] = [backend for backend in waiting if backend != besides]
        return bool(found)

    await until(has_come)
    return found[0]


async def kill(worker: DeliveryWorker) -> None:
    """End what runs without a word to the database, as the process's death would."""
    for task in worker._crew.running:
        task.cancel()
    await asyncio.wait(worker._crew.running)


async def expire_leases(office: Office) -> None:
    async with office.database.transaction() as session:
        await session.execute(text("UPDATE delivery SET lease_until = now()"))


async def test_a_worker_killed_before_it_records_leads_to_a_second_sending(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [answer] = await office.answer(conversation, support)
    async with conversation_held(office, conversation), working() as worker:
        await recorder(office)
        await kill(worker)
    assert (await office.delivery(answer)).state == "sending"
    async with working():
        await asyncio.sleep(0.3)
        assert len(mail.mails) == 1, "the lease was not respected"
        await expire_leases(office)
        await office.until_ended()
    assert len(mail.mails) == 2
    attempts = await office.attempts(answer)
    assert [each.outcome for each in attempts] == [None, "sent"]
    assert [event.data["delivery"]["attempts"] for event in await office.events()] == [2]


async def test_a_delivery_that_no_worker_survives_is_given_up(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [answer] = await office.answer(conversation, support)
    async with conversation_held(office, conversation), working() as worker:
        await recorder(office)
        await kill(worker)
    await expire_leases(office)
    async with working(max_attempts=1):
        await office.until_ended()
    assert len(mail.mails) == 1
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.failure) == ("failed", "unavailable")


async def test_a_connection_lost_while_recording_sends_nothing_twice(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [answer] = await office.answer(conversation, support)
    async with working():
        async with conversation_held(office, conversation):
            backend = await recorder(office)
            async with office.database.transaction() as session:
                await session.execute(
                    text("SELECT pg_terminate_backend(:backend)"), {"backend": backend}
                )
            await recorder(office, besides=backend)
        await office.until_ended()
    assert len(mail.mails) == 1
    assert [each.outcome for each in await office.attempts(answer)] == ["sent"]
    assert len(await office.events()) == 1


async def test_a_worker_outlives_the_loss_of_every_connection(
    office: Office, mail: MailServer, support: UUID, working: Working, dsn: str
) -> None:
    async with working(poll_interval_s=0.05):
        for number in range(5):
            await office.answer(await office.conversation(support), support, text=str(number))
            apart = Database(dsn)
            async with apart.transaction() as session:
                await session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            await apart.close()
            await office.database.engine.dispose()
        await office.until_ended()
    assert sorted(mail.texts()) == list("01234")


async def test_a_shutdown_lets_sendings_end(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    mail.delay_s = 0.5
    [answer] = await office.answer(await office.conversation(support), support)
    async with working():

        async def is_sending() -> bool:
            return "sending" in await office.states()

        await until(is_sending)
    assert (await office.delivery(answer)).state == "sent"


async def test_an_adapters_bug_is_told_without_the_message_and_tried_again(
    office: Office,
    mail: MailServer,
    support: UUID,
    working: Working,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = ConnectedSmtp.send
    calls = 0

    async def buggy(
        self: ConnectedSmtp,
        message: OutboundMessage,
        channel: ChannelConfig,
        http: httpx.AsyncClient,
    ) -> Sent:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyError(message.recipient)
        return await sound(self, message, channel, http)

    monkeypatch.setattr(ConnectedSmtp, "send", buggy)
    [answer] = await office.answer(
        await office.conversation(support), support, "ann@customer.test", text="Secret words"
    )
    with structlog.testing.capture_logs() as logs:
        async with working():
            await office.until_ended()
    attempts = await office.attempts(answer)
    assert [each.failure for each in attempts] == ["unavailable", None]
    [told] = [line for line in logs if line["event"] == "delivery.unexpected"]
    assert told["error"] == "KeyError"
    assert "test_faults" in told["frames"][-1]
    assert "ann@" not in repr(logs)
    assert "Secret words" not in repr(logs)
