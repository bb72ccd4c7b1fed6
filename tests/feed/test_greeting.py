"""How a socket is opened, refused and closed."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.feed.conftest import Connect, Node, RunNode, token_of, until
from tests.feed.feed_client import ending_of, receive
from tests.feed.history import Team, Writer
from websockets.asyncio.client import ClientConnection

from gateway.access.tokens import Role, digest_of
from gateway.database.connections import Database
from gateway.feed.connection import Pace

OpenSocket = Callable[[Node], Awaitable[ClientConnection]]

HELLO = {"t": "hello", "token": "sk_unknown", "v": 1, "client": "tests"}


async def test_a_greeting_tells_where_the_log_stands(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    await writer.steps(3)
    client = await sign_in(await run_node())
    assert client.welcome["head"] == 3
    assert client.welcome["floor"] == 0
    assert client.welcome["heartbeat_s"] == 25
    assert client.welcome["epoch"]


BAD_BEGINNINGS: list[tuple[Any, int, str]] = [
    (HELLO, 4501, "auth"),
    (HELLO | {"v": 2}, 4503, "version"),
    (HELLO | {"token": None}, 4500, "protocol"),
    ({"t": "pong"}, 4500, "protocol"),
    ({"t": "sub", "id": "a", "snapshot": True}, 4500, "protocol"),
    ({"t": "nothing"}, 4500, "protocol"),
    ([], 4500, "protocol"),
    (b"{}", 4500, "protocol"),
    ("{", 4500, "protocol"),
    ({"t": "pong", "x": "y" * 70_000}, 4500, "protocol"),
]


async def test_a_bad_first_frame_ends_it_for_good(
    run_node: RunNode, open_socket: OpenSocket, team: Team
) -> None:
    node = await run_node()
    for first, code, error in BAD_BEGINNINGS:
        socket = await open_socket(node)
        is_raw = isinstance(first, bytes | str)
        await socket.send(first if is_raw else orjson.dumps(first).decode())
        closed_with, frames = await ending_of(socket)
        assert closed_with == code
        assert [frame["t"] for frame in frames] == ["err", "bye"]
        assert frames[0]["code"] == error
        assert frames[1] == {"t": "bye", "code": code, "retry_ms": None}


async def test_some_tokens_do_not_open_the_feed(
    run_node: RunNode, open_socket: OpenSocket, database: Database, team: Team
) -> None:
    node = await run_node()
    provider = await token_of(database, team, Role.PROVIDER)
    agents = [await token_of(database, team) for _ in range(3)]
    changes = {
        provider: ("SELECT 1", 4501),
        agents[0]: ("UPDATE access_token SET revoked_at = now() WHERE digest = :digest", 4501),
        agents[1]: ("UPDATE access_token SET expires_at = now() WHERE digest = :digest", 4403),
        agents[2]: ("UPDATE agent SET archived_at = now()", 4502),
    }
    for token, (change, code) in changes.items():
        ids = {"digest": digest_of(token)} if ":digest" in change else {}
        async with database.transaction() as session:
            await session.execute(text(change), ids)
        socket = await open_socket(node)
        await socket.send(orjson.dumps(HELLO | {"token": token}).decode())
        assert (await ending_of(socket))[0] == code


async def test_silence_is_not_waited_for(
    run_node: RunNode, open_socket: OpenSocket, team: Team
) -> None:
    socket = await open_socket(await run_node(pace=Pace(hello_timeout_s=0.05)))
    code, frames = await ending_of(socket)
    assert code == 4501
    assert frames[0]["detail"] == "no hello within 0.05 s"


async def test_a_wrong_request_is_answered_and_the_socket_lives_on(
    run_node: RunNode, sign_in: Connect, team: Team
) -> None:
    client = await sign_in(await run_node(), role=Role.ADMIN)
    await client.subscribe("a")
    requests: list[tuple[dict[str, Any], str]] = [
        ({"t": "sub", "id": "b"}, "invalid"),
        ({"t": "sub", "id": "b", "snapshot": True, "cursor": "x.1"}, "invalid"),
        ({"t": "sub", "id": "b", "snapshot": True, "filter": {"queues": ["x"]}}, "invalid"),
        ({"t": "sub", "id": "b", "snapshot": True, "filter": {"other": 1}}, "invalid"),
        ({"t": "sub", "id": "a", "snapshot": True}, "duplicate"),
        ({"t": "unsub", "id": "b"}, "unknown"),
        ({"t": "sub", "id": "b", "snapshot": True, "filter": {"assigned_to_me": True}}, "no_agent"),
    ]
    for request, code in requests:
        await client.send(**request)
        answer = await client.receive()
        assert answer["t"] == "err"
        assert (answer["code"], answer["ref"]) == (code, request["id"])
    for number in range(31):
        await client.subscribe(str(number))
    await client.send(t="sub", id="b", snapshot=True)
    assert (await client.receive())["code"] == "limit"
    await client.send(t="unsub", id="a")
    await client.subscribe("b")


async def test_hello_comes_once(run_node: RunNode, sign_in: Connect, team: Team) -> None:
    client = await sign_in(await run_node())
    await client.send(**HELLO)
    assert (await ending_of(client.socket))[0] == 4500


async def test_an_unsubscribed_view_falls_silent(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    client = await sign_in(await run_node())
    stays, goes = await client.subscribe("stays"), await client.subscribe("goes")
    await client.send(t="unsub", id="goes")
    await client.send(t="unsub", id="goes")
    assert (await client.receive())["code"] == "unknown"
    await client.follow_until(stays, (await writer.steps(3))[-1])
    assert goes.seen == []


async def test_a_shutdown_says_goodbye(
    run_node: RunNode, sign_in: Connect, open_socket: OpenSocket, team: Team
) -> None:
    node = await run_node()
    client, greeting = await sign_in(node), await open_socket(node)
    await client.subscribe()
    await until(lambda: len(node.door) == 2)
    await node.door.drain()
    assert len(node.door) == 0
    for socket in (client.socket, greeting, await open_socket(node)):
        code, frames = await ending_of(socket)
        assert code == 4400
        assert frames[-1]["t"] == "bye"
        assert 500 <= frames[-1]["retry_ms"] < 5_000


async def test_pings_carry_the_head_and_silence_ends_it(
    run_node: RunNode, sign_in: Connect, writer: Writer
) -> None:
    client = await sign_in(await run_node(pace=Pace(heartbeat_s=0.2)))
    follower = await client.subscribe()
    await client.follow_until(follower, await writer.step())
    for _ in range(4):
        ping = await client.expect("ping")
    assert ping["n"] >= 4
    assert ping["head"] == 1
    code, frames = await ending_of(client.socket)
    assert code == 4402
    *pings, bye = [frame["t"] for frame in frames]
    assert len(pings) >= 2
    assert set(pings) == {"ping"}
    assert bye == "bye"


async def test_a_failure_of_ours_asks_to_come_back(
    run_node: RunNode, open_socket: OpenSocket, database: Database, team: Team
) -> None:
    token = await token_of(database, team)
    socket = await open_socket(await run_node())
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE access_token RENAME TO lost"))
    with capture_logs() as logs:
        await socket.send(orjson.dumps(HELLO | {"token": token}).decode())
        frame = await receive(socket)
    assert [entry["event"] for entry in logs] == ["feed.connection_failed"]
    assert frame["t"] == "bye"
    assert frame["code"] == 4404
    assert frame["retry_ms"] > 0
