"""STOP and START, from the message that says so to the answer that is not sent."""

from typing import Any

import pytest
from tests.delivery.office import until
from tests.delivery.providers import twilio
from tests.doors.test_status import texting
from tests.house import House, serving

ANN = "+393331234567"


async def answer(house: House, text: str = "It is on its way.") -> dict[str, Any]:
    """Answer the newest conversation; returns the last delivery once it has ended."""
    [item] = (await house.get("/v1/conversations"))["items"]
    if item["assignee"] is None:
        await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/replies", {"text": text})
    found: list[dict[str, Any]] = []

    async def has_ended() -> bool:
        found[:] = (await house.get("/v1/deliveries"))["items"]
        return not {"queued", "sending"} & {each["state"] for each in found}

    await until(has_ended)
    return found[0]


async def opted_out(house: House) -> list[str]:
    [contact] = (await house.get("/v1/contacts"))["items"]
    [identity] = contact["identities"]
    return list(identity["opted_out"])


async def test_stop_holds_until_start(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True) as house:
        channel = await texting(house, provider)
        await house.post_sms(Body="Stop")
        assert await opted_out(house) == [channel]
        refused = await answer(house)
        assert (refused["state"], refused["failure"]) == ("failed", "bad_recipient")
        assert "STOP" in refused["detail"]
        assert refused["attempts"] == 1
        await house.post_sms(Body="HELP")
        assert (await answer(house))["state"] == "failed"
        assert provider.texts == []
        await house.post_sms(Body="START")
        assert await opted_out(house) == []
        assert (await answer(house))["state"] == "sent"
        assert [text["To"] for text in provider.texts] == [ANN]


async def test_whatsapp_and_sms_of_a_number_are_one_contact_and_one_wish(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True) as house:
        channel = await texting(house, provider)
        await house.post_sms()
        await house.post_sms(From=f"whatsapp:{ANN}", To="whatsapp:+15005550006")
        assert (await answer(house))["recipient"] == f"whatsapp:{ANN}"
        assert provider.texts[-1]["From"] == "whatsapp:+15005550006"
        await house.post_sms()
        assert (await answer(house))["recipient"] == ANN
        await house.post_sms(From=f"whatsapp:{ANN}", Body="STOP")
        assert await opted_out(house) == [channel]
        assert (await answer(house))["failure"] == "bad_recipient"
        assert len(provider.texts) == 2


async def test_the_provider_s_own_list_is_heeded(dsn: str) -> None:
    async with twilio() as provider, serving(dsn, worker=True) as house:
        channel = await texting(house, provider)
        provider.answers[ANN] = [(400, 21610, "")]
        await house.post_sms()
        assert "21610" in (await answer(house))["detail"]
        assert await opted_out(house) == [channel]
        assert "STOP" in (await answer(house))["detail"]
        assert provider.texts == []


async def test_the_last_word_of_a_batch_counts(house: House) -> None:
    for words in (["STOP", "START"], ["START", "STOP"]):
        for word in words:
            await house.post_sms(Body=word)
    assert len(await opted_out(house)) == 1


@pytest.mark.parametrize("words", ["stop it", "I want to stop", "stop."])
async def test_words_among_others_mean_nothing(house: House, words: str) -> None:
    await house.post_sms(Body=words)
    assert await opted_out(house) == []


async def test_the_wish_is_exported_and_erased_with_the_contact(house: House) -> None:
    await house.post_sms(Body="STOP")
    [contact] = (await house.get("/v1/contacts"))["items"]
    exported = await house.get(f"/v1/contacts/{contact['id']}/export")
    assert len(exported["opt_outs"]) == 1
    headers = {"Authorization": f"Bearer {house.team.admin}"}
    await house.http.delete(f"/v1/contacts/{contact['id']}", headers=headers)
    assert await house.count("opt_out") == 0


async def test_a_long_text_goes_in_parts_and_in_order(dsn: str) -> None:
    words = " ".join(f"word{number}" for number in range(500))
    async with twilio() as provider, serving(dsn, worker=True) as house:
        await texting(house, provider)
        await house.post_sms()
        await answer(house, words)
        assert " ".join(text["Body"] for text in provider.texts) == words
        assert all(len(text["Body"]) <= 1_600 for text in provider.texts)
        [item] = (await house.get("/v1/conversations"))["items"]
        messages = (await house.get(f"/v1/conversations/{item['id']}/messages"))["items"]
        parts = messages[-1]["deliveries"]
        assert [part["segments"] for part in parts] == [11, 11, 5]
        assert messages[-1]["text"] == words
        sent = await house.rows("SELECT provider_id FROM delivery ORDER BY id")
        assert [row[0] for row in sent] == [f"SM{n:032x}" for n in range(1, len(parts) + 1)]


async def test_a_part_that_fails_for_now_holds_the_rest(dsn: str) -> None:
    words = "word " * 600
    async with (
        twilio() as provider,
        serving(dsn, worker=True, retry_base_s=0.02) as house,
    ):
        await texting(house, provider)
        provider.answers[ANN] = [(503, 0, ""), (503, 0, "")]
        await house.post_sms()
        await answer(house, words)
        assert "".join(f"{text['Body']} " for text in provider.texts) == words
