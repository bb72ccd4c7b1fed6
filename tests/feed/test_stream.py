"""Snapshot, stream and resume against real sockets and a real database."""

import asyncio

from sqlalchemy import select, text
from tests.feed.conftest import Connect, RunNode
from tests.feed.feed_client import State
from tests.feed.history import Team, Writer, make_team, write_at_once

from gateway.database.connections import Database
from gateway.database.schema import Event
from gateway.feed.connection import Pace


async def test_snapshot_and_events_make_the_fresh_state(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    await writer.steps(30)
    client = await sign_in(await run_node())
    follower = await client.subscribe()
    assert follower.pos == 30
    assert follower.state
    *_, last = await writer.steps(60)
    await client.follow_until(follower, last)
    fresh = await client.subscribe("fresh")
    assert fresh.pos == last
    assert fresh.state == follower.state
    assert [event["pos"] for event in follower.seen] == list(range(31, 91))
    assert {event["type"] for event in follower.seen} >= {
        "conversation.opened",
        "conversation.closed",
    }


async def test_resuming_at_every_cursor_gives_the_same_state(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    client = await sign_in(await run_node())
    follower = await client.subscribe()
    states: dict[str, State] = {follower.cursor: {}}
    for _ in range(30):
        last = await writer.step()
        await client.follow_until(follower, last)
        states[follower.cursor] = dict(follower.state)
    assert len(states) == 31
    for cursor, state in states.items():
        again = await client.subscribe("again", cursor=cursor)
        again.state = state
        await client.follow_until(again, last)
        assert again.state == follower.state
        assert again.resets == []
        await client.send(t="unsub", id="again")


async def test_subscribing_beside_writers_loses_and_repeats_nothing(
    run_node: RunNode, sign_in: Connect, database: Database, team: Team
) -> None:
    client = await sign_in(await run_node())
    writing = asyncio.create_task(write_at_once(database, team, writers=3, steps=30))
    starts: list[int] = []
    while not writing.done() and len(starts) < 30:
        starts.append((await client.subscribe(str(len(starts)))).pos)
    positions = await writing
    assert positions == list(range(1, 91))
    assert len({pos for pos in starts if 0 < pos < 90}) > 3, "subscribed between the writes"
    fresh = await client.subscribe("fresh")
    for follower in list(client.followers.values()):
        await client.follow_until(follower, 90)
        assert follower.state == fresh.state


async def test_every_position_of_concurrent_writers_is_seen_in_order(
    run_node: RunNode, sign_in: Connect, database: Database, team: Team
) -> None:
    client = await sign_in(await run_node())
    follower = await client.subscribe()
    writing = asyncio.create_task(write_at_once(database, team, writers=8, steps=25))
    await client.follow_until(follower, 200)
    assert await writing == list(range(1, 201))
    assert [event["pos"] for event in follower.seen] == list(range(1, 201))
    versions: dict[str, int] = {}
    for event in follower.seen:
        assert event["ver"] == versions.get(event["entity"], 0) + 1
        versions[event["entity"]] = event["ver"]


async def test_an_opening_brings_what_the_log_does_not_hold(
    run_node: RunNode, sign_in: Connect, writer: Writer, database: Database
) -> None:
    client = await sign_in(await run_node())
    follower = await client.subscribe()
    conversation_id, pos = await writer.open("Where is my parcel?")
    await client.follow_until(follower, pos)
    opened = follower.seen[0]["data"]["conversation"]
    assert opened["subject"] == "Where is my parcel?"
    assert opened["kind"] == "email"
    assert opened["contact"]["name"] == "Bob"
    assert opened["identity"]["address"].endswith("@example.net")
    async with database.transaction() as session:
        logged = await session.scalar(text("SELECT data::text FROM event"))
    assert "parcel" not in logged
    assert "example.net" not in logged
    await client.follow_until(follower, await writer.erase(conversation_id))
    assert follower.state == {}
    later = await client.subscribe("later", cursor=f"{follower.epoch}.0")
    await client.follow_until(later, follower.pos)
    erased = later.seen[0]["data"]["conversation"]
    assert [erased[name] for name in ("subject", "kind", "contact", "identity")] == [None] * 4
    assert erased["status"] == "queued"


async def test_filters_choose_and_the_chain_of_prev_holds(
    run_node: RunNode, sign_in: Connect, writer: Writer, team: Team, database: Database
) -> None:
    client = await sign_in(await run_node())
    ours, _ = await writer.open("first level")
    theirs, _ = await writer.open("second level", queue=1)
    filters: dict[str, dict[str, object]] = {
        "second": {"queues": [str(team.queues[1])]},
        "one": {"conversations": [str(ours)]},
        "mine": {"assigned_to_me": True},
        "none": {"queues": []},
        "openings": {"types": ["conversation.opened"]},
    }
    followers = {
        name: await client.subscribe(name, filter=chosen) for name, chosen in filters.items()
    }
    assert list(followers["second"].state) == [str(theirs)]
    assert list(followers["one"].state) == [str(ours)]
    assert followers["mine"].state == followers["none"].state == {}
    await writer.steps(40)
    await writer.move(ours, 1)
    await writer.assign(ours)
    await writer.release(ours)
    await writer.move(ours, 0)
    conditions = {
        "second": ":second IN (queue_before, queue_after)",
        "one": "conversation_id = :ours",
        "mine": ":me IN (assignee_before, assignee_after)",
        "none": "false",
        "openings": "type = 'conversation.opened'",
    }
    ids = {"second": team.queues[1], "ours": ours, "me": team.agent_id}
    for name, condition in conditions.items():
        chosen_ids = {key: ids[key] for key in ids if f":{key}" in condition}
        query = select(Event.pos).where(Event.pos > 2, text(condition)).order_by(Event.pos)
        async with database.transaction() as session:
            expected = list(await session.scalars(query, chosen_ids))
        await client.follow_until(followers[name], expected[-1] if expected else 0)
        assert [event["pos"] for event in followers[name].seen] == expected
        assert len(expected) < 44
        if "types" not in filters[name]:
            fresh = await client.subscribe(f"{name} anew", filter=filters[name])
            assert fresh.state == followers[name].state


async def test_what_comes_into_view_comes_whole_and_what_leaves_says_so_alone(
    run_node: RunNode, sign_in: Connect, writer: Writer, team: Team
) -> None:
    client = await sign_in(await run_node())
    second: dict[str, object] = {"queues": [str(team.queues[1])]}
    follower = await client.subscribe("second", filter=second)
    only_notes = await client.subscribe("notes", filter=second | {"types": ["message.noted"]})
    start = follower.cursor
    ours, _ = await writer.open("first level")
    await writer.assign(ours)
    await client.follow_until(follower, moved := await writer.move(ours, 1))
    whole = follower.state[str(ours)]
    fresh = await client.subscribe("fresh", filter=second)
    assert whole == fresh.state[str(ours)]
    assert (whole["subject"], whole["assignee"]) == ("first level", str(team.agent_id))
    left = await writer.move(ours, 0)
    for each in (follower, only_notes, fresh):
        await client.follow_until(each, left)
        assert each.state == {}
    assert [event["type"] for event in only_notes.seen] == ["left_view"]
    assert follower.seen[-1]["data"] == {}
    again = await client.subscribe("again", filter=second, cursor=start)
    await client.follow_until(again, left)
    assert [event["type"] for event in again.seen] == ["conversation.escalated", "left_view"]
    assert again.seen[0]["pos"] == moved
    assert again.seen[0]["data"] == follower.seen[0]["data"]


async def test_a_mark_moves_an_idle_cursor_on(
    run_node: RunNode, sign_in: Connect, writer: Writer, team: Team
) -> None:
    client = await sign_in(await run_node(pace=Pace(heartbeat_s=0.3)))
    idle = await client.subscribe("idle", filter={"queues": [str(team.queues[1])]})
    for _ in range(3):
        _, last = await writer.open()
    await client.follow_until(idle, last)
    assert idle.seen == []
    again = await client.subscribe("again", cursor=idle.cursor)
    assert again.resets == []
    _, last = await writer.open(queue=1)
    for follower in (idle, again):
        await client.follow_until(follower, last)
        assert len(follower.seen) == 1


async def test_workspaces_never_see_each_other(
    run_node: RunNode, sign_in: Connect, database: Database, team: Team, writer: Writer
) -> None:
    other = await make_team(database, "two")
    node = await run_node()
    clients = [await sign_in(node, of=one) for one in (team, other)]
    followers = [await client.subscribe() for client in clients]
    filtered = await clients[1].subscribe("x", filter={"queues": [str(team.queues[0])]})
    await writer.steps(10)
    last = await Writer(database, other, seed=7).steps(5)
    for client, follower, count in zip(clients, followers, (10, 5), strict=True):
        await client.follow_until(follower, count)
    entities = [{event["entity"] for event in follower.seen} for follower in followers]
    assert entities[0].isdisjoint(entities[1])
    assert last == [1, 2, 3, 4, 5]
    assert filtered.seen == []
    assert filtered.state == {}


async def test_a_long_list_comes_in_parts_and_no_further_than_its_bound(
    run_node: RunNode, sign_in: Connect, writer: Writer, database: Database
) -> None:
    await writer.open()
    async with database.transaction() as session:
        await session.execute(text(COPIES))
    client = await sign_in(await run_node())
    await client.send(t="sub", id="all", snapshot=True)
    parts = [await client.expect("snap") for _ in range(10)]
    assert [part["part"] for part in parts] == list(range(10))
    assert [part["last"] for part in parts] == [False] * 9 + [True]
    items = [item for part in parts for item in part["items"]]
    assert len({item["id"] for item in items}) == 1_000
    assert [item["subject"] for item in items[:2]] == ["copy 1", "copy 2"]
    assert items[-1]["subject"] == "copy 1000"


COPIES = """
INSERT INTO conversation
SELECT c.workspace_id, gen_random_uuid(), c.channel_id, c.identity_id, 'copy ' || n, c.status,
       c.queue_id, c.priority, c.assignee_id, c.type, c.language, c.tags, c.version,
       c.message_count, c.opened_at, c.last_message_at + make_interval(secs => 2000 - n),
       c.solved_at, c.closed_at
  FROM conversation c, generate_series(1, 1100) AS n
"""
