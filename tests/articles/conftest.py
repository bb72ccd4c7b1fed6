from tests.api.conftest import other, team, teams

__all__ = ["other", "team", "teams"]
