"""What single connections read from the database: few at a time, however many ask at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database.connections import Database, Fetch
from gateway.feed.cursor import Bounds
from gateway.feed.logged import OLDER_EVENTS, Page, read_pages
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

    async def snapshot(self, workspace_id: int, view: View) -> Snapshot:
        async with self._turns, self._database.snapshot() as connection:
            return await read_snapshot(connection, workspace_id, view)

    @asynccontextmanager
    async def _fetch(self) -> AsyncIterator[Fetch]:
        async with self._turns, self._database.engine.connect() as connection:
            yield fetch_on(connection)


def fetch_on(connection: AsyncConnection) -> Fetch:
    async def fetch(statement: str, *arguments: Any) -> Sequence[Any]:
        return (await connection.exec_driver_sql(statement, arguments)).mappings().all()

    return fetch
