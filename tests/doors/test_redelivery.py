"""A repeated delivery of any kind gives one message."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.channels.sms.vonage_payloads import message
from tests.delivery.vonage import Vonage
from tests.doors.test_vonage import post, vonage_channel
from tests.house import House, make_mail

AT_ONCE = 64

Deliver = Callable[[House], Awaitable[Any]]


async def by_chat(house: House) -> None:
    token = "vt_" + "t" * 43
    async with house.visitor(token=token) as visitor:
        await visitor.say("the-same", "Hello")


def same_mail(house: House) -> Awaitable[str]:
    return house.send_mail(make_mail(Message_ID="<same@example.com>"))


async def open_vonage(house: House) -> None:
    house.team.keys["vonage"] = (await vonage_channel(house, Vonage()))["public_key"]


async def by_vonage(house: House) -> None:
    answer = await post(house, f"/in/vonage/{house.team.keys['vonage']}", message())
    assert answer.status_code == 204


OPENED: dict[str, Deliver] = {"vonage": open_vonage}
"""What a door needs before anything comes through it."""

SAME: dict[str, Deliver] = {
    "form with a submission id": lambda house: house.post_form(submission_id="the-same"),
    "form with Idempotency-Key": lambda house: house.post_form(
        headers={"Idempotency-Key": "the-same"}
    ),
    "form without either": lambda house: house.post_form(),
    "twilio": lambda house: house.post_sms(MessageSid="SM" + "0" * 32),
    "vonage": by_vonage,
    "mail": same_mail,
    "chat": by_chat,
}


@pytest.mark.parametrize("door", SAME)
async def test_one_after_the_other(house: House, door: str) -> None:
    if door in OPENED:
        await OPENED[door](house)
    for _ in range(3):
        await SAME[door](house)
    await assert_one(house)


@pytest.mark.parametrize("door", SAME)
async def test_sixty_four_at_a_time(house: House, door: str) -> None:
    if door in OPENED:
        await OPENED[door](house)
    await asyncio.gather(*(SAME[door](house) for _ in range(AT_ONCE)))
    await assert_one(house)


async def assert_one(house: House) -> None:
    for table in ("message", "conversation", "receipt", "raw_payload", "decision", "contact"):
        assert await house.count(table) == 1, table
    assert await house.count("event") == 2
    assert await house.count("quarantine") == 0


async def test_every_repetition_is_answered_with_the_original(house: House) -> None:
    answers = await asyncio.gather(*(house.post_form(submission_id="a") for _ in range(20)))
    assert len({answer.json()["message"] for answer in answers}) == 1
    assert [answer.json()["duplicate"] for answer in answers].count(False) == 1
    assert {answer.status_code for answer in answers} == {200, 201}


async def test_the_same_words_count_again_after_ten_minutes(house: House) -> None:
    await house.post_form()
    await house.rows("UPDATE receipt SET repeats_until = now() RETURNING 1")
    await house.post_form()
    assert await house.count("message") == 2


async def test_the_same_mail_to_two_mailboxes_is_one_message(house: House) -> None:
    await house.rows(
        "INSERT INTO channel (workspace_id, id, kind, provider, name, address, public_key) "
        "SELECT workspace_id, gen_random_uuid(), kind, provider, 'Sales', 'sales@house.test', 'k' "
        "FROM channel WHERE kind = 'email' RETURNING 1"
    )
    await house.rows("UPDATE workspace SET configuration = configuration + 1 RETURNING 1")
    await house.gateway.configuration.refresh()
    await same_mail(house)
    await house.send_mail(make_mail(Message_ID="<same@example.com>"), to="sales@house.test")
    assert await house.count("message") == 1


async def test_a_reused_message_id_with_other_words_is_another_message(house: House) -> None:
    await house.send_mail(make_mail("One", Message_ID="<same@example.com>"))
    await house.send_mail(make_mail("Two", Message_ID="<same@example.com>"))
    assert await house.count("message") == 2
    assert await house.count("conversation") == 2


async def test_two_workspaces_keep_their_own_receipts(house: House) -> None:
    other = await house.another_team("other")
    await house.post_form(submission_id="a")
    await house.post_form(submission_id="a", team=other)
    assert await house.count("message") == 2
