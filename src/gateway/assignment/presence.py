"""Whether agents are at work: a lease, renewed by the feed's heartbeat or asked for by the agent.

Nobody has to say that an agent has gone: the lease runs out.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.database.connections import Database
from gateway.database.schema import Agent, Presence
from gateway.wakeups import Topic, Wakeups

Status = Literal["online", "away"]

LEASE = timedelta(seconds=60)
"""Longer than two heartbeats of the feed: one may be lost."""

AFTER_PARTING = timedelta(seconds=30)
"""How long the lease still runs when a feed ends: another window of the agent's renews it."""

GATHER_S = 0.2

RENEW = text("""
WITH seen AS (
    SELECT * FROM unnest(CAST(:workspaces AS int[]), CAST(:agents AS uuid[]))
        AS s (workspace_id, agent_id)
), before AS (
    SELECT p.* FROM presence p JOIN seen USING (workspace_id, agent_id)
), renewed AS (
    INSERT INTO presence AS p (workspace_id, agent_id, status, until, changed_at)
    SELECT s.workspace_id, s.agent_id, 'online', :until, :now
      FROM seen s JOIN agent a ON a.workspace_id = s.workspace_id AND a.id = s.agent_id
     WHERE a.archived_at IS NULL
     ORDER BY s.workspace_id, s.agent_id
    ON CONFLICT (workspace_id, agent_id) DO UPDATE
       SET until = greatest(p.until, excluded.until)
 RETURNING p.workspace_id, p.agent_id
)
SELECT count(*) FROM renewed r LEFT JOIN before b USING (workspace_id, agent_id)
 WHERE b.until IS NULL OR b.until <= :now
""")
"""Returns how many agents have come, whose lease had run out or who were never here."""

PART = text("""
WITH parted AS (
    SELECT p.workspace_id, p.agent_id
      FROM presence p
      JOIN unnest(CAST(:workspaces AS int[]), CAST(:agents AS uuid[]))
           AS s (workspace_id, agent_id) USING (workspace_id, agent_id)
     WHERE NOT p.is_mobile
     ORDER BY p.workspace_id, p.agent_id
       FOR UPDATE OF p
)
UPDATE presence p SET until = least(p.until, :until)
  FROM parted
 WHERE (p.workspace_id, p.agent_id) = (parted.workspace_id, parted.agent_id)
""")

Key = tuple[int, UUID]
"""A workspace and an agent of it."""

Attend = Callable[[], None]
"""Says that the agent's feed has just been answered."""


@record
class Here:
    """An agent and whether they can be given work; `until` is null for whoever was never here."""

    agent_id: UUID
    name: str
    status: str
    is_present: bool
    is_mobile: bool
    until: datetime | None
    is_draining: bool
    capacity: int
    load: int


class Presences:
    """Keeps the leases of those whose feed is answered in this process."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups
        self._seen: dict[Key, timedelta] = {}
        self._has_news = asyncio.Event()

    @contextmanager
    def attending(self, workspace_id: int, agent_id: UUID | None) -> Iterator[Attend]:
        """The agent is here during the block as long as what it gives is called in time.

        Nothing happens for a feed that is no agent's. After the block the lease runs out soon,
        unless another feed of the agent's goes on.
        """
        key = None if agent_id is None else (workspace_id, agent_id)

        def attend() -> None:
            if key is not None:
                self._seen[key] = LEASE
                self._has_news.set()

        attend()
        try:
            yield attend
        finally:
            if key is not None:
                self._seen.setdefault(key, AFTER_PARTING)
                self._has_news.set()

    async def run(self) -> None:
        """Write the leases down, many at once, until cancelled."""
        while True:
            await self._has_news.wait()
            await asyncio.sleep(GATHER_S)
            self._has_news.clear()
            await self.write()

    async def write(self) -> None:
        """Write down what is known since the last time."""
        seen, self._seen = self._seen, {}
        now = datetime.now(UTC)
        here = sorted(key for key, lease in seen.items() if lease == LEASE)
        parted = sorted(key for key, lease in seen.items() if lease != LEASE)
        try:
            async with self._database.transaction() as session:
                have_come = await renew(session, here, now)
            async with self._database.transaction() as session:
                await _shorten(session, parted, now)
        except BaseException:
            self._seen = seen | self._seen
            self._has_news.set()
            raise
        if have_come:
            self._wakeups.notify(Topic.ASSIGNMENT)


async def renew(session: AsyncSession, agents: Sequence[Key], now: datetime) -> int:
    """Renew the leases of agents; returns how many of them have only now come."""
    return await session.scalar(RENEW, {**_lease(agents, now + LEASE), "now": now}) or 0


async def _shorten(session: AsyncSession, agents: Sequence[Key], now: datetime) -> None:
    if agents:
        await session.execute(PART, _lease(agents, now + AFTER_PARTING))


def _lease(agents: Sequence[Key], until: datetime) -> dict[str, Any]:
    workspaces, ids = zip(*agents, strict=True) if agents else ((), ())
    return {"workspaces": list(workspaces), "agents": list(ids), "until": until}


async def declare(
    session: AsyncSession,
    workspace_id: int,
    agent_id: UUID,
    status: Status,
    mobile_until: datetime | None,
) -> None:
    """What an agent says of themselves; with `mobile_until` they are here without a feed."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "status": status,
        "is_mobile": mobile_until is not None,
        "until": mobile_until or now + LEASE,
        "changed_at": now,
    }
    keys = {"workspace_id": workspace_id, "agent_id": agent_id}
    await session.execute(
        insert(Presence)
        .values(**keys, **values)
        .on_conflict_do_update(index_elements=list(keys), set_=values)
    )


def is_present(now: datetime) -> ColumnElement[bool]:
    """Whether a row of `presence` says that its agent can be given work."""
    return and_(Presence.status == "online", Presence.until > now)


async def team(session: AsyncSession, workspace_id: int, now: datetime) -> list[Here]:
    """Everybody who works here, by name."""
    present = func.coalesce(is_present(now), False)
    statement = (
        select(
            Agent.id,
            Agent.name,
            func.coalesce(Presence.status, "online"),
            present,
            func.coalesce(Presence.is_mobile, False),
            Presence.until,
            Agent.is_draining,
            Agent.capacity,
            Agent.load,
        )
        .outerjoin(
            Presence,
            (Presence.workspace_id == Agent.workspace_id) & (Presence.agent_id == Agent.id),
        )
        .where(Agent.workspace_id == workspace_id, Agent.archived_at.is_(None))
        .order_by(func.lower(Agent.name), Agent.id)
    )
    return [Here(*row) for row in await session.execute(statement)]
