import pytest
from tests.api.conftest import team, teams
from tests.api.team import Team
from tests.sla.desk import Desk

__all__ = ["team", "teams"]


@pytest.fixture
def desk(team: Team) -> Desk:
    return Desk(team)
