"""A real server with the feed on it, and clients that speak to it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
import uvicorn
from tests.feed.feed_client import FeedClient, receive
from tests.feed.history import Team, Writer, make_team
from websockets.asyncio.client import ClientConnection, connect

from gateway import background
from gateway.access.tokens import Role, issue
from gateway.assignment.presence import Presences
from gateway.database.connections import Database
from gateway.feed.connection import Pace
from gateway.feed.door import FeedDoor
from gateway.feed.hub import Hub
from gateway.feed.token_watch import TokenWatch
from gateway.signals import Signals
from gateway.wakeups import Wakeups
from gateway.websocket_protocol import FramedWebSocket


@dataclass
class Node:
    """One serving process."""

    url: str
    wakeups: Wakeups
    hub: Hub
    door: FeedDoor


RunNode = Callable[..., Awaitable[Node]]
Connect = Callable[..., Awaitable[FeedClient]]


@asynccontextmanager
async def running(*coroutines: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event to offer
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(door: FeedDoor) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                door,
                ws=FramedWebSocket,
                ws_per_message_deflate=False,
                ws_ping_interval=None,
                log_level="warning",
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )
        task = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started)
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/feed"
        await door.drain()
        server.should_exit = True
        await task


@asynccontextmanager
async def node(
    database: Database,
    *,
    pace: Pace | None = None,
    poll_interval_s: float = 0.02,
    hears: bool = True,
    token_check_s: float = 60,
) -> AsyncIterator[Node]:
    """`hears` False: nobody tells the hub of anything."""
    wakeups = Wakeups(database)
    hub = Hub(database, wakeups, poll_interval_s)
    presences = Presences(database, wakeups)
    tokens = TokenWatch(database, wakeups, token_check_s)
    door = FeedDoor(database, hub, Signals(wakeups, hub), presences, tokens, pace)
    loops = {"hub": hub.run, "presences": presences.run, "tokens": tokens.run}
    if hears:
        loops["wakeups"] = wakeups.run
    async with background.running(loops), serving(door) as url:
        yield Node(url, wakeups, hub, door)


@pytest.fixture
async def run_node(database: Database) -> AsyncIterator[RunNode]:
    async with AsyncExitStack() as stack:

        async def run(**options: object) -> Node:
            return await stack.enter_async_context(node(database, **options))  # type: ignore[arg-type]

        yield run


@pytest.fixture
async def team(database: Database) -> Team:
    return await make_team(database, "one")


@pytest.fixture
def writer(database: Database, team: Team) -> Writer:
    return Writer(database, team)


async def token_of(database: Database, team: Team, role: Role = Role.AGENT) -> str:
    """An agent's token, or a key of another role."""
    agent_id = team.agent_id if role is Role.AGENT else None
    async with database.transaction() as session:
        new = await issue(session, team.workspace_id, name="t", role=role, agent_id=agent_id)
    return new.secret


@pytest.fixture
async def open_socket() -> AsyncIterator[Callable[[Node], Awaitable[ClientConnection]]]:
    async with AsyncExitStack() as stack:

        async def open_one(node: Node) -> ClientConnection:
            connecting = connect(node.url, compression=None, max_size=None, close_timeout=1)
            return await stack.enter_async_context(connecting)

        yield open_one


@pytest.fixture
def sign_in(
    database: Database,
    team: Team,
    open_socket: Callable[[Node], Awaitable[ClientConnection]],
) -> Connect:
    """A welcomed client on a node; of `team`, unless another is named."""

    async def sign_in_to(
        node: Node, *, of: Team = team, role: Role = Role.AGENT, token: str | None = None
    ) -> FeedClient:
        websocket = await open_socket(node)
        client = FeedClient(websocket, {})
        secret = token or await token_of(database, of, role)
        await client.send(t="hello", token=secret, v=1, client="tests")
        client.welcome = await receive(websocket)
        assert client.welcome["t"] == "welcome"
        return client

    return sign_in_to
