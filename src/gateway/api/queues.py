"""Queues: where conversations wait, and how they are given to agents."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import rule_sets
from gateway.access.tokens import Principal
from gateway.api.callers import AdminCaller, AgentCaller, Parts, SupervisorCaller
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.assignment import pools
from gateway.database.schema import Conversation, Queue, QueueEntry
from gateway.feed.scope import members_of, tell_members
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found
from gateway.wakeups import Topic
from routing.facts import Reference

router = APIRouter(prefix="/v1/queues", tags=["queues"], responses=documented(401, 403, 422, 503))

Level = Annotated[
    Literal[1, 2, 3],
    Field(
        description="1 takes what can be answered at once, 2 holds specialists, 3 is the"
        " supervisors', where what has moved too often ends up"
    ),
]
Mode = Annotated[
    Literal["pull", "offer", "direct"],
    Field(description="Agents take from it; or its members are offered; or they get, unasked"),
]
Seconds = Annotated[int, Field(ge=0, le=7 * 86_400)]


class Terms(BaseModel):
    """How a queue gives its conversations to agents. Times are in seconds.

    - `offer_timeout_s`: how long an offer stands before the next agent is asked
    - `wrap_up_s`: how long what was solved still takes of the agent's capacity
    - `sticky_s`: how long a reopened conversation waits for the agent who had it
    - `reserve_after_s`: after how long one that needs more capacity than anybody has free gets
      what becomes free
    - `reclaim_s`: after how long without the agent's presence their work goes back to the queue;
      null never
    - `overflow`: the queue of what every agent has declined
    """

    mode: Mode = "pull"
    offer_timeout_s: Annotated[int, Field(ge=5, le=86_400)] = 30
    wrap_up_s: Seconds = 0
    sticky_s: Seconds = 0
    reserve_after_s: Seconds = 300
    reclaim_s: Seconds | None = None
    overflow: UUID | None = None


class QueueIn(Terms):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "Billing", "level": 2},
                {"name": "Orders", "level": 1, "mode": "offer", "wrap_up_s": 60},
            ]
        },
    )

    name: Name
    level: Level


class QueuePatch(Terms):
    """Only what is given changes. The level stays: make another queue and route there."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"is_default": True}, {"mode": "offer"}]}
    )

    name: Name | None = None
    is_default: Annotated[
        Literal[True] | None,
        Field(description="Make it the queue of what no rule sends elsewhere"),
    ] = None


class QueueOut(Terms):
    """`waiting` conversations have nobody yet; the first of them waits since `oldest_at`.

    Queues of the same `pool` share agents, directly or over others. A `paused` one gives nothing.
    """

    id: UUID
    name: str
    level: Level
    is_default: bool
    paused: bool
    pool: UUID
    waiting: int
    oldest_at: datetime | None
    created_at: datetime


@router.get("")
async def list_queues(gateway: Parts, caller: AgentCaller) -> list[QueueOut]:
    """Every queue with who waits in it, first level first."""
    async with gateway.database.transaction() as session:
        return await _shown(session, caller.workspace_id)


@router.post("", status_code=201, responses=documented(409))
async def create_queue(gateway: Parts, caller: AdminCaller, body: QueueIn) -> QueueOut:
    queue = Queue(workspace_id=caller.workspace_id, id=new_id(), name=body.name, level=body.level)
    async with configuring(gateway, caller.workspace_id) as session:
        await _set_terms(session, queue, body.model_dump(include=set(Terms.model_fields)))
        session.add(queue)
        await _save(session)
        return await _one(session, queue)


@router.get("/{id}", responses=documented(404))
async def get_queue(gateway: Parts, caller: AgentCaller, id: UUID) -> QueueOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return await _one(session, await _find(session, caller.workspace_id, id))


@router.patch("/{id}", responses=documented(404, 409))
async def change_queue(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: QueuePatch,
) -> QueueOut:
    async with configuring(gateway, caller.workspace_id) as session:
        queue = await _find(session, caller.workspace_id, id)
        queue.name = body.name or queue.name
        if body.is_default and not queue.is_default:
            await session.execute(
                update(Queue)
                .where(Queue.workspace_id == caller.workspace_id, Queue.is_default)
                .values(is_default=False)
            )
            queue.is_default = True
        given = body.model_dump(include=set(Terms.model_fields), exclude_unset=True)
        await _set_terms(session, queue, given)
        await _save(session)
        shown = await _one(session, queue)
    gateway.wakeups.notify(Topic.ASSIGNMENT)
    return shown


@router.post("/{id}/pause", responses=documented(404))
async def pause_queue(gateway: Parts, caller: SupervisorCaller, id: UUID) -> QueueOut:  # noqa: A002
    """Let the router give nothing of it until it goes on; agents may still take."""
    return await _pause(gateway, caller, id, is_paused=True)


@router.post("/{id}/unpause", responses=documented(404))
async def unpause_queue(gateway: Parts, caller: SupervisorCaller, id: UUID) -> QueueOut:  # noqa: A002
    return await _pause(gateway, caller, id, is_paused=False)


async def _pause(gateway: Parts, caller: Principal, queue_id: UUID, *, is_paused: bool) -> QueueOut:
    async with configuring(gateway, caller.workspace_id) as session:
        queue = await _find(session, caller.workspace_id, queue_id)
        queue.is_paused = is_paused
        await session.flush()
        shown = await _one(session, queue)
    gateway.wakeups.notify(Topic.ASSIGNMENT)
    return shown


@router.delete("/{id}", status_code=204, responses=documented(404, 409))
async def archive_queue(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Close the queue for good; solved conversations that were in it reopen in the default one."""
    async with configuring(gateway, caller.workspace_id) as session:
        queue = await _find(session, caller.workspace_id, id)
        if queue.is_default:
            raise conflict("it is the default queue: make another one the default first")
        await rule_sets.require_unnamed(session, caller.workspace_id, Reference.QUEUE, queue.id)
        if there := await _open_conversations(session, queue):
            raise conflict(f"{there} open conversations are in it: solve or move them first")
        members = await members_of(session, caller.workspace_id, queue.id)
        await pools.disband(session, caller.workspace_id, queue.id)
        await session.execute(
            update(Queue)
            .where(Queue.workspace_id == queue.workspace_id, Queue.overflow_queue_id == queue.id)
            .values(overflow_queue_id=None)
        )
        queue.archived_at = func.now()
        await session.flush()
        await tell_members(session, caller.workspace_id, {queue.id: members})
    gateway.wakeups.notify(Topic.FEED)


async def _set_terms(session: AsyncSession, queue: Queue, terms: dict[str, Any]) -> None:
    """Set what is given of `Terms`.

    Raises:
        Problem: 422, there is no queue to overflow into, or null stands where it means nothing.
    """
    overflow = terms.pop("overflow", queue.overflow_queue_id)
    for name, value in terms.items():
        if value is None and name != "reclaim_s":
            raise invalid("a setting is missing", [(f"/{name}", "must not be null")])
        setattr(queue, name, value)
    if overflow is not None and overflow != queue.overflow_queue_id:
        target = await session.get(Queue, (queue.workspace_id, overflow))
        if target is None or target.archived_at is not None or target.id == queue.id:
            detail = "must be the id of another queue (GET /v1/queues lists them)"
            raise invalid("there is nowhere to overflow to", [("/overflow", detail)])
    queue.overflow_queue_id = overflow


async def _find(session: AsyncSession, workspace_id: int, queue_id: UUID) -> Queue:
    queue = await session.get(Queue, (workspace_id, queue_id))
    if queue is None or queue.archived_at is not None:
        raise not_found("queue")
    return queue


async def _save(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise conflict("another queue has this name") from None


async def _open_conversations(session: AsyncSession, queue: Queue) -> int:
    statement = (
        select(func.count())
        .select_from(Conversation)
        .where(Conversation.workspace_id == queue.workspace_id, Conversation.queue_id == queue.id)
        .where(Conversation.status.in_(("queued", "offered", "assigned", "pending")))
    )
    return await session.scalar(statement) or 0


async def _one(session: AsyncSession, queue: Queue) -> QueueOut:
    [shown] = await _shown(session, queue.workspace_id, queue.id)
    return shown


async def _shown(
    session: AsyncSession, workspace_id: int, queue_id: UUID | None = None
) -> list[QueueOut]:
    statement = (
        select(
            Queue.id,
            Queue.name,
            Queue.level,
            Queue.is_default,
            Queue.is_paused.label("paused"),
            Queue.pool_id.label("pool"),
            Queue.overflow_queue_id.label("overflow"),
            *(getattr(Queue, name) for name in Terms.model_fields if name != "overflow"),
            Queue.created_at,
            func.count(QueueEntry.id).label("waiting"),
            func.min(QueueEntry.queued_at).label("oldest_at"),
        )
        .outerjoin(
            QueueEntry,
            (QueueEntry.workspace_id == Queue.workspace_id)
            & (QueueEntry.queue_id == Queue.id)
            & QueueEntry.left_at.is_(None),
        )
        .where(Queue.workspace_id == workspace_id, Queue.archived_at.is_(None))
        .group_by(Queue.workspace_id, Queue.id)
        .order_by(Queue.level, func.lower(Queue.name))
    )
    if queue_id is not None:
        statement = statement.where(Queue.id == queue_id)
    rows = await session.execute(statement)
    return [QueueOut.model_validate(row, from_attributes=True) for row in rows]
