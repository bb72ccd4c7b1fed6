"""Warnings and breaches: told by a worker, each once, whoever else works."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from tests.sla.desk import HOUR, Desk

from gateway.conversations.change import locked
from gateway.sla.firing import fire_due

SIGNS = ("sla.warning", "sla.breached")


async def signs(desk: Desk, id_: str) -> list[tuple[str, str]]:
    """Which clock told what."""
    return [
        (event, orjson.loads(data)["clock"]["metric"])
        for event, data in await desk.events(id_)
        if event in SIGNS
    ]


async def test_a_clock_warns_and_is_breached_once_each(desk: Desk) -> None:
    await desk.policy(warning_percent=50)
    id_ = await desk.ask()
    assert await desk.worker.fire_due() == 0
    await desk.age(id_, timedelta(hours=3))
    assert await desk.worker.fire_due() == 1
    assert await signs(desk, id_) == [("sla.warning", "first_response")]
    await desk.age(id_, timedelta(hours=2))
    assert await desk.worker.fire_due() == 1
    assert await desk.worker.fire_due() == 0
    assert await signs(desk, id_) == [
        ("sla.warning", "first_response"),
        ("sla.breached", "first_response"),
    ]
    clock = (await desk.clocks(id_))["first_response 1"]
    assert clock["state"] == "running"
    assert clock["breached_at"] is not None
    assert await desk.differences() == []


async def test_two_workers_tell_a_breach_once(desk: Desk) -> None:
    await desk.policy()
    ids = [await desk.ask(sender=f"{n}@x.test") for n in range(4)]
    for id_ in ids:
        await desk.age(id_, timedelta(hours=5))
    database = desk.team.gateway.database
    now = datetime.now(UTC)
    told = await asyncio.gather(
        *(fire_due(database, desk.team.gateway.configuration, now) for _ in range(4))
    )
    assert sum(told) == 4
    for id_ in ids:
        assert await signs(desk, id_) == [("sla.breached", "first_response")]


async def test_a_worker_that_dies_before_its_commit_has_told_nothing(desk: Desk) -> None:
    """The claim, the event and the clock are one transaction: the next worker begins anew."""
    await desk.policy()
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))
    database, workspace_id = desk.team.gateway.database, desk.team.workspace_id
    async with database.transaction() as session:
        async with locked(session, workspace_id, UUID(id_)):
            assert await fire_due(database, desk.team.gateway.configuration, datetime.now(UTC)) == 0
        await session.rollback()
    assert await signs(desk, id_) == []
    assert await desk.worker.fire_due() == 1
    assert await signs(desk, id_) == [("sla.breached", "first_response")]


async def test_a_warning_that_comes_after_the_breach_is_left_out(desk: Desk) -> None:
    await desk.policy(warning_percent=50)
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))
    await desk.worker.fire_due()
    assert await signs(desk, id_) == [("sla.breached", "first_response")]


async def test_a_paused_clock_is_not_breached(desk: Desk) -> None:
    await desk.policy()
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.do(id_, "pend", {})
    await desk.team.sql(
        "UPDATE sla_clock SET spans[1] = spans[1] - interval '1 s' WHERE conversation_id = $1",
        UUID(id_),
    )
    assert (
        await fire_due(
            desk.team.gateway.database,
            desk.team.gateway.configuration,
            datetime.now(UTC) + timedelta(days=9),
        )
        == 0
    )
    assert await signs(desk, id_) == []


async def test_a_relaxed_policy_spares_what_was_not_told_yet(desk: Desk) -> None:
    policy = await desk.policy()
    id_ = await desk.ask()
    await desk.age(id_, timedelta(hours=5))
    await desk.replace(policy, targets={"first_response": {"normal": 40 * HOUR}})
    assert await desk.worker.fire_due() == 0  # the clock is stale, and asked by the new policy
    await desk.worker.remeasure_stale()
    assert await desk.worker.fire_due() == 0
    assert await signs(desk, id_) == []


async def test_a_breach_stays_one_when_the_policy_is_relaxed(desk: Desk) -> None:
    policy = await desk.policy()
    id_ = await desk.ask()
    await desk.take(id_)
    await desk.age(id_, timedelta(hours=5))
    await desk.worker.fire_due()
    await desk.replace(policy, targets={"first_response": {"normal": 40 * HOUR}})
    await desk.worker.remeasure_stale()
    await desk.reply(id_)
    assert (await desk.states(id_))["first_response 1"] == "breached"
    assert len(await signs(desk, id_)) == 1
    assert await desk.differences() == []
