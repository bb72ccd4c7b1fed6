"""What an agent may see by the members of queues, live and in replay, and nothing afterwards."""

import asyncio
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.feed.conftest import Connect, RunNode
from tests.feed.feed_client import FeedClient, Follower
from tests.feed.history import Team, Writer

from gateway.access.tokens import Role
from gateway.database.connections import Database
from gateway.database.schema import Agent
from gateway.feed.scope import Scope, ScopeChange, tell_role
from gateway.ids import new_id

ADA, BOB, CAROL = (UUID(int=n) for n in range(1, 4))


@pytest.mark.parametrize(
    ("before", "after", "concerned"),
    [
        ([], [ADA], {BOB, None}),
        ([ADA], [], {BOB, None}),
        ([ADA], [ADA, BOB], {BOB}),
        ([ADA, BOB], [BOB], {ADA}),
        ([ADA], [BOB], {ADA, BOB}),
    ],
)
def test_a_change_concerns_those_who_see_more_or_less(
    before: list[UUID], after: list[UUID], concerned: set[UUID | None]
) -> None:
    change = ScopeChange(frozenset(before), frozenset(after))
    assert {who for who in (ADA, BOB, CAROL, None) if change.concerns(who)} >= concerned
    assert change.concerns(ADA) is (ADA in concerned)
    assert change.concerns(None) is (None in concerned)
    assert Scope().is_touched_by(change, ADA) is (ADA in concerned)
    assert not Scope(is_unbound=True).is_touched_by(change, ADA)


def test_a_role_concerns_its_agent_alone() -> None:
    for scope in (Scope(), Scope(is_unbound=True)):
        assert scope.is_touched_by(ScopeChange(agent_id=ADA), ADA)
        assert not scope.is_touched_by(ScopeChange(agent_id=ADA), BOB)


@pytest.fixture
async def colleague(database: Database, team: Team) -> UUID:
    async with database.transaction() as session:
        agent = Agent(workspace_id=team.workspace_id, id=new_id(), name="Bob", email="bob@x.org")
        session.add(agent)
    return agent.id


async def after_scope(client: FeedClient, follower: Follower) -> dict[str, object]:
    """The `scope` frame, once the reset that it causes is whole."""
    follower.resets.clear()
    scope = await client.expect("scope")
    while not (follower.resets and follower.resets[-1] == "scope" and follower.is_whole):
        await client.receive()
    return scope


async def test_a_queue_with_members_is_seen_by_these_and_by_those_who_lead(
    run_node: RunNode,
    sign_in: Connect,
    writer: Writer,
    team: Team,
    colleague: UUID,
    database: Database,
) -> None:
    first, _ = await writer.open("first level")
    second, _ = await writer.open("second level", queue=1)
    await writer.serve(1, colleague)
    node = await run_node()
    agent, admin = await sign_in(node), await sign_in(node, role=Role.ADMIN)
    follower, everything = await agent.subscribe(), await admin.subscribe()
    assert set(follower.state) == {str(first)}
    assert set(everything.state) == {str(first), str(second)}
    asked = await agent.subscribe("asked", filter={"conversations": [str(second)]})
    assert asked.state == {}
    hidden, _ = await writer.open("hidden", queue=1)
    taken = await writer.assign(second)
    await agent.follow_until(follower, taken)
    assert [event["entity"] for event in follower.seen] == [str(second)]
    assert follower.state[str(second)]["subject"] == "second level"
    released = await writer.release(second)
    await agent.follow_until(follower, released)
    assert follower.seen[-1]["type"] == "left_view"
    await admin.follow_until(everything, released)
    assert str(hidden) in everything.state
    await agent.send(t="typing", conversation=str(hidden))
    while (frame := await agent.receive())["t"] != "err":
        assert frame["t"] != "eph"
    assert frame["code"] == "unknown"


async def test_nothing_leaks_after_a_scope_has_shrunk_and_nothing_lacks_after_it_has_grown(
    run_node: RunNode, sign_in: Connect, writer: Writer, team: Team, colleague: UUID
) -> None:
    node = await run_node()
    client = await sign_in(node)
    follower = await client.subscribe()
    second, last = await writer.open("second level", queue=1)
    await client.follow_until(follower, last)
    shrunk = await writer.serve(1, colleague)
    scope = await after_scope(client, follower)
    assert (scope["added"], scope["removed"]) == ([], [str(team.queues[1])])
    assert follower.state == {}
    assert follower.pos >= shrunk
    await writer.move(second, 1)
    _, last = await writer.open("seen")
    follower.seen.clear()
    await client.follow_until(follower, last)
    assert [event["pos"] for event in follower.seen] == [last]
    await writer.serve(1, colleague, team.agent_id)
    scope = await after_scope(client, follower)
    assert (scope["added"], scope["removed"]) == ([str(team.queues[1])], [])
    assert str(second) in follower.state


async def test_a_cursor_from_before_a_change_of_scope_begins_anew(
    run_node: RunNode, sign_in: Connect, writer: Writer, team: Team, colleague: UUID
) -> None:
    node = await run_node()
    client = await sign_in(node)
    admin = await sign_in(node, role=Role.ADMIN)
    before = f"{client.welcome['epoch']}.{(await writer.steps(3))[-1]}"
    pos = await writer.serve(1, colleague)
    after = f"{client.welcome['epoch']}.{pos}"
    assert (await client.subscribe("before", cursor=before)).resets == ["scope"]
    assert (await client.subscribe("after", cursor=after)).resets == []
    assert (await admin.subscribe("before", cursor=before)).resets == []


async def test_a_new_role_is_a_new_scope(
    run_node: RunNode,
    sign_in: Connect,
    writer: Writer,
    team: Team,
    colleague: UUID,
    database: Database,
) -> None:
    await writer.open("second level", queue=1)
    await writer.serve(1, colleague)
    client = await sign_in(await run_node())
    follower = await client.subscribe()
    assert follower.state == {}
    for role, seen in (("supervisor", 1), ("agent", 0)):
        async with database.transaction() as session:
            statement = "UPDATE access_token SET role = :role"
            await session.execute(text(statement), {"role": role})
            await tell_role(session, team.workspace_id, team.agent_id)
        await after_scope(client, follower)
        assert len(follower.state) == seen
        follower.resets.clear()


@pytest.mark.parametrize("seed", range(2))
async def test_at_any_time_only_what_the_scope_allows_is_told(
    run_node: RunNode,
    sign_in: Connect,
    writer: Writer,
    team: Team,
    colleague: UUID,
    database: Database,
    seed: int,
) -> None:
    """Memberships change beside writers; a client believes the last `scope` that it was told."""
    chance, queue, me = Random(seed), str(team.queues[1]), str(team.agent_id)
    client = await sign_in(await run_node())
    follower = await client.subscribe()
    writing = asyncio.create_task(Writer(database, team, seed).steps(40))

    async def reassign() -> int:
        while not writing.done():
            await writer.serve(1, *chance.choice([(), (colleague,), (colleague, team.agent_id)]))
            await asyncio.sleep(chance.uniform(0.0, 0.1))
        await writing
        await writer.serve(1, team.agent_id)
        await writer.serve(1, colleague)
        return (await writer.open("at last"))[1]

    changing = asyncio.create_task(reassign())
    hidden: set[object] = set()
    told: list[tuple[int, bool]] = []
    while not changing.done() or follower.pos < changing.result():
        frame = await client.receive()
        if frame["t"] == "scope":
            hidden = (hidden | set(frame["removed"])) - set(frame["added"])
        for item in frame["items"] if frame["t"] == "snap" else []:
            assert item["queue"] not in hidden or item["assignee"] == me
        if frame["t"] in ("ev", "evs"):
            events = frame.get("items", [frame])
            told += [
                (event["pos"], queue in hidden) for event in events if event["type"] != "left_view"
            ]
    assert hidden == {queue}
    places = "SELECT pos, queue_after::text, assignee_after::text FROM event"
    async with database.transaction() as session:
        rows = await session.execute(text(places))
        after = {row[0]: (row[1], row[2]) for row in rows}
    for pos, is_hidden in told:
        assert not is_hidden or after[pos][0] != queue or after[pos][1] == me
    fresh = await client.subscribe("fresh")
    assert fresh.state == follower.state
