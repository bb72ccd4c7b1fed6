"""A client that stops reading costs a cursor, and nobody else anything."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import text
from tests.feed.conftest import Connect, Node, RunNode, token_of, until
from tests.feed.feed_client import FeedClient, Follower, ending_of, receive
from tests.feed.history import Team, Writer, large
from websockets.asyncio.client import ClientConnection, connect

from gateway.database.connections import Database
from gateway.feed.connection import Pace
from gateway.feed.log import append
from gateway.feed.ring import MAX_BYTES
from gateway.wakeups import Topic

EVENTS = 600
CHARACTERS = 20_000


@pytest.fixture
async def stall(
    database: Database, team: Team
) -> AsyncIterator[Callable[[Node], Awaitable[tuple[FeedClient, Follower]]]]:
    """A subscribed client that the network holds little for, and that nobody reads from."""
    sockets: list[ClientConnection] = []

    async def open_one(node: Node) -> tuple[FeedClient, Follower]:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        host, port = node.url.removeprefix("ws://").removesuffix("/feed").split(":")
        narrow.connect((host, int(port)))
        websocket = await connect(
            node.url, sock=narrow, compression=None, max_size=None, max_queue=1, close_timeout=0.1
        )
        sockets.append(websocket)
        client = FeedClient(websocket, {})
        await client.send(t="hello", token=await token_of(database, team), v=1, client="slow")
        client.welcome = await receive(websocket)
        return client, await client.subscribe()

    yield open_one
    for websocket in sockets:
        await websocket.close()


async def write_much(database: Database, team: Team) -> int:
    """Three times as much as the ring and the sockets hold together."""
    connection = await database.connect()
    for _ in range(EVENTS // 100):
        heads = await append(connection.fetch, [large(team, CHARACTERS) for _ in range(100)])
    await connection.close()
    return heads[team.workspace_id]


class Idler:
    def wake(self) -> None:
        pass


Stall = Callable[[Node], Awaitable[tuple[FeedClient, Follower]]]


async def test_a_stalled_client_delays_nobody_and_catches_up(
    run_node: RunNode, sign_in: Connect, stall: Stall, database: Database, team: Team
) -> None:
    node = await run_node()
    slow, behind = await stall(node)
    quick = await sign_in(node)
    follower = await quick.subscribe()
    tail = node.hub.follow(team.workspace_id, Idler())
    last = await write_much(database, team)
    await quick.follow_until(follower, last)
    assert behind.pos < tail.ring.start
    assert tail.ring.size <= MAX_BYTES
    await slow.follow_until(behind, last)
    assert [event["pos"] for event in behind.seen] == list(range(1, EVENTS + 1))
    assert behind.resets == []


async def test_too_far_behind_starts_anew(
    run_node: RunNode, sign_in: Connect, stall: Stall, database: Database, team: Team
) -> None:
    node = await run_node()
    slow, behind = await stall(node)
    quick = await sign_in(node)
    await quick.follow_until(await quick.subscribe(), await write_much(database, team))
    async with database.transaction() as session:
        await session.execute(text("UPDATE event SET at = at - interval '73 hours'"))
    await slow.follow_until(behind, EVENTS)
    assert behind.resets == ["lag"]
    assert 0 < len(behind.seen) < EVENTS


async def test_a_client_that_takes_nothing_is_let_go(
    run_node: RunNode, stall: Stall, database: Database, team: Team
) -> None:
    node = await run_node(pace=Pace(heartbeat_s=0.7, send_timeout_s=0.3))
    slow, _ = await stall(node)
    await write_much(database, team)
    await until(lambda: len(node.door) == 0)
    _, frames = await ending_of(slow.socket)
    assert frames


async def test_no_more_is_sent_than_may_be_unacknowledged(
    run_node: RunNode, sign_in: Connect, database: Database, team: Team
) -> None:
    node = await run_node()
    client = await sign_in(node)
    frames = client.welcome["window"]["frames"]
    silent, swift = await client.subscribe("silent"), await client.subscribe("swift")
    client.unacknowledged.add("silent")
    connection = await database.connect()
    for pos in range(1, frames + 4):
        await append(connection.fetch, [large(team, 1)])
        node.wakeups.notify(Topic.FEED)
        await client.follow_until(swift, pos)
    await connection.close()
    assert len(silent.seen) == frames
    await client.send(t="ack", sub="silent", pos=1)
    await client.follow_until(silent, frames + 3)
    assert [event["pos"] for event in silent.seen] == list(range(1, frames + 4))


async def test_a_client_that_acknowledges_nothing_is_let_go(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    client = await sign_in(await run_node(pace=Pace(heartbeat_s=0.2, ack_timeout_s=0.3)))
    client.unacknowledged.add("all")
    await client.follow_until(await client.subscribe(), await writer.step())
    code, frames = await ending_of(client.socket, pong=True)
    assert code == 4401
    assert [frame["code"] for frame in frames if frame["t"] == "err"] == ["lag"]
