"""Rules that ask what the contact had before."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.house import House, bearer, make_mail
from tests.ingest.test_isolation import form_of, submission
from tests.rules.test_backtests import asking, backtest, draft, publish

from channels.contract import ReceiptKey

ASKED = "history.conversations_30d"


async def facts(house: House) -> list[dict[str, Any]]:
    """What is stored of the history with each decision, in their order."""
    rows = await house.rows("SELECT facts FROM decision ORDER BY decided_at, id")
    return [
        {
            name.removeprefix("history."): value
            for name, value in stored.items()
            if name.startswith("history.")
        }
        for [stored] in rows
    ]


async def solve_last(house: House) -> str:
    [found, *_] = (await house.get("/v1/conversations", limit=1))["items"]
    await house.post(f"/v1/conversations/{found['id']}/take")
    await house.post(f"/v1/conversations/{found['id']}/solve")
    return str(found["id"])


async def test_rules_know_what_the_contact_had_before(house: House) -> None:
    special = str(house.team.second_level)
    await publish(
        house,
        asking("often", ASKED, "gte", 1, queue=special),
        asking("first", "history.is_first", "is", True, add_tags=["first"]),
        asking("known", "history.last_solved", "is", True, priority="high"),
        asking("same", "history.last_agent", "equals", str(house.team.agent_id), type="known"),
    )
    await house.post_form(email="ann@example.com", message="One")
    await solve_last(house)
    await house.rows(
        "UPDATE conversation SET last_message_at = now() - interval '1 day' RETURNING 1"
    )
    await house.send_mail(make_mail("Two"))
    [_, mail] = await house.rows(
        "SELECT tags, priority, queue_id, type FROM conversation ORDER BY id"
    )
    assert mail == ([], "high", house.team.second_level, "known")
    first, second = await facts(house)
    assert first == {"is_first": True, "open": 0, "conversations_30d": 0}
    assert 86_000 < second.pop("last_ago") < 87_000
    assert second == {
        "is_first": False,
        "open": 0,
        "conversations_30d": 1,
        "last_queue": str(house.team.first_level),
        "last_agent": str(house.team.agent_id),
        "last_solved": True,
    }


async def test_a_follow_up_is_no_history(house: House) -> None:
    await publish(house, asking("often", ASKED, "gte", 1, add_tags=["often"]))
    await house.send_mail(make_mail("One", Message_ID="<one@example.com>"))
    await house.send_mail(make_mail("One more", In_Reply_To="<one@example.com>"))
    assert [each["conversations_30d"] for each in await facts(house)] == [0, 0]
    assert all(each["is_first"] for each in await facts(house))


async def test_what_the_same_batch_opens_is_history(house: House) -> None:
    await publish(house, asking("open", "history.open", "gte", 1, add_tags=["more"]))
    form, mail = (
        form_of(house),
        house.gateway.configuration.channel_by_mail_address(house.team.mailbox),
    )
    assert mail is not None
    items = [submission(channel, "ann", "Hello") for channel in (form, mail)]
    items[1] = replace(items[1], inbound=replace(items[1].inbound, receipt=ReceiptKey("form", "b")))
    await asyncio.gather(*(house.gateway.writer.submit(item) for item in items))
    assert [each["open"] for each in await facts(house)] == [0, 1]


async def test_history_is_of_the_contact_with_all_its_addresses(house: House) -> None:
    await publish(house, asking("open", "history.open", "gte", 1, add_tags=["more"]))
    await house.post_form(email="ann@example.com", message="Hello")
    await house.post_form(email="office@example.com", message="Hello")
    contacts = await house.rows("SELECT contact_id FROM identity ORDER BY address")
    [ann, office] = [str(contact) for [contact] in contacts]
    await house.post(f"/v1/contacts/{ann}/merge", {"contact": office})
    await house.send_mail(make_mail("Hello", From="office@example.com"))
    assert [each["open"] for each in await facts(house)] == [0, 0, 2]


async def test_nobody_looks_for_what_no_rule_asks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ingest.histories.RECENT", "SELECT nothing FROM nowhere")
    await publish(house, asking("kind", "kind", "equals", "sms", add_tags=["sms"]))
    await house.post_form(message="One")
    await house.send_mail(make_mail("Two"))
    await publish(house, asking("first", "history.is_first", "is", True, add_tags=["first"]))
    await house.send_mail(make_mail("Three", From="new@example.com"))
    told = await facts(house)
    assert told == [{}, {}, {"is_first": True, "open": 0}]


async def test_a_shadow_asks_too(house: House) -> None:
    await house.post_form(message="One")
    rule = asking("first", "history.is_first", "is", False, priority="high")
    await draft(house, rule)
    headers = bearer(house.team.admin)
    made = await house.http.post("/v1/rules/versions", json={}, headers=headers)
    assert made.status_code == 201, made.text
    number = made.json()["version"]
    shadowing = await house.http.put("/v1/rules/shadow", json={"version": number}, headers=headers)
    assert shadowing.status_code == 204, shadowing.text
    await house.send_mail(make_mail("Two"))
    [[shadow]] = await house.rows("SELECT shadow FROM decision WHERE shadow IS NOT NULL")
    assert shadow["priority"] == "high"


async def test_a_backtest_tells_what_was_not_asked_for_then(house: House) -> None:
    first = asking("first", "history.is_first", "is", True, priority="high")
    await house.post_form(message="One")
    await publish(house, first)
    await house.send_mail(make_mail("Two"))
    await house.send_mail(make_mail("Three"))
    result = await backtest(house, version="published")
    assert (result["exact"]["decisions"], result["exact"]["changed"]) == (2, 0)
    assert result["inexact"]["reasons"] == {"what the contact had before was not asked for then": 1}
    await draft(house, first, asking("often", ASKED, "gte", 1, add_tags=["often"]))
    assert (await backtest(house))["inexact"]["decisions"] == 3
