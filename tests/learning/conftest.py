from collections.abc import AsyncIterator

import pytest
from tests.api.team import Team, serving

from gateway.database.connections import Database


@pytest.fixture
async def teams(database: Database) -> AsyncIterator[list[Team]]:
    """Two workspaces of one gateway."""
    async with serving(database, "north", "south") as teams:
        yield teams


@pytest.fixture
def team(teams: list[Team]) -> Team:
    return teams[0]


@pytest.fixture
def other(teams: list[Team]) -> Team:
    return teams[1]
