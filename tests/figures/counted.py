"""What is kept of a workspace's figures, and counting it in different ways."""

from typing import Any

from tests.api.team import Team

from gateway.figures.counting import count_all, recount

OFFICE: dict[str, Any] = {
    "name": "Office",
    "timezone": "Europe/Rome",
    "week": {
        day: [{"from": "09:00", "to": "18:00"}]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    },
    "is_default": True,
}

Kept = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


async def kept(team: Team) -> Kept:
    """All cases and all days."""
    cases, days = [
        await team.sql(f"SELECT * FROM {table} t ORDER BY t", *())  # noqa: S608
        for table in ("figure_case", "figure_rollup")
    ]
    return [tuple(row) for row in cases], [tuple(row) for row in days]


async def count(team: Team, page: int = 2_000) -> Kept:
    await count_all(team.gateway.database, team.workspace_id, page)
    return await kept(team)


async def count_anew(team: Team) -> Kept:
    await recount(team.gateway.database, team.workspace_id)
    return await kept(team)
