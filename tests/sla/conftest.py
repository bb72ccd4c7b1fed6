from collections.abc import AsyncIterator

import pytest
from tests.api.team import serving
from tests.sla.desk import Desk

from gateway.database.connections import Database


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with serving(database, "desk") as [team]:
        yield Desk(team)
