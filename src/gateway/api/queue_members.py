"""Who serves a queue. Queues that share agents are matched together."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.problems import documented
from gateway.assignment import pools
from gateway.database.schema import Agent, Queue, QueueMember
from gateway.feed.scope import members_of, tell_members
from gateway.problems import not_found
from gateway.wakeups import Topic

router = APIRouter(
    prefix="/v1/queues/{id}/members",
    tags=["queues"],
    responses=documented(401, 403, 404, 422, 503),
)


class MemberIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"proficiency": 3}]})

    proficiency: Annotated[
        int, Field(ge=1, le=100, description="Of agents who are free, the highest is asked first")
    ] = 1


class MemberOut(BaseModel):
    agent: UUID
    name: str
    proficiency: int


@router.get("")
async def list_members(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
) -> list[MemberOut]:
    """By name. Anybody may take from a queue of mode `pull`; the router gives to members alone."""
    async with gateway.database.transaction() as session:
        await _queue(session, caller.workspace_id, id)
        statement = (
            select(Agent.id, Agent.name, QueueMember.proficiency)
            .join(
                QueueMember,
                (QueueMember.workspace_id == Agent.workspace_id)
                & (QueueMember.agent_id == Agent.id),
            )
            .where(QueueMember.workspace_id == caller.workspace_id, QueueMember.queue_id == id)
            .order_by(func.lower(Agent.name), Agent.id)
        )
        rows = await session.execute(statement)
        return [MemberOut(agent=row[0], name=row[1], proficiency=row[2]) for row in rows]


@router.put("/{agent}", status_code=204)
async def put_member(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    agent: UUID,
    body: MemberIn,
) -> None:
    """Let an agent serve the queue, or change how proficient they are."""
    async with pools.staffing(gateway.database, caller.workspace_id) as session:
        await _queue(session, caller.workspace_id, id)
        row = await session.get(Agent, (caller.workspace_id, agent))
        if row is None or row.archived_at is not None:
            raise not_found("agent")
        before = await members_of(session, caller.workspace_id, id)
        await pools.join(session, caller.workspace_id, agent, id, body.proficiency)
        await tell_members(session, caller.workspace_id, {id: before})
    gateway.wakeups.notify(Topic.ASSIGNMENT, Topic.FEED)


@router.delete("/{agent}", status_code=204)
async def delete_member(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    agent: UUID,
) -> None:
    """What the agent already has stays; offers of this queue go back."""
    async with pools.staffing(gateway.database, caller.workspace_id) as session:
        await _queue(session, caller.workspace_id, id)
        before = await members_of(session, caller.workspace_id, id)
        if not await pools.leave(session, caller.workspace_id, agent, [id]):
            raise not_found("member")
        await tell_members(session, caller.workspace_id, {id: before})
    gateway.wakeups.notify(Topic.ASSIGNMENT, Topic.FEED)


async def _queue(session: AsyncSession, workspace_id: int, queue_id: UUID) -> Queue:
    queue = await session.get(Queue, (workspace_id, queue_id))
    if queue is None or queue.archived_at is not None:
        raise not_found("queue")
    return queue
