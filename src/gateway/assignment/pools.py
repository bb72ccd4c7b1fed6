"""Pools: queues that share agents, directly or over others, and are matched together.

A pool is named by the least id of its queues, and held by a lock on that queue's row. Whoever
changes who serves what holds the workspace, then the pools that it joins or divides, by id; so
nobody matches on members that are just changing.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.database.schema import Queue, QueueMember, Workspace


@asynccontextmanager
async def staffing(database: Database, workspace_id: int) -> AsyncIterator[AsyncSession]:
    """A transaction that changes who serves what: one at a time in each workspace."""
    async with database.transaction() as session:
        await session.execute(
            select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
        )
        yield session


async def join(
    session: AsyncSession, workspace_id: int, agent_id: UUID, queue_id: UUID, proficiency: int
) -> None:
    """Let an agent serve a queue, or serve it with another proficiency; inside `staffing`."""
    served = await queues_of(session, workspace_id, agent_id)
    pools = await _hold(session, workspace_id, {queue_id, *served})
    values = {"workspace_id": workspace_id, "agent_id": agent_id, "queue_id": queue_id}
    await session.execute(
        insert(QueueMember)
        .values(**values, proficiency=proficiency)
        .on_conflict_do_update(index_elements=list(values), set_={"proficiency": proficiency})
    )
    await _divide(session, workspace_id, pools)


async def leave(
    session: AsyncSession, workspace_id: int, agent_id: UUID, queue_ids: Collection[UUID]
) -> int:
    """Let an agent serve these queues no more; inside `staffing`. Returns how many it served."""
    pools = await _hold(session, workspace_id, queue_ids)
    return await _part(session, workspace_id, pools, QueueMember.agent_id == agent_id, queue_ids)


async def disband(session: AsyncSession, workspace_id: int, queue_id: UUID) -> None:
    """Let nobody serve a queue any more; inside `staffing` or `configuring`."""
    pools = await _hold(session, workspace_id, [queue_id])
    await _part(session, workspace_id, pools, QueueMember.queue_id == queue_id, [queue_id])


async def queues_of(session: AsyncSession, workspace_id: int, agent_id: UUID) -> set[UUID]:
    served = select(QueueMember.queue_id).where(
        QueueMember.workspace_id == workspace_id, QueueMember.agent_id == agent_id
    )
    return set(await session.scalars(served))


async def _part(
    session: AsyncSession,
    workspace_id: int,
    pools: Collection[UUID],
    who: object,
    queue_ids: Collection[UUID],
) -> int:
    gone = (
        delete(QueueMember)
        .where(QueueMember.workspace_id == workspace_id, QueueMember.queue_id.in_(queue_ids))
        .where(who)  # type: ignore[arg-type]
        .returning(QueueMember.queue_id)
    )
    number = len((await session.scalars(gone)).all())
    await _divide(session, workspace_id, pools)
    return number


async def _hold(session: AsyncSession, workspace_id: int, queue_ids: Collection[UUID]) -> set[UUID]:
    """Lock the pools that these queues are in, by id; nobody else can divide them meanwhile."""
    named = select(Queue.pool_id).where(Queue.workspace_id == workspace_id, Queue.id.in_(queue_ids))
    pools = set(await session.scalars(named))
    locked = (
        select(Queue.id)
        .where(Queue.workspace_id == workspace_id, Queue.id.in_(pools))
        .order_by(Queue.id)
        .with_for_update(key_share=True)
    )
    await session.execute(locked)
    return pools


async def _divide(session: AsyncSession, workspace_id: int, pools: Collection[UUID]) -> None:
    """Store which queues of these pools belong together now."""
    inside = (Queue.workspace_id == workspace_id, Queue.pool_id.in_(pools))
    rows = await session.execute(select(Queue.id, Queue.pool_id).where(*inside))
    named: dict[UUID, UUID] = {row.id: row.pool_id for row in rows}
    shared = select(QueueMember.agent_id, QueueMember.queue_id).where(
        QueueMember.workspace_id == workspace_id, QueueMember.queue_id.in_(named)
    )
    served: dict[UUID, list[UUID]] = {}
    for agent_id, queue_id in await session.execute(shared):
        served.setdefault(agent_id, []).append(queue_id)
    for queue_id, pool_id in components(named, served.values()).items():
        if named[queue_id] != pool_id:
            moved = update(Queue).where(Queue.workspace_id == workspace_id, Queue.id == queue_id)
            await session.execute(moved.values(pool_id=pool_id))


def components(queues: Iterable[UUID], served: Iterable[Collection[UUID]]) -> Mapping[UUID, UUID]:
    """For each queue the least of those that it shares agents with, over any number of steps.

    `served` has the queues of one agent each.
    """
    leader = {queue: queue for queue in queues}

    def least(queue: UUID) -> UUID:
        while leader[queue] != queue:
            queue = leader[queue]
        return queue

    for together in served:
        first, *others = sorted({least(queue) for queue in together})
        for other in others:
            leader[other] = first
    return {queue: least(queue) for queue in leader}
