"""Mail without a thread that is an answer all the same: by a tagged address, last by subject."""

from uuid import uuid4

import pytest
from tests.house import House, make_mail

from gateway.reply_tags import ReplyTags


async def homes(house: House) -> list[list[str]]:
    """The texts of each conversation, oldest first."""
    rows = await house.rows(
        "SELECT array_agg(trim(text, E'\\n') ORDER BY seq) FROM message"
        " GROUP BY conversation_id ORDER BY min(created_at)"
    )
    return [list(row[0]) for row in rows]


async def tagged_address(house: House) -> str:
    [[id_]] = await house.rows("SELECT id FROM conversation")
    tags = house.gateway.configuration.workspace(house.team.workspace_id).reply_tags
    address = tags.address(house.team.mailbox, id_)
    assert address is not None
    return address


async def test_a_tagged_address_leads_to_its_conversation(house: House) -> None:
    await house.send_mail(make_mail("First"))
    address = await tagged_address(house)
    stranger = make_mail("From the office", To=address, From="boss@example.com", Subject="Other")
    await house.send_mail(stranger, to=address)
    assert await homes(house) == [["First", "From the office"]]


async def test_a_changed_tag_leads_nowhere(house: House) -> None:
    await house.send_mail(make_mail("First"))
    local, _, domain = (await tagged_address(house)).rpartition("@")
    forged = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    await house.send_mail(make_mail("Second", To=forged, Subject="Other"), to=forged)
    assert await homes(house) == [["First"], ["Second"]]


async def test_a_tag_of_another_workspace_leads_nowhere(house: House) -> None:
    await house.send_mail(make_mail("First"))
    tag = (await tagged_address(house)).rpartition("@")[0].partition("+")[2]
    team = await house.another_team("other")
    local, _, domain = team.mailbox.rpartition("@")
    address = f"{local}+{tag}@{domain}"
    await house.send_mail(make_mail("Second", To=address, Subject="Other"), to=address)
    assert await homes(house) == [["First"], ["Second"]]


async def test_answers_ask_to_be_answered_at_the_tagged_address(house: House) -> None:
    await house.rows(
        'UPDATE channel SET settings = settings || \'{"reply_tags": "on"}\' RETURNING 1'
    )
    await house.rows("UPDATE workspace SET configuration = configuration + 1 RETURNING 1")
    await house.gateway.configuration.refresh()
    await house.send_mail(make_mail("First"))
    [item] = (await house.get("/v1/conversations"))["items"]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/replies", {"text": "Soon."})
    answer = (await house.get(f"/v1/conversations/{item['id']}/messages"))["items"][-1]
    assert answer["email"]["reply_to"] == await tagged_address(house)


@pytest.mark.parametrize("subject", ["Re: Parcel", "AW: RE: parcel", "R: Parcel"])
async def test_an_answer_without_a_thread_is_found_by_its_subject(
    house: House, subject: str
) -> None:
    await house.send_mail(make_mail("First"))
    await house.send_mail(make_mail("Second", Subject=subject))
    assert await homes(house) == [["First", "Second"]]


async def test_the_newest_conversation_of_the_subject_is_meant(house: House) -> None:
    for words in ("First", "Second"):
        await house.send_mail(make_mail(words))
    await house.send_mail(make_mail("Third", Subject="Re: Parcel"))
    assert await homes(house) == [["First"], ["Second", "Third"]]


@pytest.mark.parametrize(
    "headers",
    [
        {"Subject": "Parcel"},
        {"Subject": "Fwd: Parcel"},
        {"Subject": "Re: Another"},
        {"Subject": "Re:"},
        {"Subject": "Re: Parcel", "From": "bob@example.com"},
    ],
)
async def test_what_may_be_another_matter_is_one(house: House, headers: dict[str, str]) -> None:
    await house.send_mail(make_mail("First"))
    await house.send_mail(make_mail("Second", **headers))
    assert await homes(house) == [["First"], ["Second"]]


async def test_a_thread_counts_more_than_subject_and_tag(house: House) -> None:
    await house.send_mail(make_mail("First", Message_ID="<a@example.com>"))
    address = await tagged_address(house)
    await house.send_mail(make_mail("Second", Message_ID="<b@example.com>"))
    third = make_mail("Third", To=address, Subject="Re: Parcel", In_Reply_To="<b@example.com>")
    await house.send_mail(third, to=address)
    assert await homes(house) == [["First"], ["Second", "Third"]]


def test_a_tagged_address_is_a_mail_address_and_is_read_in_any_case() -> None:
    tags, id_ = ReplyTags(b"key", 1), uuid4()
    address = tags.address("support@example.com", id_)
    assert address is not None
    assert len(address.partition("@")[0]) <= 64
    assert tags.conversation(address.upper()) == id_
    assert ReplyTags(b"key", 2).conversation(address) is None
    assert ReplyTags(b"other", 1).conversation(address) is None


def test_a_mailbox_with_a_tag_of_its_own_is_tagged_once_more() -> None:
    tags, id_ = ReplyTags(b"key", 1), uuid4()
    address = tags.address("support+it@example.com", id_)
    assert address is not None
    assert address.startswith("support+it+")
    assert tags.conversation(address) == id_


def test_a_long_mailbox_has_no_room_for_a_tag() -> None:
    assert ReplyTags(b"key", 1).address(f"{'long' * 8}@example.com", uuid4()) is None


async def test_mail_to_a_tagged_mailbox_with_a_tag_of_its_own_arrives(house: House) -> None:
    address = "support+it@house.test"
    body = {"kind": "email", "provider": "smtp", "name": "Italian", "address": address}
    channel = await house.post("/v1/channels", body, token=house.team.admin)
    answer = await house.send_mail(make_mail("First", To=address), to="support+it+more@house.test")
    assert answer.startswith("2.0.0")
    [[channel_id]] = await house.rows("SELECT channel_id FROM message")
    assert str(channel_id) == channel["id"]
