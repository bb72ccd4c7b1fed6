"""A day of the past, as far as the database knows of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import references, rule_sets
from gateway.database.schema import (
    Agent,
    Assignment,
    BusinessCalendar,
    Queue,
    QueueMember,
    Workspace,
)
from gateway.references import References
from gateway.rule_sets import RuleDocument
from gateway.rulebook import drafts
from gateway.rulebook.replaying import RECALLED
from gateway.simulator.scenario_file import instant

ARRIVED: Final = text(
    RECALLED
    + """
 WHERE d.workspace_id = :workspace AND d.decided_at >= :since AND d.decided_at < :until
   AND (d.facts ->> 'is_new' = 'true' OR d.facts ->> 'is_reopened' = 'true')
 ORDER BY d.decided_at, d.id
"""
)


@dataclass(frozen=True, slots=True)
class Span:
    """An assignment: who had a conversation, from when until when (None: has it still)."""

    agent_id: UUID
    begins_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Past:
    """What the database knows of a day."""

    day: date
    zone: ZoneInfo
    workspace: Workspace
    references: References
    queues: Sequence[Queue]
    agents: Mapping[UUID, Agent]
    members: Sequence[QueueMember]
    arrived: Sequence[Mapping[str, Any]]
    spans: Mapping[UUID, Sequence[Span]]
    rules: Sequence[RuleDocument]

    @property
    def since(self) -> datetime:
        return instant(self.day, timedelta(0), self.zone)

    @property
    def until(self) -> datetime:
        return instant(self.day, timedelta(days=1), self.zone)


async def remember(
    session: AsyncSession, workspace_id: int, day: date, *, draft: bool = False
) -> Past:
    """Read a day, by the clock of the default calendar's zone (UTC without one)."""
    zone = await _zone(session, workspace_id)
    since, until = (instant(day, timedelta(days=n), zone) for n in (0, 1))
    arrived = await session.execute(
        ARRIVED, {"workspace": workspace_id, "since": since, "until": until}
    )
    queues = select(Queue).where(Queue.workspace_id == workspace_id, Queue.archived_at.is_(None))
    agents = select(Agent).where(Agent.workspace_id == workspace_id)
    members = select(QueueMember).where(QueueMember.workspace_id == workspace_id)
    return Past(
        day=day,
        zone=zone,
        workspace=await session.get_one(Workspace, workspace_id),
        references=await references.present(session, workspace_id),
        queues=(await session.scalars(queues.order_by(Queue.created_at, Queue.id))).all(),
        agents={agent.id: agent for agent in await session.scalars(agents)},
        members=(await session.scalars(members)).all(),
        arrived=[dict(row) for row in arrived.mappings()],
        spans=await _spans(session, workspace_id, since, until),
        rules=await _rules(session, workspace_id, draft=draft),
    )


async def _zone(session: AsyncSession, workspace_id: int) -> ZoneInfo:
    statement = select(BusinessCalendar.timezone).where(
        BusinessCalendar.workspace_id == workspace_id, BusinessCalendar.is_default
    )
    return ZoneInfo(await session.scalar(statement) or "UTC")


async def _spans(
    session: AsyncSession, workspace_id: int, since: datetime, until: datetime
) -> dict[UUID, list[Span]]:
    """Assignments of the day and the one after it, by conversation, in order."""
    statement = (
        select(
            Assignment.conversation_id,
            Assignment.agent_id,
            Assignment.assigned_at,
            Assignment.ended_at,
        )
        .where(
            Assignment.workspace_id == workspace_id,
            Assignment.assigned_at >= since,
            Assignment.assigned_at < until + timedelta(days=1),
        )
        .order_by(Assignment.assigned_at)
    )
    spans: defaultdict[UUID, list[Span]] = defaultdict(list)
    for conversation_id, agent_id, begins_at, ends_at in await session.execute(statement):
        if begins_at is not None:
            spans[conversation_id].append(Span(agent_id, begins_at, ends_at))
    return spans


async def _rules(
    session: AsyncSession, workspace_id: int, *, draft: bool
) -> Sequence[RuleDocument]:
    if draft:
        return (await drafts.read(session, workspace_id)).rules
    return (await rule_sets.published(session, workspace_id)).rules
