"""Mail threads, whatever order they arrive in."""

import asyncio
import itertools

import pytest
from tests.house import House, make_mail

A, B, C, D = (f"<{name}@example.com>" for name in "abcd")


def thread(own: str, *references: str) -> bytes:
    named = {"Message_ID": own}
    if references:
        named |= {"In_Reply_To": references[-1], "References": " ".join(references)}
    return make_mail(f"I am {own}", **named).as_bytes()


async def conversations(house: House) -> list[set[str]]:
    """The texts of each conversation."""
    rows = await house.rows("SELECT conversation_id, text FROM message")
    found: dict[str, set[str]] = {}
    for id_, words in rows:
        found.setdefault(id_, set()).add(words.split("<")[1][0])
    return sorted(found.values(), key=min)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_every_order_of_arrival_gives_one_conversation(
    house: House, order: tuple[int, ...]
) -> None:
    mails = [thread(A), thread(B, A), thread(C, A, B)]
    for position in order:
        await house.send_mail(mails[position])
    assert await conversations(house) == [{"a", "b", "c"}]


async def test_all_at_once_gives_one_conversation(house: House) -> None:
    mails = [thread(A), thread(B, A), thread(C, A, B), thread(D, A, B, C)]
    await asyncio.gather(*(house.send_mail(mail) for mail in reversed(mails)))
    assert await conversations(house) == [{"a", "b", "c", "d"}]


async def test_a_mail_that_names_nothing_is_a_matter_of_its_own(house: House) -> None:
    await house.send_mail(thread(A))
    await house.send_mail(thread(B))
    assert await conversations(house) == [{"a"}, {"b"}]


async def test_circular_references_harm_nobody(house: House) -> None:
    await house.send_mail(thread(A, B))
    await house.send_mail(thread(B, A))
    await house.send_mail(thread(C, C))
    assert await conversations(house) == [{"a", "b"}, {"c"}]


async def test_two_conversations_are_linked_and_never_merged(house: House) -> None:
    await house.send_mail(thread(A))
    await house.send_mail(thread(B))
    await house.send_mail(thread(C, A, B))
    assert await conversations(house) == [{"a"}, {"b", "c"}]
    [[joined, other]] = await house.rows("SELECT conversation_id, other_id FROM conversation_link")
    assert (await house.get(f"/v1/conversations/{joined}"))["links"] == [str(other)]
    assert (await house.get(f"/v1/conversations/{other}"))["links"] == [str(joined)]


async def test_the_answer_to_an_answer_finds_its_conversation(house: House) -> None:
    await house.send_mail(thread(A))
    [item] = (await house.get("/v1/conversations"))["items"]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/replies", {"text": "It is on its way."})
    messages = (await house.get(f"/v1/conversations/{item['id']}/messages"))["items"]
    answer = messages[-1]["email"]
    assert answer["in_reply_to"] == A.strip("<>")
    assert answer["references"] == [A.strip("<>")]
    await house.send_mail(thread(B, f"<{answer['message_id']}>"))
    assert await conversations_of_inbound(house) == 1


async def conversations_of_inbound(house: House) -> int:
    [[number]] = await house.rows(
        "SELECT count(DISTINCT conversation_id) FROM message WHERE direction = 'inbound'"
    )
    return int(number)


async def test_a_closed_conversation_is_followed_by_a_linked_one(house: House) -> None:
    await house.send_mail(thread(A))
    await house.rows("UPDATE conversation SET status = 'closed', closed_at = now() RETURNING 1")
    await house.send_mail(thread(B, A))
    assert await conversations(house) == [{"a"}, {"b"}]
    assert await house.count("conversation_link") == 1


async def test_a_changed_subject_stays_in_its_thread(house: House) -> None:
    await house.send_mail(thread(A))
    changed = make_mail("I am <b", Message_ID=B, In_Reply_To=A, Subject="Something else entirely")
    await house.send_mail(changed)
    assert await conversations(house) == [{"a", "b"}]


async def test_an_answer_to_all_of_our_mailboxes_is_one_message_in_one_conversation(
    house: House,
) -> None:
    await another_mailbox(house, "sales@house.test")
    both = "support@house.test, Sales <sales@house.test>"
    for own, references in ((A, {}), (B, {"In_Reply_To": A})):
        mail = make_mail(f"I am {own}", Message_ID=own, To=both, **references)
        for mailbox in ("sales@house.test", "support@house.test"):
            await house.send_mail(mail, to=mailbox)
    assert await conversations(house) == [{"a", "b"}]
    assert await house.count("message") == 2


async def another_mailbox(house: House, address: str) -> None:
    body = {"kind": "email", "provider": "smtp", "name": address, "address": address}
    await house.post("/v1/channels", body, token=house.team.admin)


async def test_a_forwarded_thread_that_is_known_goes_there(house: House) -> None:
    await house.send_mail(thread(A))
    known = make_mail("I am <b", Message_ID=B, References=A, Subject="Fwd: Parcel")
    await house.send_mail(known)
    assert await conversations(house) == [{"a", "b"}]


async def test_a_forwarded_mail_of_others_is_a_matter_of_its_own(house: House) -> None:
    await house.send_mail(thread(A))
    foreign = make_mail(
        "I am <b", Message_ID=B, References="<x@elsewhere.example>", Subject="Fwd: x"
    )
    await house.send_mail(foreign)
    assert await conversations(house) == [{"a"}, {"b"}]


async def test_a_reused_id_does_not_join_what_is_not_one(house: House) -> None:
    await house.send_mail(make_mail("I am <a", Message_ID=A))
    await house.send_mail(make_mail("I am <b", Message_ID=A, Subject="Other", From="bob@b.example"))
    await house.send_mail(thread(C, A))
    assert await conversations(house) == [{"a", "c"}, {"b"}]
