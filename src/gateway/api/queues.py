"""Queues: where conversations wait, on the first or the second level."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import rule_sets
from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.database.schema import Conversation, Queue, QueueEntry
from gateway.ids import new_id
from gateway.problems import conflict, not_found

router = APIRouter(prefix="/v1/queues", tags=["queues"], responses=documented(401, 403, 422, 503))

Level = Annotated[
    Literal[1, 2], Field(description="1 takes what can be answered at once, 2 holds specialists")
]


class QueueIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Billing", "level": 2}]}
    )

    name: Name
    level: Level


class QueuePatch(BaseModel):
    """Only what is given changes. The level stays: make another queue and route there."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"is_default": True}]}
    )

    name: Name | None = None
    is_default: Annotated[
        Literal[True] | None,
        Field(description="Make it the queue of what no rule sends elsewhere"),
    ] = None


class QueueOut(BaseModel):
    """`waiting` conversations have nobody yet; the first of them waits since `oldest_at`."""

    id: UUID
    name: str
    level: Level
    is_default: bool
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
        await _save(session)
        return await _one(session, queue)


@router.delete("/{id}", status_code=204, responses=documented(404, 409))
async def archive_queue(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Close the queue for good; solved conversations that were in it reopen in the default one."""
    async with configuring(gateway, caller.workspace_id) as session:
        queue = await _find(session, caller.workspace_id, id)
        if queue.is_default:
            raise conflict("it is the default queue: make another one the default first")
        if names := await rule_sets.rules_that_name(session, queue):
            raise conflict(f"rules name it: change {', '.join(names)} first")
        if there := await _open_conversations(session, queue):
            raise conflict(f"{there} open conversations are in it: solve or move them first")
        queue.archived_at = func.now()


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
        .where(Conversation.status.in_(("queued", "assigned", "pending")))
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
