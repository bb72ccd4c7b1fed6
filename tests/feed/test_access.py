"""Who may be connected, and for how long."""

from collections.abc import Awaitable, Callable

import orjson
from sqlalchemy import text
from tests.feed.conftest import Connect, Node, RunNode, token_of
from tests.feed.feed_client import ending_of, receive
from tests.feed.history import Team, Writer, make_team
from tests.house import House, bearer
from websockets.asyncio.client import ClientConnection, connect

from gateway.access.tickets import issue_ticket
from gateway.access.tokens import authenticate, digest_of
from gateway.database.connections import Database
from gateway.wakeups import Topic

OpenSocket = Callable[[Node], Awaitable[ClientConnection]]

REVOKE = "UPDATE access_token SET revoked_at = now() WHERE digest = :digest"
EXPIRE = "UPDATE access_token SET expires_at = now() WHERE digest = :digest"
ARCHIVE = "UPDATE agent SET archived_at = now() WHERE CAST(:digest AS bytea) IS NOT NULL"


async def change(database: Database, statement: str, token: str) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement), {"digest": digest_of(token)})


async def test_what_ends_a_token_ends_its_sockets_in_every_process(
    run_node: RunNode, sign_in: Connect, database: Database, team: Team
) -> None:
    near, far = await run_node(), await run_node()
    for statement, code in ((REVOKE, 4501), (EXPIRE, 4403), (ARCHIVE, 4502)):
        token, other = await token_of(database, team), await token_of(database, team)
        clients = [await sign_in(node, token=token) for node in (near, far)]
        stays = await sign_in(far, token=other)
        await change(database, statement, token)
        near.wakeups.notify(Topic.ACCESS)
        for client in clients:
            closed_with, frames = await ending_of(client.socket)
            assert closed_with == code
            assert [frame["t"] for frame in frames] == ["err", "bye"]
            assert (frames[-1]["retry_ms"] is None) == (code >= 4500)
        if statement is not ARCHIVE:
            await stays.subscribe()


async def test_a_lost_hint_is_made_up_for(
    run_node: RunNode, sign_in: Connect, database: Database, team: Team
) -> None:
    node = await run_node(hears=False, token_check_s=0.1)
    token = await token_of(database, team)
    client = await sign_in(node, token=token)
    await change(database, REVOKE, token)
    assert (await ending_of(client.socket))[0] == 4501


async def test_a_token_is_renewed_on_an_open_socket(
    run_node: RunNode, sign_in: Connect, writer: Writer, database: Database, team: Team
) -> None:
    node = await run_node()
    first, second = await token_of(database, team), await token_of(database, team)
    strange = await token_of(database, await make_team(database, "two"))
    client = await sign_in(node, token=first)
    follower = await client.subscribe()
    for wrong in ("st_unknown", strange):
        await client.send(t="auth", token=wrong)
        answer = await client.receive()
        assert (answer["t"], answer["ref"], answer["code"]) == ("err", "auth", "auth")
    await client.send(t="auth", token=second)
    await client.send(t="unsub", id="nothing")
    assert (await client.receive())["code"] == "unknown", "what came before is done"
    await change(database, REVOKE, first)
    node.wakeups.notify(Topic.ACCESS)
    await client.follow_until(follower, await writer.step())
    await change(database, REVOKE, second)
    node.wakeups.notify(Topic.ACCESS)
    assert (await ending_of(client.socket))[0] == 4501


async def test_a_ticket_opens_one_socket_soon_while_its_token_holds(
    run_node: RunNode, sign_in: Connect, open_socket: OpenSocket, database: Database, team: Team
) -> None:
    node = await run_node()
    token = await token_of(database, team)

    async def ticket() -> str:
        async with database.transaction() as session:
            principal = await authenticate(session, token)
            assert principal is not None
            return (await issue_ticket(session, principal))[0]

    async def is_refused(secret: str) -> bool:
        socket = await open_socket(node)
        hello = {"t": "hello", "token": secret, "v": 1, "client": "tests"}
        await socket.send(orjson.dumps(hello).decode())
        return bool((await receive(socket))["t"] == "err")

    used, old, orphan = await ticket(), await ticket(), await ticket()
    client = await sign_in(node, token=used)
    assert await is_refused(used)
    await change(database, "UPDATE feed_ticket SET expires_at = now() WHERE digest = :digest", old)
    assert await is_refused(old)
    await change(database, REVOKE, token)
    assert await is_refused(orphan)
    node.wakeups.notify(Topic.ACCESS)
    assert (await ending_of(client.socket))[0] == 4501, "a ticket is no better than its token"


async def test_the_api_gives_tickets_and_ends_sockets(house: House) -> None:
    made = await house.post("/v1/feed/tickets")
    async with connect(f"{house.url.replace('http', 'ws')}/feed", compression=None) as socket:
        hello = {"t": "hello", "token": made["ticket"], "v": 1, "client": "tests"}
        await socket.send(orjson.dumps(hello).decode())
        assert (await receive(socket))["t"] == "welcome"
        agent = f"/v1/agents/{house.team.agent_id}"
        [token] = await house.get(f"{agent}/tokens")
        revoked = await house.http.delete(
            f"/v1/tokens/{token['id']}", headers=bearer(house.team.admin)
        )
        assert revoked.status_code == 204
        assert (await ending_of(socket))[0] == 4501
