"""Reports while other transactions are in their way: applied in the end, or asked for again."""

from collections.abc import Awaitable, Callable

import aiosmtplib
import asyncpg
import pytest
from tests.delivery.providers import Twilio
from tests.doors.test_status import report
from tests.house import House
from tests.ingest.test_machine_mail import answered, bounce, messages

from gateway.database.connections import MAX_TRIES

TROUBLE = """
CREATE SEQUENCE trouble;
CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('trouble') <= {times} THEN
        RAISE EXCEPTION 'in the way' USING ERRCODE = '{state}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trouble BEFORE UPDATE ON delivery FOR EACH ROW EXECUTE FUNCTION trouble();
"""
"""The first changes of deliveries fail, as when others change them too."""

InTheWay = Callable[[int, str], Awaitable[None]]


@pytest.fixture
def in_the_way(dsn: str) -> InTheWay:
    async def lay(times: int, state: str) -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(TROUBLE.format(times=times, state=state))
        await connection.close()

    return lay


async def state(house: House, conversation: str) -> str:
    [delivery] = (await messages(house, conversation))[1]["deliveries"]
    return str(delivery["state"])


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
async def test_a_bounce_is_applied_in_the_end(
    house: House, in_the_way: InTheWay, code: str
) -> None:
    conversation, answer = await answered(house)
    await in_the_way(MAX_TRIES - 1, code)
    await house.send_mail(bounce(answer))
    assert await state(house, conversation) == "failed"


async def test_a_bounce_that_was_not_applied_is_sent_again_and_stored_once(
    house: House, in_the_way: InTheWay
) -> None:
    conversation, answer = await answered(house)
    await in_the_way(MAX_TRIES, "40001")
    with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
        await house.send_mail(bounce(answer))
    assert refusal.value.code == 451
    assert await state(house, conversation) == "sent"
    await house.send_mail(bounce(answer))
    assert await state(house, conversation) == "failed"
    assert len(await messages(house, conversation)) == 3


async def test_a_provider_is_asked_to_report_again(house: House, in_the_way: InTheWay) -> None:
    conversation, answer = await answered(house)
    [[channel]] = await house.rows("SELECT id FROM channel WHERE kind = 'sms'")
    await house.rows("UPDATE delivery SET channel_id = :id RETURNING 1", id=channel)
    await in_the_way(MAX_TRIES, "40P01")
    provider = Twilio(house.team.twilio["account_sid"], house.team.twilio["auth_token"])
    url = f"{house.url}/in/twilio/{house.team.keys['sms']}/status"
    told = {"MessageSid": answer, "MessageStatus": "delivered"}
    late = await report(house, provider, url, **told)
    assert (late.status_code, late.headers["retry-after"]) == (503, "2")
    assert (await report(house, provider, url, **told)).status_code == 204
    assert await state(house, conversation) == "delivered"
