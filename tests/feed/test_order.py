"""Why events take their positions from one row per workspace: two transactions, interleaved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from tests.feed.history import Team

from gateway.database.connections import Database
from gateway.feed.log import EventType, Happening, append
from gateway.feed.logged import read_pages
from gateway.ids import new_id

Connections = tuple["asyncpg.Connection[Any]", ...]


@pytest.fixture
async def three(database: Database) -> AsyncIterator[Connections]:
    """The connections of a slow writer, a quick writer, and a reader."""
    async with AsyncExitStack() as stack:
        connections = [await database.connect() for _ in range(3)]
        for connection in connections:
            stack.push_async_callback(connection.close)
        yield tuple(connections)


async def test_a_bare_sequence_makes_a_tailing_reader_miss_one(three: Connections) -> None:
    """The control: what the log is measured against must fail here."""
    slow, quick, reader = three
    await reader.execute("CREATE TABLE bare (id bigserial PRIMARY KEY)")
    async with slow.transaction():
        await slow.execute("INSERT INTO bare DEFAULT VALUES")
        await quick.execute("INSERT INTO bare DEFAULT VALUES")
        seen = [row["id"] for row in await reader.fetch("SELECT id FROM bare WHERE id > 0")]
    seen += [row["id"] for row in await reader.fetch("SELECT id FROM bare WHERE id > $1", seen[-1])]
    assert seen == [2]
    assert await reader.fetchval("SELECT count(*) FROM bare") == 2


async def test_the_log_shows_the_same_reader_both(three: Connections, team: Team) -> None:
    slow, quick, reader = three
    async with slow.transaction():
        await append(slow.fetch, [noted(team)])
        waiting = asyncio.create_task(append(quick.fetch, [noted(team)]))
        await asyncio.sleep(0.1)
        seen = await positions_after(reader, team, 0)
        assert seen == []
        assert not waiting.done(), "nobody may overtake the slow one"
    await waiting
    seen += await positions_after(reader, team, 0)
    assert seen == [1, 2]


async def test_a_rolled_back_writer_leaves_no_gap(three: Connections, team: Team) -> None:
    slow, quick, reader = three
    undone = slow.transaction()
    await undone.start()
    await append(slow.fetch, [noted(team)])
    waiting = asyncio.create_task(append(quick.fetch, [noted(team), noted(team)]))
    await undone.rollback()
    assert await waiting == {team.workspace_id: 2}
    assert await positions_after(reader, team, 0) == [1, 2]


async def positions_after(reader: "asyncpg.Connection[Any]", team: Team, pos: int) -> list[int]:
    page = (await read_pages(reader.fetch, {team.workspace_id: pos}))[team.workspace_id]
    return [event.pos for event in page.events]


def noted(team: Team) -> Happening:
    return Happening(
        workspace_id=team.workspace_id,
        type=EventType.NOTED,
        conversation_id=new_id(),
        version=1,
        queue_after=team.queues[0],
        assignee_after=None,
        queue_before=team.queues[0],
        assignee_before=None,
    )
