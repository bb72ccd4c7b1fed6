"""The log counted page by page: cursor, cases and days move on in one transaction.

A page says which conversations have changed. Each of these is read anew, whole, up to the end of
the page, and replaces what it added before: hence what is kept is at any time what a full count up
to the cursor would give, whoever died in between, and the cost of a page does not depend on how
much lies before it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.calendars import calendar_of
from gateway.database.connections import Database, Fetch, fetch_in, to_json
from gateway.database.schema import BusinessCalendar, Workspace
from gateway.figures.cases import CASES, TOLD
from gateway.figures.rolling import DROP_EMPTY, FORGET, KEEP, ROLL
from routing.business_time import AroundTheClock, BusinessTime, WorkingTime

PAGE_EVENTS: Final = 2_000
RECOUNT_EVENTS: Final = 20_000
EVERY_S: Final = 2.0

BEGIN = """
INSERT INTO figure_cursor (workspace_id, basis) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""
TAKE = """
SELECT pos, at, basis FROM figure_cursor WHERE workspace_id = $1 FOR UPDATE SKIP LOCKED
"""
BEHIND = """
SELECT w.id AS workspace_id
  FROM workspace w
  JOIN feed_head h ON h.workspace_id = w.id
  LEFT JOIN figure_cursor c ON c.workspace_id = w.id
 WHERE c.workspace_id IS NULL OR h.pos > c.pos OR w.configuration > c.configuration
 ORDER BY w.id
"""
PAGE = """
SELECT pos, at, type, conversation_id FROM event
 WHERE workspace_id = $1 AND pos > $2 AND at >= coalesce($3::timestamptz, '-infinity')
 ORDER BY pos LIMIT $4
"""
MOVE = """
UPDATE figure_cursor SET pos = coalesce($2, pos), at = coalesce($3, at), configuration = $4
 WHERE workspace_id = $1
"""
RESTART = """
UPDATE figure_cursor SET pos = 0, at = NULL, basis = $2 WHERE workspace_id = $1
"""
CLEAR = tuple(
    f"DELETE FROM {table} WHERE workspace_id = $1"  # noqa: S608 - constants
    for table in ("figure_case", "figure_rollup")
)


@record
class Basis:
    """What figures are counted by: the default calendar's zone, where days begin, and its time.

    `digest` changes with anything that could change a figure. `configuration` is the workspace's
    when this was read.
    """

    zone: str
    time: WorkingTime
    unanswered: timedelta
    digest: str
    configuration: int


async def count_always(database: Database) -> None:
    """Count what the log holds, and look again, until cancelled. Several at once are harmless."""
    while True:
        async with database.transaction() as session:
            fetch = await fetch_in(session)
            behind = [row["workspace_id"] for row in await fetch(BEHIND)]
        for workspace_id in behind:
            await count_all(database, workspace_id)
        await asyncio.sleep(EVERY_S)


async def count_all(database: Database, workspace_id: int, page: int = PAGE_EVENTS) -> None:
    """Count to the end of the log, or until another worker has taken over."""
    while await count_page(database, workspace_id, page):
        pass


async def count_page(database: Database, workspace_id: int, page: int = PAGE_EVENTS) -> int:
    """Move the cursor on by a page; returns how many events it has passed."""
    async with database.transaction() as session:
        basis = await read_basis(session, workspace_id)
        fetch = await fetch_in(session)
        await fetch(BEGIN, workspace_id, basis.digest)
        taken = await fetch(TAKE, workspace_id)
        if not taken:
            return 0
        after, since = taken[0]["pos"], taken[0]["at"]
        if taken[0]["basis"] != basis.digest:
            await restart(fetch, workspace_id, basis.digest)
            after, since = 0, None
        events = await fetch(PAGE, workspace_id, after, since, page)
        await _count(fetch, workspace_id, events, basis)
        last = (events[-1]["pos"], events[-1]["at"]) if events else (None, None)
        await fetch(MOVE, workspace_id, *last, basis.configuration)
        return len(events)


async def recount(database: Database, workspace_id: int) -> None:
    """Forget all that was counted of a workspace, and count its log from the beginning."""
    async with database.transaction() as session:
        basis = await read_basis(session, workspace_id)
        fetch = await fetch_in(session)
        await fetch(BEGIN, workspace_id, basis.digest)
        await fetch("SELECT FROM figure_cursor WHERE workspace_id = $1 FOR UPDATE", workspace_id)
        await restart(fetch, workspace_id, basis.digest)
    await count_all(database, workspace_id, RECOUNT_EVENTS)


async def restart(fetch: Fetch, workspace_id: int, digest: str) -> None:
    """Forget all that was counted of a workspace whose cursor is held."""
    for statement in CLEAR:
        await fetch(statement, workspace_id)
    await fetch(RESTART, workspace_id, digest)


async def read_basis(session: AsyncSession, workspace_id: int) -> Basis:
    """Without a default calendar all time counts, and days begin as UTC has it."""
    workspace = await session.get_one(Workspace, workspace_id)
    calendar = await session.scalar(
        select(BusinessCalendar).where(
            BusinessCalendar.workspace_id == workspace_id, BusinessCalendar.is_default
        )
    )
    names = ("timezone", "week", "special", "country", "subdivision")
    told = [calendar and getattr(calendar, name) for name in names]
    digest = orjson.dumps([workspace.unanswered_hours, told], option=orjson.OPT_SORT_KEYS)
    return Basis(
        zone=calendar.timezone if calendar else "UTC",
        time=BusinessTime(calendar_of(calendar)) if calendar else AroundTheClock(),
        unanswered=timedelta(hours=workspace.unanswered_hours),
        digest=hashlib.sha256(digest).hexdigest(),
        configuration=workspace.configuration,
    )


async def _count(
    fetch: Fetch, workspace_id: int, events: Sequence[Mapping[str, Any]], basis: Basis
) -> None:
    changed = sorted({row["conversation_id"] for row in events if row["type"] in TOLD})
    if not changed:
        return
    rows = await fetch(
        CASES, workspace_id, changed, events[-1]["pos"], basis.zone, basis.unanswered
    )
    cases = to_json([_measured(row, workspace_id, basis.time) for row in rows])
    await fetch(ROLL, workspace_id, changed, cases)
    await fetch(FORGET, workspace_id, changed)
    await fetch(KEEP, workspace_id, changed, cases)
    await fetch(DROP_EMPTY, workspace_id)


def _measured(row: Mapping[str, Any], workspace_id: int, time: WorkingTime) -> dict[str, Any]:
    """A row of `figure_case`; whole seconds."""
    case = {name: value for name, value in row.items() if name not in {"begins", "ends", "tags"}}
    spans = zip(row["begins"] or (), row["ends"] or (), strict=True)
    case |= {"workspace_id": workspace_id, "tags": orjson.loads(row["tags"])}
    if row["begins"] is None:
        return {**case, "seconds": None, "business_s": None}
    pairs = list(spans)
    clocks = {"seconds": AroundTheClock(), "business_s": time}
    lengths = {
        name: sum(int(clock.between(*pair).total_seconds()) for pair in pairs)
        for name, clock in clocks.items()
    }
    return case | lengths
