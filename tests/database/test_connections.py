"""Telling a database that is away from one that refuses."""

import asyncpg
import pytest

from gateway.database.connections import is_database_away

AWAY = asyncpg.CannotConnectNowError("the database system is in recovery mode")
REFUSED = asyncpg.UniqueViolationError("duplicate key")


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (AWAY, True),
        (ConnectionRefusedError(), True),
        (REFUSED, False),
        (ExceptionGroup("of tasks", [AWAY, ExceptionGroup("of more", [AWAY])]), True),
        (ExceptionGroup("of tasks", [AWAY, REFUSED]), False),
    ],
)
def test_whether_the_database_is_away(error: Exception, is_away: bool) -> None:
    assert is_database_away(error) is is_away
