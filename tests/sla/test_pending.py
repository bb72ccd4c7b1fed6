"""Conversations laid aside: until the customer writes, until an instant, until an agent goes on."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.sla.desk import Desk

from gateway.conversations.pending import wake_due

NOW = "UPDATE conversation SET snoozed_until = now() WHERE snoozed_until IS NOT NULL"


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


async def taken(desk: Desk) -> str:
    await desk.policy()
    id_ = await desk.ask()
    await desk.take(id_)
    return id_


async def waiting(desk: Desk, id_: str) -> list[Any]:
    return await desk.team.sql(
        "SELECT * FROM queue_entry WHERE left_at IS NULL AND conversation_id = $1", UUID(id_)
    )


async def test_clocks_stand_still_until_the_customer_writes(desk: Desk) -> None:
    id_ = await taken(desk)
    await desk.do(id_, "pend", {})
    assert set((await desk.states(id_)).values()) == {"paused"}
    item = await desk.item(id_)
    assert (item["status"], item["due_at"]) == ("pending", None)
    assert item["assignee"] is not None
    await desk.age(id_, timedelta(days=2))
    await desk.ask_again(id_)
    woken = await desk.item(id_)
    assert (woken["status"], woken["assignee"]) == ("assigned", item["assignee"])
    clock = (await desk.clocks(id_))["resolution 1"]
    assert clock["state"] == "running"
    assert datetime.fromisoformat(clock["due_at"]) > datetime.now(UTC) + timedelta(hours=23)
    events = [event for event, _ in await desk.events(id_)]
    assert events[-2:] == ["conversation.woken", "message.received"]
    assert await desk.differences() == []


async def test_mail_of_machines_wakes_nobody(desk: Desk) -> None:
    id_ = await taken(desk)
    await desk.do(id_, "pend", {})
    await desk.ask_again(id_, "I am away", **{"Auto-Submitted": "auto-replied"})
    assert (await desk.item(id_))["status"] == "pending"
    assert await desk.differences() == []


async def test_given_back_it_waits_in_its_queue_once_it_is_woken(desk: Desk) -> None:
    id_ = await taken(desk)
    await desk.do(id_, "pend", {"keep": False})
    assert (await desk.item(id_))["assignee"] is None
    assert await waiting(desk, id_) == []
    active = "SELECT * FROM assignment WHERE ended_at IS NULL"
    assert await desk.team.sql(active) == []
    await desk.ask_again(id_)
    assert (await desk.item(id_))["status"] == "queued"
    assert len(await waiting(desk, id_)) == 1


async def test_a_snoozed_one_wakes_at_its_time_once(desk: Desk) -> None:
    id_ = await taken(desk)
    await desk.do(id_, "pend", {"until": later(hours=2), "keep": False})
    assert await desk.worker.wake_due() == 0
    await desk.team.sql(NOW)
    now, database = datetime.now(UTC) + timedelta(seconds=1), desk.team.gateway.database
    assert sum(await asyncio.gather(*(wake_due(database, now) for _ in range(3)))) == 1
    item = await desk.item(id_)
    assert (item["status"], item["snoozed_until"]) == ("queued", None)
    assert [event for event, _ in await desk.events(id_)].count("conversation.woken") == 1
    assert await desk.differences() == []


async def test_whatever_moves_it_on_ends_the_snoozing(desk: Desk) -> None:
    policy = await desk.policy()
    queue = str(desk.team.queues["Specialists"])
    for command, body in (
        ("take", None),
        ("wake", None),
        ("solve", None),
        ("escalate", {"queue": queue, "note": "Tried all."}),
    ):
        id_ = await desk.ask()
        await desk.take(id_)
        await desk.do(id_, "pend", {"until": later(hours=2)})
        await desk.do(id_, command, body)
        item = await desk.item(id_)
        assert item["status"] != "pending", command
        assert item["snoozed_until"] is None, command
    assert policy
    assert await desk.differences() == []


async def test_who_has_laid_it_aside_still_has_it(desk: Desk) -> None:
    id_ = await taken(desk)
    await desk.do(id_, "pend", {"until": later(hours=2)})
    queue = str(desk.team.queues["Specialists"])
    for command, body in (
        ("take", None),
        ("wake", None),
        ("pend", {}),
        ("solve", None),
        ("escalate", {"queue": queue, "note": "Mine!"}),
        ("merge", {"into": await desk.ask(sender="d@x.test")}),
    ):
        path = f"/v1/conversations/{id_}/{command}"
        answer = await desk.team.call("POST", path, body, token=desk.team.agent)
        assert answer.status_code == 409, command


async def test_only_ones_own_is_laid_aside_and_not_into_the_past(desk: Desk) -> None:
    await desk.policy()
    id_ = await desk.ask()
    path = f"/v1/conversations/{id_}/pend"
    assert (await desk.team.call("POST", path, {})).status_code == 409
    await desk.take(id_)
    assert (await desk.team.call("POST", path, {"until": later(hours=-1)})).status_code == 422
    assert (await desk.team.call("POST", f"/v1/conversations/{id_}/wake")).status_code == 409


async def test_a_question_that_is_merged_in_wakes(desk: Desk) -> None:
    id_ = await taken(desk)
    await desk.reply(id_)
    await desk.do(id_, "pend", {})
    other = await desk.ask()
    await desk.do(other, "merge", {"into": id_})
    assert (await desk.item(id_))["status"] == "assigned"
    assert await desk.differences() == []


async def test_pending_ones_are_listed(desk: Desk) -> None:
    id_ = await taken(desk)
    await desk.do(id_, "pend", {})
    listed = await desk.team.get("/v1/conversations", params={"status": "pending"})
    assert [item["id"] for item in listed["items"]] == [id_]
