"""One bad message never harms its neighbours, and a failing rule never loses a message."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.house import House

from channels.contract import InboundMessage, Payload, ReceiptKey, Sender
from gateway.configuration import ConfiguredChannel
from gateway.ingest.submission import Accepted, IngestUnavailable, Submission
from routing.engine import RuleSet


def submission(channel: ConfiguredChannel, name: str, words: str) -> Submission:
    inbound = InboundMessage(
        kind="web_form",
        receipt=ReceiptKey("form", name),
        sender=Sender("email", f"{name}@example.com"),
        recipient="",
        text=words,
    )
    payload = Payload("application/json", words.encode(errors="replace"))
    return Submission(channel, payload, inbound, datetime.now(UTC))


def form_of(house: House) -> ConfiguredChannel:
    channel = house.gateway.configuration.channel_by_key(house.team.keys["web_form"])
    assert channel is not None
    return channel


async def submit(house: House, *names: str, poison: str = "\x00") -> list[Accepted]:
    """In one go, so that they share a batch; names that begin with `bad` carry the poison."""
    channel = form_of(house)
    items = [submission(channel, name, poison * name.startswith("bad") + name) for name in names]
    return await asyncio.gather(*(house.gateway.writer.submit(item) for item in items))


@pytest.mark.parametrize("poison", ["\x00", "\ud800"])
async def test_the_offender_alone_goes_to_quarantine(house: House, poison: str) -> None:
    answers = await submit(house, "a", "bad", "b", "c", "bad-too", "d", poison=poison)
    held = [answer.quarantine_id is not None for answer in answers]
    assert held == [False, True, False, False, True, False]
    rows = await house.rows("SELECT text FROM message ORDER BY seq, created_at")
    assert {row[0] for row in rows} == {"a", "b", "c", "d"}
    assert await house.count("quarantine") == 2
    assert await house.count("receipt") == 6


async def test_a_repeated_offender_is_kept_once(house: House) -> None:
    first, again = [(await submit(house, "bad"))[0] for _ in range(2)]
    assert first.quarantine_id == again.quarantine_id
    assert (first.duplicate, again.duplicate) == (False, True)
    assert await house.count("quarantine") == 1


async def test_a_repetition_inside_a_batch_is_answered_too(house: House) -> None:
    answers = await submit(house, "a", "a", "b", "a")
    assert [answer.duplicate for answer in answers] == [False, True, False, True]
    assert len({answer.message_id for answer in answers}) == 2
    assert await house.count("message") == 2


async def test_rules_that_fail_send_to_the_default_queue(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a defect in the rules")

    monkeypatch.setattr(RuleSet, "decide", fail)
    response = await house.post_form()
    assert response.status_code == 201
    [item] = (await house.get("/v1/conversations"))["items"]
    assert item["queue"] == str(house.team.first_level)
    [decision] = await house.get(f"/v1/conversations/{item['id']}/decisions")
    assert "RuntimeError" in decision["error"]


async def test_a_full_queue_refuses_at_once(house: House) -> None:
    writer = house.gateway.writer
    small = type(writer)(
        house.gateway.database,
        house.gateway.configuration,
        house.gateway.wakeups,
        house.gateway.metrics,
        max_messages=2,
        max_bytes=1_000,
    )
    channel = form_of(house)
    waiting = [
        asyncio.create_task(small.submit(submission(channel, name, "words"))) for name in "ab"
    ]
    await asyncio.sleep(0)
    with pytest.raises(IngestUnavailable):
        await small.submit(submission(channel, "c", "words"))
    running = asyncio.create_task(small.run())
    assert all([(await task).message_id for task in waiting])
    with pytest.raises(IngestUnavailable):
        await small.submit(submission(channel, "d", "x" * 2_000))
    running.cancel()


async def test_two_writers_share_senders_and_threads(house: House) -> None:
    """As two serving processes do: no deadlock, no doubled contact, no lost message."""
    other = type(house.gateway.writer)(
        house.gateway.database,
        house.gateway.configuration,
        house.gateway.wakeups,
        house.gateway.metrics,
        max_messages=1_000,
        max_bytes=10_000_000,
    )
    running = asyncio.create_task(other.run())
    channel = form_of(house)
    items = [submission(channel, f"{n}", "words") for n in range(200)]
    items = [
        replace(item, inbound=replace(item.inbound, sender=Sender("email", f"{n % 7}@example.com")))
        for n, item in enumerate(items)
    ]
    writers = [house.gateway.writer, other]
    answers = await asyncio.gather(
        *(writers[n % 2].submit(item) for n, item in enumerate(items)),
        *(writers[n % 2].submit(item) for n, item in enumerate(reversed(items))),
    )
    assert sum(not answer.duplicate for answer in answers) == 200
    assert await house.count("message") == 200
    assert await house.count("conversation") == 7
    positions = [row[0] for row in await house.rows("SELECT pos FROM event ORDER BY pos")]
    assert positions == list(range(1, len(positions) + 1))
    running.cancel()
