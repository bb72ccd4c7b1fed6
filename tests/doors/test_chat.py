"""Live chat: answers come over the visitor's own socket, and nothing is lost between sockets."""

import json
from typing import Any

import pytest
from tests.house import House, bearer, make_mail
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from channels.chat import user_hash


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


async def chat_channel(house: House, *, secret: str = "", **settings: str) -> None:
    headers = bearer(house.team.admin)
    channels = (await house.http.get("/v1/channels", headers=headers)).json()
    [chat] = [channel for channel in channels if channel["kind"] == "chat"]
    secrets = {"identity_secret": secret} if secret else {}
    body = {"settings": settings, "secrets": secrets}
    answer = await house.http.patch(f"/v1/channels/{chat['id']}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def tell(house: House, path: str, body: dict[str, Any]) -> None:
    """As an agent's UI does; answered 204."""
    [item] = (await house.get("/v1/conversations"))["items"]
    url = f"/v1/conversations/{item['id']}/{path}"
    answer = await house.http.post(url, json=body, headers=bearer(house.team.agent))
    assert answer.status_code == 204, answer.text


async def test_agents_come_and_go(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        id_ = await take_and_reply(house)
        joined = await visitor.receive("agent")
        assert (joined["state"], joined["name"]) == ("joined", "Ada")
        await house.post(f"/v1/conversations/{id_}/release")
        assert (await visitor.receive("agent"))["state"] == "left"


async def test_reading_is_seen_by_the_other_side(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        id_ = await take_and_reply(house, "Yes?")
        await tell(house, "read", {"seq": 1})
        assert (await visitor.receive("read"))["seq"] == 1
        await hear(visitor, 2)
        await visitor.send(t="read", seq=99)
        await visitor.say("b", "Good")
        shown = await house.get(f"/v1/conversations/{id_}")
        assert shown["read"] == {"customer": 2, "agent": 1}
        messages = (await house.get(f"/v1/conversations/{id_}/messages"))["items"]
        assert [each["state"] for each in messages[1]["deliveries"]] == ["delivered"]
    marks = "SELECT count(*) FROM event WHERE type = 'conversation.read'"
    assert await house.rows(marks) == [(2,)]


async def test_typing_reaches_the_other_side_and_is_kept_nowhere(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        await take_and_reply(house)
        before = await house.count("event")
        async with connect(f"{house.url.replace('http', 'ws')}/feed") as feed:
            hello = {"t": "hello", "v": 1, "token": house.team.agent, "client": "test"}
            await feed.send(json.dumps(hello))
            await feed.send(json.dumps({"t": "sub", "id": "s", "snapshot": True}))
            while json.loads(await feed.recv())["t"] != "snap":
                pass
            await visitor.send(t="typing", on=True)
            frame = json.loads(await feed.recv())
            assert (frame["t"], frame["kind"], frame["ttl_ms"]) == ("eph", "typing", 10_000)
            assert (frame["data"]["by"], frame["data"]["on"]) == ("customer", True)
            await tell(house, "typing", {"on": True})
            heard = await visitor.receive("typing")
            assert (heard["on"], heard["name"]) == (True, "Ada")
        assert await house.count("event") == before


async def test_a_proven_user_is_the_same_on_every_device(house: House) -> None:
    await chat_channel(house, secret="s3cret")
    proof = user_hash("42", "s3cret")
    async with house.visitor(user="42", hash=proof) as desktop:
        await desktop.say("a", "Hello?")
        async with house.visitor(user="42", hash=proof) as phone:
            assert await hear(phone, 1) == ["Hello?"]
            assert phone.welcome["visitor"] == "user:42"
    assert await house.rows("SELECT space, address FROM identity") == [("visitor", "user:42")]


async def test_a_proven_address_is_the_one_that_writes_mail(house: House) -> None:
    await chat_channel(house, secret="s3cret")
    await house.send_mail(make_mail())
    user = "Ann@Example.com"
    async with house.visitor(user=user, hash=user_hash(user, "s3cret")) as visitor:
        await visitor.say("a", "Hello?")
        await reply_in_chat(house, "Yes?")
        assert await hear(visitor, 2) == ["Hello?", "Yes?"]
    assert await house.count("contact") == 1


async def reply_in_chat(house: House, answer: str) -> None:
    items = (await house.get("/v1/conversations"))["items"]
    [item] = [item for item in items if item["subject"] is None]
    await house.post(f"/v1/conversations/{item['id']}/take")
    await house.post(f"/v1/conversations/{item['id']}/replies", {"text": answer})


@pytest.mark.parametrize("secret", ["", "s3cret"])
@pytest.mark.parametrize("proof", [None, "0" * 64, user_hash("43", "s3cret"), user_hash("42", "")])
async def test_who_proves_nothing_is_refused(house: House, secret: str, proof: str | None) -> None:
    await chat_channel(house, secret=secret)
    with pytest.raises(ConnectionClosedError) as caught:
        async with house.visitor(user="42", hash=proof):
            pass
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4501
    assert await house.count("identity") == 0


async def test_nobody_there(house: House) -> None:
    for setting, online in (("no", False), ("yes", True), ("agents", False)):
        await chat_channel(house, online=setting)
        async with house.visitor() as visitor:
            assert visitor.welcome["online"] is online
    async with connect(f"{house.url.replace('http', 'ws')}/feed") as feed:
        hello = {"t": "hello", "v": 1, "token": house.team.agent, "client": "test"}
        await feed.send(json.dumps(hello))
        await feed.recv()
        async with house.visitor() as visitor:
            assert visitor.welcome["online"] is True


async def test_whoever_leaves_an_address_gets_what_was_said(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.send(t="email", email="ann@example.com")
        assert (await visitor.receive("err"))["code"] == "no_conversation"
        await visitor.say("a", "Hello?")
        await visitor.send(t="email", email="Ann@Example.com")
        assert (await visitor.receive("done"))["what"] == "email"
        id_ = await take_and_reply(house, "Yes?")
        await house.post(f"/v1/conversations/{id_}/notes", {"text": "Difficult."})
        await house.post(f"/v1/conversations/{id_}/solve")
    messages = (await house.get(f"/v1/conversations/{id_}/messages"))["items"]
    assert messages[1]["attributes"] == {"visitor_email": "ann@example.com"}
    transcript = messages[-1]
    assert [each["recipient"] for each in transcript["deliveries"]] == ["ann@example.com"]
    assert (transcript["direction"], transcript["subject"]) == ("note", "Website chat")
    assert "Hello?" in transcript["text"]
    assert "Ada" in transcript["text"]
    assert "Difficult" not in transcript["text"]


async def test_transcripts_on_request_and_not_without_end(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("a", "Hello?")
        await visitor.send(t="transcript")
        assert (await visitor.receive("err"))["code"] == "refused"
        for _ in range(3):
            await visitor.send(t="transcript", email="ann@example.com")
            assert (await visitor.receive("done"))["what"] == "transcript"
        await visitor.send(t="transcript", email="ann@example.com")
        assert (await visitor.receive("err"))["code"] == "refused"
        await visitor.send(t="transcript", email="ann@example.com")
        assert (await visitor.receive("err"))["code"] == "too_many"
    assert await house.rows("SELECT DISTINCT recipient FROM delivery") == [("ann@example.com",)]
