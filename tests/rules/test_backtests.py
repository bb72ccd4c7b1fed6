"""Backtests: what other rules would have made of decisions that are stored."""

import asyncio
import json
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import psutil
from tests.house import House, bearer, make_mail

from gateway.rulebook.backtesting import PAGE, PAGE_CHARACTERS, page_after

REFUNDS = {
    "id": "refunds",
    "name": "Refunds to specialists",
    "stage": "route",
    "when": {"field": "text", "op": "contains_any", "value": ["refund"]},
}
CHATS = {
    "id": "forms",
    "name": "Forms are urgent",
    "stage": "classify",
    "when": {"field": "kind", "op": "equals", "value": "web_form"},
    "then": {"priority": "urgent"},
}


async def draft(house: House, *rules: dict[str, Any]) -> None:
    headers = bearer(house.team.admin)
    answer = await house.http.put("/v1/rules/draft", json={"rules": list(rules)}, headers=headers)
    assert answer.status_code == 200, answer.text


async def backtest(house: House, **request: Any) -> dict[str, Any]:
    headers = bearer(house.team.admin)
    answer = await house.http.post("/v1/rules/backtest", json=request, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["type"] for line in lines[:-1]] == ["progress"] * (len(lines) - 1)
    assert lines[-1]["type"] == "result", lines[-1]
    return dict(lines[-1])


async def post_two(house: House) -> None:
    await house.post_form(email="a@customer.test", message="A refund, please")
    await house.post_form(email="b@customer.test", message="Where is my parcel?")


async def test_decisions_are_taken_again_by_the_draft(house: House) -> None:
    general, special = str(house.team.first_level), str(house.team.second_level)
    await post_two(house)
    chats = asking("chats", "kind", "equals", "chat", priority="high")
    await draft(house, REFUNDS | {"then": {"queue": special}}, CHATS, chats)
    result = await backtest(house)
    exact = result["exact"]
    assert (result["decisions"], result["failed"], exact["decisions"]) == (2, 0, 2)
    assert exact["changed"] == 2
    assert exact["fields"] == {"queue": 1, "level": 1, "priority": 2}
    assert exact["hits"] == {"refunds": 1, "forms": 2}
    assert result["unmatched"] == ["chats"]
    pairs = {(each["queue"], each["instead"]): each["decisions"] for each in exact["matrix"]}
    assert pairs == {(general, special): 1, (general, general): 1}
    load = {each["queue"]: (each["before"], each["after"]) for each in exact["load"]}
    assert load == {general: (2, 1), special: (0, 1)}
    [moved] = [each for each in exact["examples"] if "queue" in each["differing"]]
    assert moved["differing"]["queue"] == {"then": general, "now": special}
    assert await house.get(f"/v1/conversations/{moved['conversation']}")
    assert result["inexact"]["decisions"] == 0
    assert await house.get("/v1/rules") == []


def asking(id_: str, field: str, op: str, value: Any, **then: Any) -> dict[str, Any]:
    stage = "route" if "queue" in then else "classify"
    when = {"field": field, "op": op, "value": value}
    return {"id": id_, "name": id_, "stage": stage, "when": when, "then": then}


async def publish(house: House, *rules: dict[str, Any]) -> None:
    await draft(house, *rules)
    headers = bearer(house.team.admin)
    tag = (await house.http.get("/v1/rules/draft", headers=headers)).headers["etag"]
    answer = await house.http.post(
        "/v1/rules/draft/publish", json={}, headers=headers | {"If-Match": tag}
    )
    assert answer.status_code == 200, answer.text


async def test_rules_in_force_decide_again_as_they_decided(house: House) -> None:
    special = str(house.team.second_level)
    await publish(
        house,
        asking("text", "text", "contains_any", ["refund"], queue=special),
        asking("subject", "subject", "prefix", "par", priority="high"),
        asking("sender", "sender", "equals", "b@customer.test", add_tags=["b"]),
        asking("tier", "attribute.tier", "equals", "gold", add_tags=["gold"]),
        asking("known", "previous_queue", "equals", special, add_tags=["known"]),
        asking("later", "message_count", "gte", 2, add_tags=["later"]),
        asking("kind", "kind", "equals", "email", type="mail"),
        asking("since", "received_at", "gte", "2026-01-01T00:00:00Z", language="it"),
        asking("tagged", "tags", "has_any", ["gold"], queue=special),
    )
    await post_two(house)
    await house.post_form(email="a@customer.test", message="And my refund?")
    await house.post_form(email="c@customer.test", message="Hello", tier="gold")
    await house.send_mail(make_mail("My refund, please"))
    await house.post_sms()
    result = await backtest(house, version="published")
    tallies = [result["exact"], result["inexact"]]
    assert [(each["decisions"], each["changed"]) for each in tallies] == [(1, 0), (5, 0)]
    assert result["inexact"]["reasons"] == {"attributes may be others by now": 5}
    told = await house.rows("SELECT explanation FROM decision")
    stages = [stage for [explanation] in told for stage in explanation["stages"]]
    matched = Counter(rule["id"] for stage in stages for rule in stage["matched"])
    assert sum((Counter(each["hits"]) for each in tallies), Counter()) == matched
    assert len(matched) == 9


def test_the_longer_the_texts_the_fewer_are_read_at_once() -> None:
    assert page_after([{"text": "short"}, {"text": None}]) == PAGE
    sizes = [page_after([{"text": "x" * length}] * 10) for length in (10_000, 1_000_000, 9_000_000)]
    assert sizes == [PAGE_CHARACTERS // 10_000, PAGE_CHARACTERS // 1_000_000, 1]


ERASE = """
UPDATE message SET identity_id = NULL, text = '', subject = NULL
 WHERE text LIKE 'A refund%' RETURNING 1
"""  # as the erasure of a contact leaves those that they wrote in others' conversations


async def test_what_cannot_be_replayed_exactly_is_counted_apart(house: House) -> None:
    await post_two(house)
    await house.rows(ERASE)
    await draft(house, REFUNDS | {"then": {"queue": str(house.team.second_level)}})
    result = await backtest(house)
    assert (result["exact"]["decisions"], result["inexact"]["decisions"]) == (1, 1)
    assert result["inexact"]["reasons"] == {"the message is erased": 1}
    await draft(house, CHATS)
    assert (await backtest(house))["exact"]["decisions"] == 2


async def test_attributes_of_today_are_not_those_of_then(house: House) -> None:
    await house.post_form(tier="gold", message="Hello")
    asking = {"field": "attribute.other", "op": "equals", "value": "x"}
    await draft(house, CHATS | {"when": asking})
    assert (await backtest(house))["inexact"]["reasons"] == {"attributes may be others by now": 1}
    await draft(house, CHATS)
    assert (await backtest(house))["exact"]["decisions"] == 1


async def test_what_was_known_goes_before_what_is_said(house: House) -> None:
    await publish(house, asking("gold", "attribute.tier", "equals", "gold", priority="high"))
    await house.post_form(tier="gold", message="Hello")
    assert (await backtest(house, version="published"))["exact"]["decisions"] == 1
    [[contact]] = await house.rows("SELECT id FROM contact")
    known = {"attributes": {"tier": "gold"}}
    patched = await house.http.patch(
        f"/v1/contacts/{contact}", json=known, headers=bearer(house.team.admin)
    )
    assert patched.status_code == 200, patched.text
    await house.post_form(tier="silver", message="Hello again")
    result = await backtest(house, version="published")
    assert (result["exact"]["changed"], result["inexact"]["changed"]) == (0, 0)
    assert result["inexact"]["decisions"] == 1


async def test_a_backtest_is_bounded(house: House) -> None:
    for number in range(5):
        await house.post_form(email=f"c{number}@customer.test", message=f"Number {number}")
    await draft(house, CHATS)
    assert (await backtest(house, limit=3))["decisions"] == 3
    assert (await backtest(house, until="2020-01-01T00:00:00Z"))["decisions"] == 0
    assert (await backtest(house, since="2020-01-01T00:00:00Z"))["decisions"] == 5
    assert (await backtest(house, version="published"))["exact"]["changed"] == 0


COPIES = """
INSERT INTO decision (workspace_id, conversation_id, id, message_id, rule_set_version, facts,
                      outcome, decided_at)
SELECT workspace_id, conversation_id, gen_random_uuid(), message_id, rule_set_version, facts,
       outcome, decided_at
  FROM decision, generate_series(1, :number) WHERE workspace_id = :id RETURNING 1
"""


def children() -> list[psutil.Process]:
    """The processes of backtests that this one has started."""
    found = psutil.Process().children()
    return [
        each
        for each in found
        if each.status() != psutil.STATUS_ZOMBIE
        and "gateway.rulebook.backtesting" in each.cmdline()
    ]


async def test_hanging_up_ends_a_backtest(house: House) -> None:
    await house.post_form(message="A refund, please")
    await house.rows(COPIES, number=60_000, id=house.team.workspace_id)
    await draft(house, CHATS)
    request: dict[str, Any] = {"json": {}, "headers": bearer(house.team.admin)}
    async with (
        httpx.AsyncClient(base_url=house.url, timeout=30) as caller,
        caller.stream("POST", "/v1/rules/backtest", **request) as answer,
    ):
        lines = answer.aiter_lines()
        assert json.loads(await anext(lines))["type"] == "progress"
        [process] = children()
        assert process.nice() >= psutil.Process().nice() + 10
        again = await house.http.post("/v1/rules/backtest", **request)
        assert again.status_code == 409
    async with asyncio.timeout(5):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert children() == []
    assert (await backtest(house, limit=1))["decisions"] == 1


async def test_pages_miss_nothing_and_repeat_nothing(house: House) -> None:
    await house.post_form(message=f"A refund, please {uuid4()}")
    await house.rows(COPIES, number=2_100, id=house.team.workspace_id)
    await draft(house, CHATS)
    assert (await backtest(house))["decisions"] == 2_101
