"""What holds when hints are lost, connections die and several processes serve."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, text
from tests.feed.conftest import Connect, RunNode, node, running
from tests.feed.history import Team, Writer

from gateway.database.connections import Database
from gateway.feed.hub import Hub
from gateway.wakeups import Topic, Wakeups


async def test_the_poll_delivers_what_no_hint_announces(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    client = await sign_in(await run_node(poll_interval_s=0.1, hears=False))
    follower = await client.subscribe()
    for _ in range(3):
        await client.follow_until(follower, await writer.step())
    assert len(follower.seen) == 3


async def test_a_hint_does_not_wait_for_the_poll(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    near, far = await run_node(poll_interval_s=60), await run_node(poll_interval_s=60)
    clients = [await sign_in(near), await sign_in(far)]
    followers = [await client.subscribe() for client in clients]
    for _ in range(5):
        pos = await writer.step()
        near.wakeups.notify(Topic.FEED)
        for client, follower in zip(clients, followers, strict=True):
            await client.follow_until(follower, pos)


async def test_repeated_hints_repeat_no_event(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    serving = await run_node()
    client = await sign_in(serving)
    follower = await client.subscribe()
    for _ in range(20):
        last = await writer.step()
        for _ in range(5):
            serving.wakeups.notify(Topic.FEED)
            await asyncio.sleep(0)
    await client.follow_until(follower, last)
    assert [event["pos"] for event in follower.seen] == list(range(1, 21))


async def terminate(database: Database, condition: str) -> int:
    """End the server's side of the database's other connections; returns how many."""
    statement = (
        select(func.count().filter(text("pg_terminate_backend(pid)")))
        .select_from(text("pg_stat_activity"))
        .where(text("datname = current_database() AND pid <> pg_backend_pid()"), text(condition))
    )
    async with database.engine.connect() as connection:
        return await connection.scalar(statement) or 0


async def test_a_killed_listener_hears_again(
    run_node: RunNode, sign_in: Connect, writer: Writer, database: Database
) -> None:
    near, far = await run_node(poll_interval_s=60), await run_node(poll_interval_s=60)
    client = await sign_in(far)
    follower = await client.subscribe()
    await client.follow_until(follower, await written(writer, near.wakeups))
    assert await terminate(database, "query ~* '^listen|pg_notify'") == 2
    await client.follow_until(follower, await written(writer, near.wakeups))
    await client.follow_until(follower, await written(writer, near.wakeups))


async def written(writer: Writer, wakeups: Wakeups) -> int:
    pos = await writer.step()
    wakeups.notify(Topic.FEED)
    return pos


@pytest.fixture
async def mortal(dsn: str) -> AsyncIterator[Database]:
    """The same database, over connections that can be told apart."""
    database = Database(dsn, application="mortal")
    yield database
    await database.close()


async def test_lost_connections_lose_no_event_and_no_socket(
    mortal: Database, sign_in: Connect, writer: Writer, database: Database
) -> None:
    async with node(mortal) as serving:
        client = await sign_in(serving)
        follower = await client.subscribe()
        for _ in range(2):
            assert await terminate(database, "application_name = 'mortal'")
            *_, last = await writer.steps(3)
            await client.follow_until(follower, last)
        again = await client.subscribe("again", cursor=f"{follower.epoch}.0")
        await client.follow_until(again, last)
    assert [event["pos"] for event in again.seen] == list(range(1, 7))


async def test_a_watch_is_set_by_its_conversation_only(
    database: Database, team: Team, writer: Writer
) -> None:
    ours, _ = await writer.open()
    theirs, _ = await writer.open()
    wakeups = Wakeups(database)
    hub = Hub(database, wakeups, 60)
    watched, other = asyncio.Event(), asyncio.Event()
    hub.watch(team.workspace_id, ours, watched)
    hub.watch(team.workspace_id, theirs, other)
    async with running(hub.run()), asyncio.timeout(5):
        await watched.wait()
        await asyncio.sleep(0.2)  # it is set once more when the log has been found
        watched.clear()
        other.clear()
        await writer.move(ours, 1)
        wakeups.notify(Topic.FEED)
        await watched.wait()
        assert not other.is_set()
        hub.unwatch(team.workspace_id, theirs, other)
        watched.clear()
        await writer.move(theirs, 1)
        await writer.move(ours, 0)
        wakeups.notify(Topic.FEED)
        await watched.wait()
        assert not other.is_set()


async def test_a_watch_is_set_when_the_hub_comes_back(
    mortal: Database, database: Database, team: Team, writer: Writer
) -> None:
    ours, _ = await writer.open()
    hub = Hub(mortal, Wakeups(mortal), 0.05)
    watched = asyncio.Event()
    hub.watch(team.workspace_id, ours, watched)
    async with running(hub.run()), asyncio.timeout(5):
        await watched.wait()
        watched.clear()
        assert await terminate(database, "application_name = 'mortal'") == 1
        await watched.wait()
