"""Answers on their way to customers, and those that never arrive."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import select, tuple_

from channels.errors import Failure
from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.pages import Cursor, Limit, Page, encode_cursor, moment_and_id_after
from gateway.api.problems import documented
from gateway.api.seeing import SEES_DELIVERY
from gateway.database.schema import Attempt, Conversation, Delivery
from gateway.delivery import retries
from gateway.delivery.retries import Wanted
from gateway.feed.scope import allowed_to
from gateway.problems import conflict, not_found
from gateway.wakeups import Topic

router = APIRouter(
    prefix="/v1/deliveries", tags=["deliveries"], responses=documented(401, 403, 422, 503)
)

State = Literal["queued", "sending", "sent", "delivered", "failed"]


class DeliverySummary(BaseModel):
    """One message to one recipient; `failure` is a code, `detail` what the provider said.

    `segments` is what a text message takes; a long one goes in several deliveries, by their ids.
    """

    id: UUID
    conversation: UUID
    message: UUID
    channel: UUID
    recipient: str
    state: State
    attempts: int
    due_at: datetime
    provider_id: str | None
    failure: str | None
    detail: str | None
    segments: int | None
    created_at: datetime


class AttemptOut(BaseModel):
    """One try; `outcome` is null while it lasts, or if nobody came back from it."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: Literal["sent", "temporary", "permanent"] | None
    failure: str | None
    detail: str | None


class DeliveryWithAttempts(DeliverySummary):
    tries: list[AttemptOut]


class Retry(BaseModel):
    """Which failed deliveries to send again: all that fit what is given."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"failure": "unauthorised"}]}
    )

    channel: UUID | None = None
    failure: Failure | None = None
    created_since: AwareDatetime | None = None
    created_before: AwareDatetime | None = None


class Retried(BaseModel):
    """How many are queued again; with `more`, ask once more."""

    retried: int
    more: bool


@router.get("")
async def list_deliveries(
    gateway: Parts,
    caller: AgentCaller,
    state: Annotated[State | None, Query(description="Only those, such as `failed`")] = None,
    channel: Annotated[UUID | None, Query(description="Only those of this channel")] = None,
    failure: Annotated[Failure | None, Query(description="Only those with this reason")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DeliverySummary]:
    """Those of conversations that the caller sees, the newest first."""
    statement = (
        select(Delivery)
        .join(
            Conversation,
            (Conversation.workspace_id == Delivery.workspace_id)
            & (Conversation.id == Delivery.conversation_id),
        )
        .where(Delivery.workspace_id == caller.workspace_id)
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(limit)
    )
    for column, value in (
        (Delivery.state, state),
        (Delivery.channel_id, channel),
        (Delivery.failure, failure),
    ):
        statement = statement if value is None else statement.where(column == value)
    if cursor is not None:
        after = tuple_(*moment_and_id_after(cursor))
        statement = statement.where(tuple_(Delivery.created_at, Delivery.id) < after)
    async with gateway.database.transaction() as session:
        seen = statement.where(await allowed_to(session, caller))
        rows = (await session.scalars(seen)).all()
    last = rows[-1] if len(rows) == limit else None
    following = encode_cursor(last.created_at, last.id) if last else None
    return Page(items=[_shown(row) for row in rows], next=following)


@router.get("/{id}", responses=documented(404), dependencies=[SEES_DELIVERY])
async def get_delivery(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
) -> DeliveryWithAttempts:
    """A delivery with every try of sending it, in order."""
    attempts = (
        select(Attempt)
        .where(Attempt.workspace_id == caller.workspace_id, Attempt.delivery_id == id)
        .order_by(Attempt.number)
    )
    async with gateway.database.transaction() as session:
        row = await session.get(Delivery, (caller.workspace_id, id))
        if row is None:
            raise not_found("delivery")
        tries = [
            AttemptOut.model_validate(attempt, from_attributes=True)
            for attempt in await session.scalars(attempts)
        ]
    return DeliveryWithAttempts(**dict(_shown(row)), tries=tries)


@router.post("/{id}/retry", responses=documented(404, 409), dependencies=[SEES_DELIVERY])
async def retry_delivery(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
) -> DeliverySummary:
    """Send a failed delivery again, with as many tries as a new one."""
    async with gateway.database.transaction() as session:
        number = await retries.retry(session, caller.workspace_id, Wanted(id=id))
    async with gateway.database.transaction() as session:
        row = await session.get(Delivery, (caller.workspace_id, id))
    if row is None:
        raise not_found("delivery")
    if not number:
        raise conflict(f"the delivery is {row.state}: only failed ones are sent again")
    gateway.wakeups.notify(Topic.DELIVERY, Topic.FEED)
    return _shown(row)


@router.post("/retry")
async def retry_deliveries(gateway: Parts, caller: AdminCaller, body: Retry) -> Retried:
    """Send failed deliveries again, the oldest first, some hundreds at once."""
    wanted = Wanted(
        channel_id=body.channel,
        failure=body.failure,
        since=body.created_since,
        until=body.created_before,
    )
    async with gateway.database.transaction() as session:
        number = await retries.retry(session, caller.workspace_id, wanted)
    gateway.wakeups.notify(Topic.DELIVERY, Topic.FEED)
    return Retried(retried=number, more=number == retries.MOST)


def _shown(row: Delivery) -> DeliverySummary:
    return DeliverySummary(
        id=row.id,
        conversation=row.conversation_id,
        message=row.message_id,
        channel=row.channel_id,
        recipient=row.recipient,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        provider_id=row.provider_id,
        failure=row.failure,
        detail=row.detail,
        segments=row.segments,
        created_at=row.created_at,
    )
