"""Saved views: whose they are, who sees them, and what they count."""

from typing import Any

import pytest
from tests.api.team import Team

from gateway.api import views


async def make(team: Team, token: str, *, shared: bool = False, **filters: Any) -> Any:
    body = {"name": "Mine", "filters": filters, "sort": "due", "shared": shared}
    return await team.ask("POST", "/v1/views", body, token=token)


async def seen(team: Team, token: str) -> list[str]:
    return [each["id"] for each in await team.get("/v1/views", token=token)]


async def counted(team: Team, token: str) -> dict[str, int]:
    found = await team.get("/v1/views/counts", token=token)
    return {each["view"]: each["conversations"] for each in found}


async def test_ones_own_and_shared_ones_are_seen(team: Team) -> None:
    own = await make(team, team.agent, priority=["urgent"], assignee="me", overdue=True)
    hidden = await make(team, team.admin)
    shared = await make(team, team.admin, shared=True)
    assert set(await seen(team, team.agent)) == {own["id"], shared["id"]}
    assert await seen(team, team.key) == [shared["id"]]
    assert await team.get(f"/v1/views/{own['id']}", token=team.agent) == own
    assert (own["filters"]["priority"], own["filters"]["overdue"]) == (["urgent"], True)
    assert (own["sort"], own["agent"]) == ("due", str(team.agent_id))
    for method, body in (("GET", None), ("PUT", {"name": "x", "filters": {}}), ("DELETE", None)):
        path = f"/v1/views/{hidden['id']}"
        assert (await team.call(method, path, body, token=team.agent)).status_code == 404
        if method != "GET":
            path = f"/v1/views/{shared['id']}"
            assert (await team.call(method, path, body, token=team.agent)).status_code == 403


async def test_they_change_and_go(team: Team) -> None:
    view = await make(team, team.agent, tag=["vip"])
    path = f"/v1/views/{view['id']}"
    body = {"name": "Level 2", "filters": {"level": 2}, "shared": True}
    changed = await team.ask("PUT", path, body, token=team.agent)
    assert (changed["name"], changed["filters"]["level"]) == ("Level 2", 2)
    assert (changed["filters"]["tag"], changed["shared"]) == ([], True)
    await team.ask("DELETE", path)
    assert await seen(team, team.agent) == []


async def test_counts_are_of_what_one_may_see(team: Team) -> None:
    for number in range(3):
        message = await team.submit(email=f"{number}@customer.test")
    id_ = (await team.conversation_of(message["message"]))["id"]
    await team.ask("POST", f"/v1/conversations/{id_}/take", token=team.agent)
    every = (await make(team, team.admin, shared=True))["id"]
    mine = (await make(team, team.admin, shared=True, assignee="me"))["id"]
    assert await counted(team, team.agent) == {every: 3, mine: 1}
    assert await counted(team, team.admin) == {every: 3, mine: 0}
    assert await counted(team, team.key) == {every: 3, mine: 0}
    await team.ask("PUT", f"/v1/queues/{team.queues['General']}/members/{team.admin_id}", {})
    assert await counted(team, team.agent) == {every: 1, mine: 1}


async def test_there_is_a_bound(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_VIEWS", 1)
    await make(team, team.agent)
    body: dict[str, Any] = {"name": "x", "filters": {}}
    assert (await team.call("POST", "/v1/views", body, token=team.agent)).status_code == 409
    assert (await team.call("POST", "/v1/views", body)).status_code == 201
    assert (await team.call("POST", "/v1/views", body, token=team.key)).status_code == 403
    for filters in ({"colour": "red"}, {"level": 9}, {"status": ["closed", "solved"]}):
        wrong = await team.call("POST", "/v1/views", {"name": "x", "filters": filters})
        assert wrong.status_code == 422, filters
