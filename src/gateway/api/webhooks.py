"""Webhooks: other systems that are told what happens. Receivers verify by Standard Webhooks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, Parts
from gateway.api.problems import documented
from gateway.api.webhook_models import (
    NewWebhookOut,
    Rotation,
    Tried,
    WebhookIn,
    WebhookOut,
    WebhookPatch,
)
from gateway.composition import Gateway
from gateway.database.schema import FeedHead, Queue, Webhook, WebhookDelivery, Workspace
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found
from gateway.wakeups import Topic
from gateway.webhooks.calls import Unreachable
from gateway.webhooks.payloads import message_id, test_body
from gateway.webhooks.signatures import Secrets, new_secret, signed_headers

router = APIRouter(
    prefix="/v1/webhooks", tags=["webhooks"], responses=documented(401, 403, 422, 503)
)

MOST = 50
"""Webhooks of a workspace: each costs a look at its cursor whenever something happens."""

OPEN = ("queued", "calling")


@router.get("")
async def list_webhooks(gateway: Parts, caller: AdminCaller) -> list[WebhookOut]:
    """All, oldest first."""
    async with gateway.database.transaction() as session:
        rows = await session.execute(_select(caller.workspace_id))
        return [_shown(row) for row in rows]


@router.post("", status_code=201, responses=documented(409))
async def create_webhook(gateway: Parts, caller: AdminCaller, body: WebhookIn) -> NewWebhookOut:
    _check_url(gateway, body.url)
    secrets = Secrets(new_secret())
    async with gateway.database.transaction() as session:
        await _check_room(session, caller.workspace_id)
        await _check_queues(session, caller.workspace_id, body.queues)
        head = await session.get_one(FeedHead, caller.workspace_id)
        row = Webhook(
            workspace_id=caller.workspace_id,
            id=new_id(),
            name=body.name,
            url=body.url,
            types=body.types,
            queues=body.queues,
            with_item="item" in body.include,
            is_ordered=body.ordered,
            secrets=gateway.box.seal(secrets.as_sealed()),
            pos=head.pos,
            read_at=head.at,
        )
        session.add(row)
        await session.flush()
        shown = await _one(session, row)
    return NewWebhookOut(**dict(shown), secret=secrets.current)


@router.get("/{id}", responses=documented(404))
async def get_webhook(gateway: Parts, caller: AdminCaller, id: UUID) -> WebhookOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return await _one(session, await find_webhook(session, caller.workspace_id, id))


@router.patch("/{id}", responses=documented(404))
async def change_webhook(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: WebhookPatch,
) -> WebhookOut:
    """What is under way goes to where the webhook leads then; null for types or queues is all."""
    if body.url is not None:
        _check_url(gateway, body.url)
    async with gateway.database.transaction() as session:
        row = await find_webhook(session, caller.workspace_id, id, lock=True)
        await _check_queues(session, caller.workspace_id, body.queues)
        _alter(row, body)
        if body.enabled is True and row.disabled_at is not None:
            await _enable(session, row)
        elif body.enabled is False and row.disabled_at is None:
            row.disabled_at, row.disabled_because = datetime.now(UTC), "asked"
        await session.flush()
        shown = await _one(session, row)
    gateway.wakeups.notify(Topic.FEED, Topic.WEBHOOK)
    return shown


@router.delete("/{id}", status_code=204, responses=documented(404))
async def delete_webhook(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Forget it for good, with its deliveries; calls that are being made still end."""
    async with gateway.database.transaction() as session:
        row = await find_webhook(session, caller.workspace_id, id, lock=True)
        await session.delete(row)


@router.post("/{id}/rotate", responses=documented(404))
async def rotate_secret(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: Rotation,
) -> NewWebhookOut:
    """Give it a new secret. Both sign for a while, so that the receiver can change over."""
    async with gateway.database.transaction() as session:
        row = await find_webhook(session, caller.workspace_id, id, lock=True)
        secrets = Secrets.opened(gateway.box.open(row.secrets)).rotated()
        row.secrets = gateway.box.seal(secrets.as_sealed())
        row.previous_until = datetime.now(UTC) + timedelta(hours=body.overlap_hours)
        await session.flush()
        shown = await _one(session, row)
    return NewWebhookOut(**dict(shown), secret=secrets.current)


@router.post("/{id}/test", responses=documented(404))
async def try_webhook(gateway: Parts, caller: AdminCaller, id: UUID) -> Tried:  # noqa: A002
    """Call it now with an event `webhook.test`, enabled or not, and show what it answers."""
    async with gateway.database.transaction() as session:
        row = await find_webhook(session, caller.workspace_id, id)
    now = datetime.now(UTC)
    secrets = Secrets.opened(gateway.box.open(row.secrets)).valid_at(now, row.previous_until)
    content = test_body(row.id, now)
    headers = signed_headers(secrets, message_id(new_id()), int(now.timestamp()), content)
    try:
        answer = await gateway.webhook_caller.post(row.url, headers, content)
    except Unreachable as error:
        return Tried(delivered=False, status=None, seconds=None, answer=None, detail=str(error))
    return Tried(
        delivered=answer.is_taken,
        status=answer.status,
        seconds=round(answer.seconds, 3),
        answer=answer.text,
        detail=None,
    )


async def find_webhook(
    session: AsyncSession, workspace_id: int, webhook_id: UUID, *, lock: bool = False
) -> Webhook:
    """Raises Problem: 404, the workspace has no such webhook."""
    row = await session.get(Webhook, (workspace_id, webhook_id), with_for_update=lock or None)
    if row is None:
        raise not_found("webhook")
    return row


def _check_url(gateway: Gateway, url: str) -> None:
    if mistake := gateway.webhook_caller.reach.mistake_in(url):
        raise invalid("the webhook has mistakes", [("/url", mistake)])


async def _check_room(session: AsyncSession, workspace_id: int) -> None:
    """Holds the workspace's row, so that two cannot both take the last place."""
    await session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    statement = (
        select(func.count()).select_from(Webhook).where(Webhook.workspace_id == workspace_id)
    )
    if (await session.scalar(statement) or 0) >= MOST:
        raise conflict(f"there are {MOST} webhooks, as many as may be: delete one first")


async def _check_queues(
    session: AsyncSession, workspace_id: int, queues: list[UUID] | None
) -> None:
    statement = select(Queue.id).where(
        Queue.workspace_id == workspace_id, Queue.id.in_(queues or [])
    )
    known = set(await session.scalars(statement))
    mistakes = [
        (f"/queues/{index}", "no queue has this id")
        for index, queue_id in enumerate(queues or [])
        if queue_id not in known
    ]
    if mistakes:
        raise invalid("the webhook has mistakes", mistakes)


def _alter(row: Webhook, body: WebhookPatch) -> None:
    given = body.model_fields_set
    row.name = body.name or row.name
    row.url = body.url or row.url
    if "types" in given:
        row.types = list(body.types) if body.types else None
    if "queues" in given:
        row.queues = body.queues
    if body.include is not None:
        row.with_item = "item" in body.include
    if body.ordered is not None:
        row.is_ordered = body.ordered


async def _enable(session: AsyncSession, row: Webhook) -> None:
    """Begin without failures, and with what waited at once."""
    row.disabled_at = row.disabled_because = row.failing_since = None
    row.failures = 0
    await session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.workspace_id == row.workspace_id,
            WebhookDelivery.webhook_id == row.id,
            WebhookDelivery.state == "queued",
        )
        .values(due_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _select(workspace_id: int) -> Select[*tuple[Any, ...]]:
    """Webhooks with what `_shown` needs, oldest first."""
    waiting = (
        select(func.count())
        .select_from(WebhookDelivery)
        .where(
            WebhookDelivery.workspace_id == Webhook.workspace_id,
            WebhookDelivery.webhook_id == Webhook.id,
            WebhookDelivery.state.in_(OPEN),
        )
        .scalar_subquery()
    )
    return (
        select(Webhook, waiting.label("waiting"), (FeedHead.pos - Webhook.pos).label("behind"))
        .join(FeedHead, FeedHead.workspace_id == Webhook.workspace_id)
        .where(Webhook.workspace_id == workspace_id)
        .order_by(Webhook.id)
    )


async def _one(session: AsyncSession, row: Webhook) -> WebhookOut:
    statement = _select(row.workspace_id).where(Webhook.id == row.id)
    return _shown((await session.execute(statement)).one())


def _shown(found: Row[Any]) -> WebhookOut:
    row: Webhook = found.Webhook
    return WebhookOut(
        id=row.id,
        name=row.name,
        url=row.url,
        types=row.types,
        queues=row.queues,
        include=["item"] if row.with_item else [],
        ordered=row.is_ordered,
        enabled=row.disabled_at is None,
        disabled_at=row.disabled_at,
        disabled_because=row.disabled_because,
        failures=row.failures,
        failing_since=row.failing_since,
        waiting=found.waiting,
        behind=found.behind,
        replaying=(row.replay_until or 0) - (row.replay_pos or 0),
        previous_secret_until=row.previous_until,
        created_at=row.created_at,
    )
