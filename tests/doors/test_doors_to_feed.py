"""Each door, from the customer's hand to the agents' feed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from tests.house import House, make_mail
from websockets.asyncio.client import connect

Deliver = Callable[[House], Awaitable[Any]]


async def by_chat(house: House) -> None:
    async with house.visitor() as visitor:
        await visitor.say("one", "Where is my parcel?")


DOORS: dict[str, Deliver] = {
    "web_form": lambda house: house.post_form(),
    "sms": lambda house: house.post_sms(),
    "email": lambda house: house.send_mail(make_mail()),
    "chat": by_chat,
}


@pytest.mark.parametrize("kind", DOORS)
async def test_a_message_reaches_a_queue_and_the_feed(house: House, kind: str) -> None:
    async with connect(f"{house.url.replace('http', 'ws')}/feed") as feed:
        hello = {"t": "hello", "v": 1, "token": house.team.agent, "client": "test"}
        await feed.send(orjson.dumps(hello).decode())
        await feed.recv()
        await feed.send(orjson.dumps({"t": "sub", "id": "all", "snapshot": True}).decode())
        await feed.recv()
        await DOORS[kind](house)
        events = await next_events(feed, 2)
    opened, received = events
    assert opened["type"] == "conversation.opened"
    assert opened["data"]["conversation"]["kind"] == kind
    assert received["type"] == "message.received"
    [listed] = (await house.get("/v1/conversations"))["items"]
    assert listed["id"] == opened["entity"] == received["entity"]
    assert listed["kind"] == kind
    assert listed["status"] == "queued"
    assert listed["queue"] == str(house.team.first_level)
    [message] = (await house.get(f"/v1/conversations/{listed['id']}/messages"))["items"]
    assert message["text"].strip() == "Where is my parcel?"
    [decision] = await house.get(f"/v1/conversations/{listed['id']}/decisions")
    assert decision["message"] == message["id"]
    assert decision["because"]


async def next_events(feed: Any, number: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while len(events) < number:
            frame = orjson.loads(await feed.recv())
            if frame["t"] == "ev":
                events.append(frame)
            elif frame["t"] == "evs":
                events += frame["items"]
    return events


async def test_what_a_door_answers_names_what_was_stored(house: House) -> None:
    form = await house.post_form()
    assert form.status_code == 201
    assert form.headers["access-control-allow-origin"] == "*"
    sms = await house.post_sms()
    assert (sms.status_code, sms.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert (await house.send_mail(make_mail())).startswith("2.0.0 Stored as ")
    stored = {str(row[0]) for row in await house.rows("SELECT id FROM message")}
    assert len(stored) == 3
    assert form.json()["message"] in stored


async def test_the_raw_payload_lies_beside_the_message(house: House) -> None:
    mail = make_mail("Look at this", Subject="Raw").as_bytes()
    await house.send_mail(mail)
    [[content_type, body]] = await house.rows("SELECT content_type, body FROM raw_payload")
    assert content_type == "message/rfc822"
    assert body.replace(b"\r\n", b"\n") == mail


async def test_large_payloads_are_stored_apart_and_once(house: House) -> None:
    mail = make_mail("x" * 200_000)
    mail.add_attachment(b"y" * 100_000, maintype="image", subtype="png", filename="parcel.png")
    await house.send_mail(mail)
    await house.send_mail(mail)
    [[body, sha256]] = await house.rows("SELECT body, sha256 FROM raw_payload")
    assert body is None
    [[size]] = await house.rows(
        "SELECT length(content) FROM blob WHERE sha256 = :sha256", sha256=sha256
    )
    assert size > 300_000
    [[filename, size]] = await house.rows("SELECT filename, size FROM attachment")
    assert (filename, size) == ("parcel.png", 100_000)
    assert await house.count("blob") == 2
