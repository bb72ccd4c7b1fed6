from collections.abc import AsyncIterator

import pytest
from tests.access.browser import PASSWORD, Browser, opened
from tests.api.team import Team, serving

from gateway.database.connections import Database


@pytest.fixture
async def teams(database: Database) -> AsyncIterator[list[Team]]:
    async with serving(database, "north", "south") as teams:
        yield teams


@pytest.fixture
async def team(teams: list[Team]) -> Team:
    """A team whose agent has a password."""
    await let_choose(teams[0], str(teams[0].agent_id), PASSWORD)
    return teams[0]


async def let_choose(team: Team, agent: str, password: str) -> None:
    invited = await team.ask("POST", f"/v1/agents/{agent}/invitations")
    chosen = {"invitation": invited["secret"], "password": password}
    answer = await team.http.post("/v1/passwords", json=chosen)
    assert answer.status_code == 204, answer.text


@pytest.fixture
async def browser(team: Team) -> AsyncIterator[Browser]:
    async with opened(team) as browser:
        yield browser
