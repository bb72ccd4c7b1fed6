from collections.abc import AsyncIterator

import pytest
from tests.webhooks.desk import Desk, opened
from tests.webhooks.receiver import Receiver, receiving

from gateway.database.connections import Database


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """Two workspaces; workers are run by the tests."""
    async with opened(database) as desk:
        yield desk
