from tests.api.conftest import team, teams

__all__ = ["team", "teams"]
