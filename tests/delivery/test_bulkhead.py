"""One provider's trouble stays its own: many deliveries on each of two channels, at once."""

import statistics
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.delivery.conftest import Working
from tests.delivery.office import Office, until
from tests.delivery.providers import MailServer, Twilio, mail_server, silent_server

from gateway.database.schema import Delivery

MANY = 120


async def under_way(office: Office, channel: UUID) -> int:
    return await office.count(Delivery, Delivery.channel_id == channel, Delivery.state == "sending")


@pytest.fixture
async def sound(office: Office, mail: MailServer) -> UUID:
    return await office.channel("email", "sound@desk.test", settings=mail.settings)


async def test_a_provider_that_hangs_delays_no_other_of_its_kind(
    office: Office, mail: MailServer, sound: UUID, working: Working
) -> None:
    """Both are mail: the same adapter, the same kept connections, the same worker."""

    async def is_sent() -> bool:
        return len(mail.mails) == MANY

    async with silent_server() as silent:
        dead = await office.channel("email", "dead@desk.test", settings=silent.settings)
        await office.backlog(dead, conversations=MANY)
        await office.backlog(sound, conversations=MANY)
        async with working(send_timeout_s=60.0, poll_interval_s=30.0):
            await until(is_sent)
            assert await under_way(office, dead) == 8
            silent.hang_up()


async def test_time_outs_again_and_again_cost_the_others_nothing(
    office: Office, mail: MailServer, sound: UUID, working: Working
) -> None:
    """A dead provider's attempts end all the time, and free slots for more of the same."""

    async def is_sent(delivery_id: UUID) -> bool:
        return (await office.delivery(delivery_id)).state == "sent"

    async with silent_server() as silent:
        dead = await office.channel("email", "dead@desk.test", settings=silent.settings)
        await office.backlog(dead, conversations=MANY)
        async with working(send_timeout_s=0.3, max_attempts=100):
            for _ in range(10):
                [answer] = await office.answer(await office.conversation(sound), sound)
                await until(partial(is_sent, answer))
            silent.hang_up()
    async with office.database.transaction() as session:
        rows = await session.execute(
            text(
                "SELECT extract(epoch FROM a.started_at - d.created_at) AS wait FROM attempt a"
                " JOIN delivery d ON d.id = a.delivery_id WHERE d.channel_id = :sound"
            ),
            {"sound": sound},
        )
        waits = [float(row.wait) for row in rows]
    assert statistics.median(waits) < 0.25


async def test_a_slow_provider_and_a_refusing_one_leave_the_third_alone(
    office: Office, mail: MailServer, texts: Twilio, sound: UUID, working: Working
) -> None:
    async with mail_server() as slow, silent_server() as gone:
        slow.delay_s = 5.0
        for name, settings in (("slow", slow.settings), ("gone", gone.settings)):
            channel = await office.channel("email", f"{name}@desk.test", settings=settings)
            await office.backlog(channel, conversations=MANY)
        gone.hang_up()
        phone = await office.channel(
            "sms", "+15005550006", settings=texts.settings, secrets=texts.secrets
        )
        await office.backlog(sound, conversations=MANY)
        await office.backlog(phone, "+393331234567", conversations=MANY)

        async def is_sent() -> bool:
            return len(mail.mails) == len(texts.texts) == MANY

        async with working(send_timeout_s=60.0, retry_base_s=1.0):
            await until(is_sent)
            assert len(slow.mails) < MANY
