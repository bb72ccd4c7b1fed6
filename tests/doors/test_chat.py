"""Live chat: answers come over the visitor's own socket, and nothing is lost between sockets."""

from typing import Any

from tests.house import House


async def take_and_reply(house: House, *answers: str) -> str:
    [item] = (await house.get("/v1/conversations"))["items"]
    if item["status"] == "queued":
        await house.post(f"/v1/conversations/{item['id']}/take")
    for answer in answers:
        await house.post(f"/v1/conversations/{item['id']}/replies", {"text": answer})
    return str(item["id"])


async def hear(visitor: Any, number: int) -> list[str]:
    """Texts of messages until that many have come."""
    while len(visitor.messages) < number:
        await visitor.receive("message")
    return [message["text"] for message in visitor.messages]


async def test_the_answer_comes_over_the_same_socket(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        await take_and_reply(house, "Good morning!")
        assert await hear(visitor, 2) == ["Hello?", "Good morning!"]
        assert visitor.messages[-1]["author"] == "Ada"


async def test_what_was_said_meanwhile_is_there_on_return(house: House) -> None:
    async with house.visitor() as visitor:
        ack = await visitor.say("a", "Hello?")
        token = visitor.welcome["token"]
    await take_and_reply(house, "Are you there?", "I shall wait.")
    place = {"conversation": ack["conversation"], "after": ack["seq"]}
    async with house.visitor(token=token, **place) as visitor:
        assert await hear(visitor, 2) == ["Are you there?", "I shall wait."]


async def test_without_its_place_a_visitor_hears_all_again(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        token = visitor.welcome["token"]
    await take_and_reply(house, "Yes?")
    async with house.visitor(token=token) as visitor:
        assert visitor.welcome["seq"] == 2
        assert await hear(visitor, 2) == ["Hello?", "Yes?"]


async def test_another_token_is_another_visitor(house: House) -> None:
    async with house.visitor() as first, house.visitor() as second:
        await first.say("a", "A secret")
        await second.say("a", "Hello")
        assert await hear(second, 1) == ["Hello"]
    assert await house.count("conversation") == 2


async def test_seen_marks_the_delivery_delivered(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        id_ = await take_and_reply(house, "Yes?")
        await hear(visitor, 2)
        await visitor.send(t="seen", seq=2)
        await visitor.say("b", "Good")
    messages = (await house.get(f"/v1/conversations/{id_}/messages"))["items"]
    assert [each["state"] for each in messages[1]["deliveries"]] == ["delivered"]


async def test_notes_are_the_agents_own(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        id_ = await take_and_reply(house)
        await house.post(f"/v1/conversations/{id_}/notes", {"text": "Difficult customer."})
        await take_and_reply(house, "Yes?")
        assert await hear(visitor, 2) == ["Hello?", "Yes?"]


async def test_two_tabs_of_one_visitor_hear_the_same(house: House) -> None:
    async with house.visitor() as first:
        token = first.welcome["token"]
        await first.say("a", "Hello?")
        async with house.visitor(token=token) as second:
            await take_and_reply(house, "Yes?")
            assert await hear(first, 2) == await hear(second, 2) == ["Hello?", "Yes?"]
