"""How much of its capacity each agent has in use: the weights of all that it holds.

An agent's row is locked by whoever changes its load, after the conversations, in the order of ids.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Agent
from gateway.problems import conflict

RESERVE = text("""
UPDATE agent a SET load = a.load + n.weight
  FROM unnest(CAST(:ids AS uuid[]), CAST(:weights AS int[])) AS n (id, weight)
 WHERE a.workspace_id = :workspace_id AND a.id = n.id
   AND a.load + n.weight <= a.capacity AND NOT a.is_draining AND a.archived_at IS NULL
RETURNING a.id
""")

BURDEN = text("""
UPDATE agent SET load = load + :weight
 WHERE workspace_id = :workspace_id AND id = :id AND archived_at IS NULL
RETURNING id
""")

RELEASE = text("""
UPDATE agent a SET load = a.load - n.weight, idle_since = clock_timestamp()
  FROM unnest(CAST(:ids AS uuid[]), CAST(:weights AS int[])) AS n (id, weight)
 WHERE a.workspace_id = :workspace_id AND a.id = n.id
""")


async def lock(session: AsyncSession, workspace_id: int, agent_ids: Collection[UUID]) -> None:
    """Hold agents, in the order of all; needed before the loads of several are changed."""
    await session.execute(
        select(Agent.id)
        .where(Agent.workspace_id == workspace_id, Agent.id.in_(agent_ids))
        .order_by(Agent.id)
        .with_for_update(key_share=True)
    )


async def reserve(
    session: AsyncSession, workspace_id: int, weights: Mapping[UUID, int]
) -> set[UUID]:
    """Add to the loads of those agents who have room for it, and work; returns who they are."""
    await lock(session, workspace_id, weights)
    return set(await session.scalars(RESERVE, _values(workspace_id, weights)))


async def burden(session: AsyncSession, workspace_id: int, agent_id: UUID, weight: int) -> None:
    """Add to an agent's load, room or not.

    Raises:
        Problem: 409, the agent does not work here any more.
    """
    values = {"workspace_id": workspace_id, "id": agent_id, "weight": weight}
    if await session.scalar(BURDEN, values) is None:
        raise conflict("this agent does not work here any more")


async def release(session: AsyncSession, workspace_id: int, weights: Mapping[UUID, int]) -> None:
    if not weights:
        return
    if len(weights) > 1:
        await lock(session, workspace_id, weights)
    await session.execute(RELEASE, _values(workspace_id, weights))


def _values(workspace_id: int, weights: Mapping[UUID, int]) -> dict[str, object]:
    return {"workspace_id": workspace_id, "ids": [*weights], "weights": [*weights.values()]}
