"""What the matcher is told of a pool: read set-wise, whatever its size."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from routing.assignment import AgentState, Mode, PoolState, QueueTerms, Waiting

GIVEN_UP = ("declined", "expired", "released", "transferred", "escalated", "de_escalated")
"""Ends of a hold after which the agent is not asked for the same conversation for a while."""

QUEUES = text("""
SELECT id, level, mode, offer_timeout_s, sticky_s, reserve_after_s, overflow_queue_id, is_paused
  FROM queue
 WHERE workspace_id = :workspace_id AND pool_id = :pool_id AND archived_at IS NULL
   AND mode <> 'pull'
""")

AGENTS = text("""
SELECT a.id, a.capacity, a.load, a.idle_since, a.skills,
       jsonb_object_agg(m.queue_id, m.proficiency) AS queues
  FROM queue q
  JOIN queue_member m ON m.workspace_id = q.workspace_id AND m.queue_id = q.id
  JOIN agent a ON a.workspace_id = m.workspace_id AND a.id = m.agent_id
  JOIN presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.id
 WHERE q.workspace_id = :workspace_id AND q.pool_id = :pool_id AND q.archived_at IS NULL
   AND NOT a.is_draining AND a.archived_at IS NULL
   AND p.status = 'online' AND p.until > :now
 GROUP BY a.workspace_id, a.id
""")

WAITING = text("""
WITH waiting AS (
    SELECT c.id AS conversation_id, e.queue_id, e.queued_at, e.effective_at,
           c.required_skills, c.preferred_skills,
           coalesce(CAST(w.capacity_weights ->> ch.kind AS int), 1) AS weight,
           coalesce(c.preferred_agent_id, past.sticky_agent) AS sticky_agent, past.given_up
      FROM queue_entry e
      JOIN conversation c ON c.workspace_id = e.workspace_id AND c.id = e.conversation_id
      JOIN channel ch ON ch.workspace_id = c.workspace_id AND ch.id = c.channel_id
      JOIN workspace w ON w.id = c.workspace_id
      LEFT JOIN LATERAL (
           SELECT (array_agg(a.agent_id ORDER BY a.id DESC)
                     FILTER (WHERE coalesce(a.end_reason, 'solved') = 'solved'))[1] AS sticky_agent,
                  jsonb_object_agg(a.agent_id, a.ended_at ORDER BY a.ended_at) FILTER (
                      WHERE a.end_reason = ANY (CAST(:given_up AS text[]))
                        AND a.ended_at + make_interval(secs => w.decline_cooldown_s) > :now
                  ) AS given_up
             FROM assignment a
            WHERE a.workspace_id = c.workspace_id AND a.conversation_id = c.id
           ) past ON true
     WHERE e.workspace_id = :workspace_id AND e.queue_id = ANY (CAST(:queues AS uuid[]))
       AND e.left_at IS NULL AND c.status = 'queued'
)
SELECT *
  FROM (SELECT waiting.*,
               sticky_agent IS NOT NULL OR given_up IS NOT NULL
                   OR preferred_skills <> '{}' AS is_particular,
               row_number() OVER (
                   PARTITION BY queue_id, weight, required_skills,
                                sticky_agent IS NULL AND given_up IS NULL
                                    AND preferred_skills = '{}'
                   ORDER BY effective_at, conversation_id
               ) AS rank
          FROM waiting) AS ranked
 WHERE is_particular OR rank <= :most
""")
"""Of those that are alike to the matcher but for their age, as many as there is room for."""

COOLDOWN = text("SELECT decline_cooldown_s FROM workspace WHERE id = :workspace_id")


async def read(
    session: AsyncSession, workspace_id: int, pool_id: UUID, now: datetime
) -> PoolState | None:
    """The pool as it is now, as far as it can matter; None where nothing can be given.

    Of conversations that differ in nothing that the matcher sees but their age, no more are read
    than all its agents together have room for.
    """
    values: dict[str, Any] = {"workspace_id": workspace_id, "pool_id": pool_id, "now": now}
    queues = {row.id: _terms(row) for row in await session.execute(QUEUES, values)}
    agents = [_agent(row) for row in await session.execute(AGENTS, values)]
    if not queues or not agents:
        return None
    most = sum(max(0, agent.capacity - agent.load) for agent in agents)
    if most == 0 and not any(terms.overflow for terms in queues.values()):
        return None
    cooldown = timedelta(seconds=await session.scalar(COOLDOWN, values) or 0)
    asked = {**values, "queues": [*queues], "given_up": [*GIVEN_UP], "most": max(most, 1)}
    waiting = [_waiting(row, cooldown) for row in await session.execute(WAITING, asked)]
    return PoolState(queues, waiting, agents) if waiting else None


def _terms(row: Any) -> QueueTerms:
    return QueueTerms(
        id=row.id,
        level=row.level,
        mode=Mode(row.mode),
        offer_timeout=timedelta(seconds=row.offer_timeout_s),
        sticky_for=timedelta(seconds=row.sticky_s),
        reserve_after=timedelta(seconds=row.reserve_after_s),
        overflow=row.overflow_queue_id,
        is_paused=row.is_paused,
    )


def _agent(row: Any) -> AgentState:
    return AgentState(
        id=row.id,
        capacity=row.capacity,
        load=row.load,
        idle_since=row.idle_since,
        queues={UUID(queue): proficiency for queue, proficiency in row.queues.items()},
        skills=row.skills,
    )


def _waiting(row: Any, cooldown: timedelta) -> Waiting:
    return Waiting(
        conversation_id=row.conversation_id,
        queue_id=row.queue_id,
        queued_at=row.queued_at,
        effective_at=row.effective_at,
        weight=row.weight,
        required_skills=frozenset(row.required_skills),
        preferred_skills={
            skill: row.queued_at + timedelta(seconds=seconds)
            for skill, seconds in row.preferred_skills.items()
        },
        sticky_agent=row.sticky_agent,
        declined={
            UUID(agent): datetime.fromisoformat(ended_at) + cooldown
            for agent, ended_at in (row.given_up or {}).items()
        },
    )
