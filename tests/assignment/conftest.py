from collections.abc import AsyncIterator

import pytest
from tests.api.conftest import other, team, teams
from tests.api.team import Team
from tests.assignment.desk import Desk, open_desk

__all__ = ["other", "team", "teams"]


@pytest.fixture
async def desk(team: Team) -> AsyncIterator[Desk]:
    """A team whose first-level queue offers; loads and events agree when the test is over."""
    desk = await open_desk(team)
    yield desk
    await desk.check()
