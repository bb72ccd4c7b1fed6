from uuid import UUID

import pytest
from tests.delivery.office import Office

from gateway.delivery.acknowledgements import mark_delivered


async def acknowledge(office: Office, conversation: UUID, seq: int) -> int | None:
    async with office.database.transaction() as session:
        return await mark_delivered(session, office.workspace_id, conversation, seq)


@pytest.fixture
async def chat(office: Office) -> UUID:
    return await office.channel("chat")


async def test_a_visitor_acknowledges_up_to_a_message(office: Office, chat: UUID) -> None:
    conversation = await office.conversation(chat)
    answers = [(await office.answer(conversation, chat))[0] for _ in range(3)]

    assert await acknowledge(office, conversation, 2) == 2

    states = [(await office.delivery(each)).state for each in answers]
    assert states == ["delivered", "delivered", "queued"]
    events = await office.events(conversation)
    assert [event.data["delivery"]["id"] for event in events] == [str(each) for each in answers[:2]]
    assert {event.data["delivery"]["state"] for event in events} == {"delivered"}
    assert [(event.pos, event.version) for event in events] == [(1, 2), (2, 3)]


async def test_saying_it_again_changes_nothing(office: Office, chat: UUID) -> None:
    conversation = await office.conversation(chat)
    await office.answer(conversation, chat)
    assert await acknowledge(office, conversation, 1) == 1
    assert await acknowledge(office, conversation, 1) is None
    assert await acknowledge(office, conversation, 0) is None
    assert await office.head() == 1


async def test_only_chat_of_this_conversation_is_acknowledged(office: Office, chat: UUID) -> None:
    mail = await office.channel("email", "support@desk.test")
    conversation, other = [await office.conversation(chat) for _ in range(2)]
    [by_mail] = await office.answer(conversation, mail)
    [elsewhere] = await office.answer(other, chat)
    assert await acknowledge(office, conversation, 9) is None
    assert {(await office.delivery(each)).state for each in (by_mail, elsewhere)} == {"queued"}
