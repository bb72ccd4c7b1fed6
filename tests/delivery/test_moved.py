"""Conversations that are merged while something about their messages is on its way."""

import asyncio
from typing import Any

import pytest
from tests.delivery.office import until
from tests.delivery.providers import Twilio, twilio
from tests.doors.test_status import report, texting
from tests.house import House, serving
from tests.media.test_media import FAST, PICTURE, is_being_fetched

ANN, BOB = "+393331234567", "+393337654321"


async def texted(house: House, sender: str, **fields: Any) -> str:
    """A text of a sender's own; returns the conversation's id."""
    assert (await house.post_sms(From=sender, Body=f"From {sender}", **fields)).status_code == 200
    [[id_]] = await house.rows(
        "SELECT conversation_id FROM message WHERE text = :text", text=f"From {sender}"
    )
    await house.post(f"/v1/conversations/{id_}/take")
    return str(id_)


async def told_of(house: House, event: str) -> set[str]:
    """The conversations that have events of a type."""
    rows = await house.rows("SELECT conversation_id FROM event WHERE type = :type", type=event)
    return {str(row[0]) for row in rows}


async def merge(house: House, id_: str, into: str) -> None:
    await house.post(f"/v1/conversations/{id_}/merge", {"into": into})


async def test_what_became_of_an_answer_is_told_where_it_is(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True) as house:
        await texting(house, provider)
        kept, taken = await texted(house, ANN), await texted(house, BOB)

        async def merge_meanwhile(_text: dict[str, str]) -> None:
            await merge(house, taken, kept)

        provider.before_answer = merge_meanwhile
        await house.post(f"/v1/conversations/{taken}/replies", {"text": "It is on its way."})

        async def is_sent() -> bool:
            return bool(await house.rows("SELECT 1 FROM delivery WHERE state = 'sent'"))

        await until(is_sent)
        assert await told_of(house, "delivery.changed") == {kept}
        assert len(provider.texts) == 1


@pytest.mark.parametrize("path", ["kept", "unknown"])
async def test_what_became_of_a_file_is_told_where_its_message_is(dsn: str, path: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True, max_attempts=1, **FAST) as house:
        await texting(house, provider)
        provider.may_give_media.clear()
        url = provider.keep("ME1", PICTURE)
        url = url if path == "kept" else f"http://127.0.0.1:{provider.port}/unknown"
        taken = await texted(house, BOB, NumMedia="1", MediaUrl0=url)
        kept = await texted(house, ANN)

        async def is_asked_for() -> bool:
            return await is_being_fetched(house)

        await until(is_asked_for)
        await merge(house, taken, kept)
        provider.may_give_media.set()

        async def is_told() -> bool:
            return bool(await told_of(house, "message.changed"))

        await until(is_told)
        assert await told_of(house, "message.changed") == {kept}


async def test_a_report_that_waits_for_a_merge_is_told_where_the_answer_is(house: House) -> None:
    kept, taken = await texted(house, ANN), await texted(house, BOB)
    await house.post(f"/v1/conversations/{taken}/replies", {"text": "It is on its way."})
    await house.rows("UPDATE delivery SET state = 'sent', provider_id = 'SM1' RETURNING 1")
    provider = Twilio(house.team.twilio["account_sid"], house.team.twilio["auth_token"])
    url = f"{house.url}/in/twilio/{house.team.keys['sms']}/status"
    other = await house.gateway.database.connect()
    async with other.transaction():
        await other.execute("SELECT FROM conversation WHERE id = $1 FOR UPDATE", taken)
        reporting = asyncio.create_task(
            report(house, provider, url, MessageSid="SM1", MessageStatus="delivered")
        )

        async def is_waited_for() -> bool:
            return bool(await house.rows("SELECT 1 FROM pg_locks WHERE NOT granted"))

        await until(is_waited_for)
        await other.execute("UPDATE delivery SET conversation_id = $1", kept)
    await other.close()
    assert (await reporting).status_code == 204
    assert await told_of(house, "delivery.changed") == {kept}
