"""What changes between reading a pool and writing what came of it is seen, each by its guard."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.assignment.desk import Desk

from gateway.assignment import lapses, pool_state, pools, rounds
from gateway.assignment.rounds import Pool, Round
from gateway.database.schema import Conversation

Meanwhile = Callable[[Callable[[], Awaitable[Any]]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let something happen, committed, once a pool has been read and before it is written."""
    read = pool_state.read

    def arrange(happen: Callable[[], Awaitable[Any]]) -> None:
        async def late(*arguments: Any) -> Any:
            state = await read(*arguments)
            await happen()
            return state

        monkeypatch.setattr(pool_state, "read", late)

    return arrange


async def play(desk: Desk) -> Round | None:
    pool = Pool(desk.team.workspace_id, desk.team.queues["General"])
    async with desk.database.transaction() as session:
        return await rounds.play(session, pool, datetime.now(UTC))


async def test_capacity_that_was_used_meanwhile_is_not_given(
    desk: Desk, meanwhile: Meanwhile
) -> None:
    await desk.hire("Ada", capacity=1)
    first, second = await desk.submit(), await desk.submit()
    meanwhile(lambda: desk.act("Ada", f"/v1/conversations/{second}/take"))
    played = await play(desk)
    assert played is not None
    assert (played.given, played.left) == (0, 1)
    assert (await desk.load("Ada"), await desk.see(first)) == (1, ("queued", None))


async def test_whoever_was_drained_meanwhile_gets_nothing(desk: Desk, meanwhile: Meanwhile) -> None:
    await desk.hire("Ada")
    conversation = await desk.submit()
    meanwhile(lambda: desk.team.ask("POST", f"/v1/agents/{desk.ids['Ada']}/drain"))
    await play(desk)
    assert await desk.see(conversation) == ("queued", None)


async def test_what_was_taken_meanwhile_is_not_offered(desk: Desk, meanwhile: Meanwhile) -> None:
    await desk.hire("Ada")
    await desk.hire("Bea", is_there=False)
    conversation = await desk.submit()
    meanwhile(lambda: desk.act("Bea", f"/v1/conversations/{conversation}/take"))
    await play(desk)
    assert await desk.see(conversation) == ("assigned", "Bea")
    assert await desk.load("Ada") == 0


async def test_what_was_moved_meanwhile_is_not_offered_from_where_it_was(
    desk: Desk, meanwhile: Meanwhile
) -> None:
    await desk.hire("Ada")
    conversation = await desk.submit()
    up = {"queue": str(desk.team.queues["Specialists"]), "note": "Hard."}
    meanwhile(lambda: desk.act("Ada", f"/v1/conversations/{conversation}/escalate", up))
    await play(desk)
    assert await desk.see(conversation) == ("queued", None)


async def test_what_somebody_has_locked_is_passed_over(desk: Desk) -> None:
    await desk.hire("Ada")
    first, second = await desk.submit(), await desk.submit()
    async with desk.database.transaction() as session:
        await session.get(
            Conversation, (desk.team.workspace_id, UUID(first)), with_for_update={"key_share": True}
        )
        played = await play(desk)
    assert played is not None
    assert (played.given, played.left) == (1, 1)
    assert await desk.see(first) == ("queued", None)
    assert await desk.see(second) == ("offered", "Ada")


async def test_a_pool_is_matched_by_one_worker_at_a_time(desk: Desk) -> None:
    await desk.hire("Ada", "General", "Specialists")
    await desk.submit()
    least = min(desk.team.queues.values())
    pool = Pool(desk.team.workspace_id, least)
    async with desk.database.transaction() as session:
        assert await rounds.play(session, pool, datetime.now(UTC)) is not None
        async with desk.database.transaction() as another:
            assert await rounds.play(another, pool, datetime.now(UTC)) is None


async def test_nobody_is_matched_while_memberships_change(desk: Desk) -> None:
    await desk.hire("Ada")
    conversation = await desk.submit()
    async with pools.staffing(desk.database, desk.team.workspace_id) as session:
        general = desk.team.queues["General"]
        await pools.leave(session, desk.team.workspace_id, desk.ids["Ada"], [general])
        assert await play(desk) is None
    assert await play(desk) is None
    assert await desk.see(conversation) == ("queued", None)


async def test_an_offer_accepted_while_it_expires_is_one_of_the_two(desk: Desk) -> None:
    """Expired is found first, then the agent accepts: whoever is second sees what the first did."""
    await desk.hire("Ada")
    conversation = await desk.submit()
    await desk.turn()
    [offer] = await desk.offers("Ada")
    later = datetime.now(UTC) + timedelta(seconds=40)
    async with desk.database.transaction() as session:
        [over] = await lapses.find(session, later)
    await desk.act("Ada", f"/v1/offers/{offer['id']}/accept")
    assert not await lapses.settle(desk.database, over, later)
    assert await desk.see(conversation) == ("assigned", "Ada")


async def test_takes_beside_the_matcher_hand_out_everything_once(desk: Desk) -> None:
    names = ("Ada", "Bea", "Cleo")
    for name in names:
        await desk.hire(name, capacity=2)
    conversations = [await desk.submit() for _ in range(6)]
    general = f"/v1/queues/{desk.team.queues['General']}/take"
    await asyncio.gather(
        *(desk.turn() for _ in range(3)), *(desk.act(name, general) for name in names)
    )
    await desk.turn()
    statuses = [(await desk.see(each))[0] for each in conversations]
    assert set(statuses) <= {"offered", "assigned", "queued"}
    assert sum([await desk.load(name) for name in names]) == 6 - statuses.count("queued")
