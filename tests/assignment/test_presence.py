"""A lease says who is there: the feed renews it, and it runs out by itself."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from tests.api.team import Team
from tests.house import House
from websockets.asyncio.client import connect

from gateway.assignment.presence import AFTER_PARTING, LEASE, Presences, renew
from gateway.database.connections import Database
from gateway.wakeups import Topic, Wakeups


async def presence_of(team: Team) -> dict[str, Any]:
    found = await team.get("/v1/presence", token=team.agent)
    [mine] = [each for each in found if each["agent"] == str(team.agent_id)]
    return dict(mine)


async def until(team: Team) -> datetime:
    return datetime.fromisoformat((await presence_of(team))["until"])


@pytest.fixture
def presences(database: Database) -> Presences:
    return Presences(database, Wakeups(database))


async def test_nobody_is_there_unless_seen(team: Team, database: Database) -> None:
    assert (await presence_of(team))["present"] is False
    now = datetime.now(UTC)
    key = (team.workspace_id, team.agent_id)
    async with database.transaction() as session:
        assert await renew(session, [key], now - LEASE) == 1
    assert (await presence_of(team))["present"] is False
    async with database.transaction() as session:
        assert await renew(session, [key], now) == 1
        assert await renew(session, [key], now) == 0
    assert (await presence_of(team))["present"] is True
    assert await until(team) == now + LEASE


async def test_the_feed_renews_and_parting_shortens(
    team: Team, database: Database, presences: Presences
) -> None:
    with presences.attending(team.workspace_id, team.agent_id) as attend:
        await presences.write()
        came = await until(team)
        attend()
        await presences.write()
        assert await until(team) > came
    await presences.write()
    assert await until(team) < datetime.now(UTC) + AFTER_PARTING
    with presences.attending(team.workspace_id, None):
        await presences.write()


async def test_another_window_keeps_the_lease(team: Team, presences: Presences) -> None:
    with presences.attending(team.workspace_id, team.agent_id) as attend:
        with presences.attending(team.workspace_id, team.agent_id):
            pass
        attend()
        await presences.write()
    assert await until(team) > datetime.now(UTC) + AFTER_PARTING


async def test_coming_is_hinted_at_once_and_staying_is_not(team: Team, database: Database) -> None:
    wakeups = Wakeups(database)
    hint = wakeups.listen(Topic.ASSIGNMENT)
    presences = Presences(database, wakeups)
    with presences.attending(team.workspace_id, team.agent_id) as attend:
        await presences.write()
        assert hint.is_set()
        hint.clear()
        attend()
        await presences.write()
        assert not hint.is_set()


async def test_away_is_away_however_often_the_feed_answers(team: Team, database: Database) -> None:
    await team.ask("PUT", "/v1/presence", {"status": "away"}, token=team.agent)
    async with database.transaction() as session:
        await renew(session, [(team.workspace_id, team.agent_id)], datetime.now(UTC))
    mine = await presence_of(team)
    assert (mine["status"], mine["present"]) == ("away", False)
    await team.ask("PUT", "/v1/presence", {"status": "online"}, token=team.agent)
    assert (await presence_of(team))["present"] is True


async def test_a_mobile_agent_needs_no_feed(team: Team, presences: Presences) -> None:
    leaves = datetime.now(UTC) + timedelta(hours=4)
    body = {"status": "online", "mobile_until": leaves.isoformat()}
    await team.ask("PUT", "/v1/presence", body, token=team.agent)
    with presences.attending(team.workspace_id, team.agent_id):
        await presences.write()
    await presences.write()
    assert await until(team) == leaves
    for wrong in (timedelta(hours=-1), timedelta(hours=25)):
        body = {"status": "online", "mobile_until": (datetime.now(UTC) + wrong).isoformat()}
        refused = await team.call("PUT", "/v1/presence", body, token=team.agent)
        assert refused.json()["errors"][0]["pointer"] == "/mobile_until"


async def test_a_key_is_nobody(team: Team) -> None:
    refused = await team.call("PUT", "/v1/presence", {"status": "online"}, token=team.key)
    assert refused.status_code == 403


async def test_an_open_feed_is_presence(house: House) -> None:
    async def is_present() -> bool:
        [ada] = await house.get("/v1/presence")
        return bool(ada["present"])

    assert not await is_present()
    async with connect(f"{house.url.replace('http', 'ws')}/feed") as feed:
        hello = {"t": "hello", "v": 1, "token": house.team.agent, "client": "test"}
        await feed.send(orjson.dumps(hello).decode())
        async with asyncio.timeout(10):
            while not await is_present():  # noqa: ASYNC110 - the lease is written by itself
                await asyncio.sleep(0.05)
