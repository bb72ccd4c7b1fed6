from collections.abc import AsyncIterator

import pytest
from tests.api.team import Team, serving
from tests.sla.desk import Desk

from gateway.database.connections import Database


@pytest.fixture
async def teams(database: Database) -> AsyncIterator[list[Team]]:
    async with serving(database, "north", "south") as teams:
        yield teams


@pytest.fixture
def team(teams: list[Team]) -> Team:
    return teams[0]


@pytest.fixture
def desk(team: Team) -> Desk:
    return Desk(team)
