"""What single connections read from the database: few at a time, however many ask at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.access.tokens import Principal
from gateway.database.connections import Database, Fetch
from gateway.feed.client_frames import Filter
from gateway.feed.cursor import Bounds
from gateway.feed.log import EventType
from gateway.feed.logged import OLDER_EVENTS, Page, read_pages
from gateway.feed.scope import READ as READ_SCOPE
from gateway.feed.scope import Scope, ScopeChange
from gateway.feed.snapshot import Snapshot, read_snapshot
from gateway.feed.view import View

AT_ONCE = 3

BOUNDS = """
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, pos + 1 FROM feed_head WHERE workspace_id = $1
    UNION ALL
    SELECT CASE WHEN probe.is_recent THEN low ELSE middle END,
           CASE WHEN probe.is_recent THEN middle ELSE high END
      FROM search
     CROSS JOIN LATERAL (SELECT (low + high) / 2 AS middle) AS half
     CROSS JOIN LATERAL (
           SELECT EXISTS (
                  SELECT FROM event
                    JOIN workspace w ON w.id = event.workspace_id
                   WHERE event.workspace_id = $1 AND event.pos = middle
                     AND event.at >= now() - make_interval(hours => w.feed_resume_hours)
                  ) AS is_recent
           ) AS probe
     WHERE high - low > 1
)
SELECT epoch, pos AS head, (SELECT max(low) FROM search) AS floor
  FROM feed_head
 WHERE workspace_id = $1
"""
"""A binary search for the last position that is too old: times grow with positions."""


PLACE = """
SELECT c.queue_id, c.assignee_id, agent.name
  FROM conversation c
  LEFT JOIN agent ON agent.workspace_id = c.workspace_id AND agent.id = $3
 WHERE c.workspace_id = $1 AND c.id = $2
"""


SCOPE_CHANGES = f"""
SELECT data
  FROM event
 WHERE workspace_id = $1 AND pos > $2 AND type = '{EventType.SCOPE}'
"""  # noqa: S608 - a constant


class FeedReader:
    """Reads the log and the state. Raises what says that the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def bounds(self, workspace_id: int) -> Bounds:
        async with self._fetch() as fetch:
            row = (await fetch(BOUNDS, workspace_id))[0]
        return Bounds(row["epoch"], row["floor"], row["head"])

    async def after(self, workspace_id: int, pos: int) -> Page:
        async with self._fetch() as fetch:
            return (await read_pages(fetch, {workspace_id: pos}, OLDER_EVENTS))[workspace_id]

    async def place(
        self, workspace_id: int, conversation_id: UUID, agent_id: UUID | None
    ) -> dict[str, Any] | None:
        """Where a conversation is, and the agent's name; None if there is no such conversation."""
        async with self._fetch() as fetch:
            rows = await fetch(PLACE, workspace_id, conversation_id, agent_id)
        return dict(rows[0]) if rows else None

    async def scope(self, principal: Principal) -> Scope:
        async with self._fetch() as fetch:
            return await read_scope(fetch, principal)

    async def is_out_of_scope(self, principal: Principal, pos: int) -> bool:
        """Whether what the caller may see has been another since a position."""
        async with self._fetch() as fetch:
            scope = await read_scope(fetch, principal)
            rows = await fetch(SCOPE_CHANGES, principal.workspace_id, pos)
        changes = [ScopeChange.of(row["data"]) for row in rows]
        return any(scope.is_touched_by(change, principal.agent_id) for change in changes)

    async def snapshot(self, principal: Principal, wanted: Filter) -> tuple[Scope, View, Snapshot]:
        """All of one instant: what the caller may see, the view that this gives, and its state."""
        async with self._turns, self._database.snapshot() as connection:
            scope = await read_scope(fetch_on(connection), principal)
            view = View.of(wanted, principal.agent_id, scope)
            return scope, view, await read_snapshot(connection, principal.workspace_id, view)

    @asynccontextmanager
    async def _fetch(self) -> AsyncIterator[Fetch]:
        async with self._turns, self._database.engine.connect() as connection:
            yield fetch_on(connection)


async def read_scope(fetch: Fetch, principal: Principal) -> Scope:
    rows = await fetch(READ_SCOPE, principal.workspace_id, principal.token_id)
    return Scope.of(rows[0])


def fetch_on(connection: AsyncConnection) -> Fetch:
    async def fetch(statement: str, *arguments: Any) -> Sequence[Any]:
        return (await connection.exec_driver_sql(statement, arguments)).mappings().all()

    return fetch
