"""The report of one week: all figures beside the week before, and what of them stands out."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.database.connections import fetch_in
from gateway.database.schema import Agent, Queue
from gateway.figures.definitions import DEFINITIONS, Definition
from gateway.figures.progress import read_progress
from gateway.figures.reading import Asked, Reading, Readings, read
from gateway.figures.targets import Targets, read_targets
from gateway.reporting.attention import Candidate, Finding, most_worth, rising

WEEK: Final = timedelta(days=7)
MOST: Final = 3
GROUPS: Final = ("queue", "type")
"""What figures are told apart by, to find where a change comes from."""


@record
class WeeklyReport:
    """The week from `monday` on; `names` are those of queues, by id."""

    monday: date
    figures: list[Candidate]
    attention: list[Finding]
    rising: list[Finding]
    names: dict[str, str]
    behind: int


def last_monday(today: date) -> date:
    """When the last week that is over began."""
    return today - timedelta(days=today.weekday()) - WEEK


async def read_week(session: AsyncSession, workspace_id: int, monday: date) -> WeeklyReport:
    progress = await read_progress(session, workspace_id)
    fetch = await fetch_in(session)
    asked = Asked(since=monday, until=monday + WEEK, clock="wall", zone=progress.zone)
    shown = [each for each in DEFINITIONS.values() if each.name != "uncompleted"]
    targets = await read_targets(session, workspace_id)
    whole = _candidates(shown, await read(fetch, workspace_id, shown, asked), targets)
    told = {}
    for by in GROUPS:
        parts = Asked(since=monday, until=monday + WEEK, clock="wall", zone=progress.zone, by=by)
        told[by] = _candidates(shown, await read(fetch, workspace_id, shown, parts), {}, by)
    types = [each for each in told["type"] if each.figure.name == "new" and each.key]
    return WeeklyReport(
        monday=monday,
        figures=whole,
        attention=most_worth([*whole, *told["queue"], *told["type"]], MOST),
        rising=rising(DEFINITIONS["new"], types, MOST),
        names=await _names(session, workspace_id),
        behind=progress.behind,
    )


def _candidates(
    shown: list[Definition], readings: Readings, targets: Targets, by: str | None = None
) -> list[Candidate]:
    """Of a whole all figures, also those without cases."""
    found = []
    for figure in shown:
        groups = readings[figure.name]
        if by is None:
            groups = {"": groups.get("", (Reading(), Reading()))}
        for key, (now, before) in groups.items():
            target = targets.get(figure.name)
            found.append(Candidate(figure, now, before, by, key or None, target))
    return found


async def _names(session: AsyncSession, workspace_id: int) -> dict[str, str]:
    rows = await session.execute(
        select(Queue.id, Queue.name).where(Queue.workspace_id == workspace_id)
    )
    return {str(row.id): row.name for row in rows}


async def leads(session: AsyncSession, workspace_id: int) -> list[Agent]:
    """Who gets reports: supervisors and admins."""
    statement = select(Agent).where(
        Agent.workspace_id == workspace_id,
        Agent.role.in_(("supervisor", "admin")),
        Agent.archived_at.is_(None),
    )
    return list(await session.scalars(statement.order_by(Agent.id)))
