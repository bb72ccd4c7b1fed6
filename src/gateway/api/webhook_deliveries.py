"""What became of telling other systems, and telling them again.

Of an answer its status and time are kept, never its text: receivers may quote what they were sent.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, Parts
from gateway.api.pages import Cursor, Limit, Page, encode_cursor, number_after
from gateway.api.problems import documented
from gateway.api.webhook_models import Replay, Replayed
from gateway.api.webhooks import find_webhook
from gateway.database.schema import Event, WebhookAttempt, WebhookDelivery
from gateway.problems import conflict, not_found
from gateway.wakeups import Topic
from gateway.webhooks.payloads import message_id
from gateway.webhooks.replays import replay_one, replay_span

router = APIRouter(
    prefix="/v1/webhooks/{id}", tags=["webhooks"], responses=documented(401, 403, 404, 422, 503)
)

State = Literal["queued", "calling", "delivered", "failed"]


class WebhookDeliveryOut(BaseModel):
    """One event for one webhook. `message_id` is the `webhook-id` of its calls.

    `status` is the last answer's; `failure` says what was wrong: `unreachable`, `redirected`,
    `throttled`, `refused`, `gone`, or `forgotten` where the log no longer has the event.
    """

    id: UUID
    message_id: str
    pos: int
    type: str
    entity: UUID | None
    at: datetime
    state: State
    attempts: int
    due_at: datetime
    status: int | None
    failure: str | None
    ended_at: datetime | None


class CallOut(BaseModel):
    """One call; `outcome` is null while it lasts, or if nobody came back from it."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: Literal["delivered", "failed"] | None
    status: int | None
    failure: str | None
    milliseconds: int | None


class WebhookDeliveryWithCalls(WebhookDeliveryOut):
    tries: list[CallOut]


@router.get("/deliveries")
async def list_webhook_deliveries(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    *,
    state: Annotated[State | None, Query(description="Only those, such as `failed`")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[WebhookDeliveryOut]:
    """The newest event first. They are kept for thirty days after their end."""
    statement = _select(caller.workspace_id, id).order_by(WebhookDelivery.pos.desc()).limit(limit)
    if state is not None:
        statement = statement.where(WebhookDelivery.state == state)
    if cursor is not None:
        statement = statement.where(WebhookDelivery.pos < number_after(cursor))
    async with gateway.database.transaction() as session:
        await find_webhook(session, caller.workspace_id, id)
        rows = (await session.execute(statement)).all()
    following = encode_cursor(rows[-1].WebhookDelivery.pos) if len(rows) == limit else None
    return Page(items=[_shown(row) for row in rows], next=following)


@router.get("/deliveries/{delivery}")
async def get_webhook_delivery(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    delivery: UUID,
) -> WebhookDeliveryWithCalls:
    """A delivery with every call, in order."""
    attempts = (
        select(WebhookAttempt)
        .where(
            WebhookAttempt.workspace_id == caller.workspace_id,
            WebhookAttempt.delivery_id == delivery,
        )
        .order_by(WebhookAttempt.number)
    )
    async with gateway.database.transaction() as session:
        shown = await _one(session, caller.workspace_id, id, delivery)
        tries = [
            CallOut.model_validate(attempt, from_attributes=True)
            for attempt in await session.scalars(attempts)
        ]
    return WebhookDeliveryWithCalls(**dict(shown), tries=tries)


@router.post("/deliveries/{delivery}/replay", responses=documented(409))
async def replay_webhook_delivery(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    delivery: UUID,
) -> WebhookDeliveryOut:
    """Tell it again, delivered or failed, under its `webhook-id`, with all tries of a new one."""
    async with gateway.database.transaction() as session:
        await _one(session, caller.workspace_id, id, delivery)
        if not await replay_one(session, caller.workspace_id, delivery):
            raise conflict("it is under way: only what has ended is told again")
        shown = await _one(session, caller.workspace_id, id, delivery)
    gateway.wakeups.notify(Topic.WEBHOOK)
    return shown


@router.post("/replay", status_code=202, responses=documented(409))
async def replay_webhook(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: Replay,
) -> Replayed:
    """Tell again what the log holds of a span, a page at a time and beside what is new.

    The span may begin before the webhook did. Each event has the `webhook-id` that it had.
    """
    async with gateway.database.transaction() as session:
        webhook = await find_webhook(session, caller.workspace_id, id, lock=True)
        if webhook.replay_pos is not None:
            raise conflict("a span is being told again: wait until `replaying` is 0")
        events = await replay_span(
            session, webhook, body.since, body.until, failed_only=body.failed_only
        )
    gateway.wakeups.notify(Topic.FEED)
    return Replayed(events=events)


def _select(workspace_id: int, webhook_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(WebhookDelivery, Event.conversation_id.label("entity"))
        .outerjoin(
            Event,
            (Event.workspace_id == WebhookDelivery.workspace_id)
            & (Event.pos == WebhookDelivery.pos)
            & (Event.at == WebhookDelivery.at),
        )
        .where(
            WebhookDelivery.workspace_id == workspace_id, WebhookDelivery.webhook_id == webhook_id
        )
    )


async def _one(
    session: AsyncSession, workspace_id: int, webhook_id: UUID, delivery_id: UUID
) -> WebhookDeliveryOut:
    """Raises Problem: 404, the workspace has no such webhook, or that no such delivery."""
    await find_webhook(session, workspace_id, webhook_id)
    statement = _select(workspace_id, webhook_id).where(WebhookDelivery.id == delivery_id)
    fresh = statement.execution_options(populate_existing=True)
    row = (await session.execute(fresh)).one_or_none()
    if row is None:
        raise not_found("delivery of this webhook")
    return _shown(row)


def _shown(found: Row[Any]) -> WebhookDeliveryOut:
    row: WebhookDelivery = found.WebhookDelivery
    return WebhookDeliveryOut(
        id=row.id,
        message_id=message_id(row.id),
        pos=row.pos,
        type=row.type,
        entity=found.entity,
        at=row.at,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        status=row.status,
        failure=row.failure,
        ended_at=row.ended_at,
    )
