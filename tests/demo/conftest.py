from collections.abc import AsyncIterator

import pytest
from tests.api.team import Team, serving

from gateway.database.connections import Database


@pytest.fixture
async def team(database: Database) -> AsyncIterator[Team]:
    async with serving(database, "north") as [team]:
        yield team
