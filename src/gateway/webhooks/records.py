"""Writing down what a call came to, and disabling a webhook that has nobody behind it."""

from datetime import datetime
from typing import Literal

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Webhook, WebhookAttempt, WebhookDelivery
from gateway.feed.log import EventType, Happening, append_in
from gateway.webhooks.claims import Claimed
from gateway.webhooks.outcomes import FAILING_CALLS, FAILING_FOR, Outcome, Trouble

Reason = Literal["gone", "failing"]


async def record(
    session: AsyncSession, claimed: Claimed, outcome: Outcome, now: datetime
) -> Reason | None:
    """Move the delivery and close the attempt; why the webhook was disabled, if it was.

    The last statements of their transaction; hint at `Topic.FEED` after the commit if it was. May
    be repeated where the fate of an earlier COMMIT is unknown. Where another worker has taken the
    delivery since, only the attempt is closed. Locks webhook, delivery and attempt in this order.
    """
    webhook = await _lock(session, claimed, outcome)
    was_ours = await _move_delivery(session, claimed, outcome)
    await _close_attempt(session, claimed, outcome)
    if webhook is None or not was_ours:
        return None
    return await _count_failure(session, webhook, outcome, now)


async def _lock(session: AsyncSession, claimed: Claimed, outcome: Outcome) -> Webhook | None:
    """Hold the webhook where a failure counts; what goes through only ends a row of failures."""
    key = (claimed.workspace_id, claimed.webhook_id)
    if outcome.is_receivers_failure:
        return await session.get(Webhook, key, with_for_update={"key_share": True})
    if outcome.state == "delivered":
        await session.execute(
            update(Webhook)
            .where(Webhook.workspace_id == key[0], Webhook.id == key[1], Webhook.failures > 0)
            .values(failures=0, failing_since=None)
        )
    return None


async def _move_delivery(session: AsyncSession, claimed: Claimed, outcome: Outcome) -> bool:
    statement = (
        update(WebhookDelivery)
        .where(
            WebhookDelivery.workspace_id == claimed.workspace_id,
            WebhookDelivery.id == claimed.delivery_id,
            WebhookDelivery.attempts == claimed.number,
            WebhookDelivery.state == "calling",
        )
        .values(
            state=outcome.state,
            lease_until=None,
            status=outcome.status,
            failure=outcome.trouble,
        )
    )
    if outcome.retry_in is not None:
        statement = statement.values(due_at=func.clock_timestamp() + outcome.retry_in)
    else:
        statement = statement.values(ended_at=func.clock_timestamp())
    return await session.scalar(statement.returning(WebhookDelivery.id)) is not None


async def _close_attempt(session: AsyncSession, claimed: Claimed, outcome: Outcome) -> None:
    statement = (
        update(WebhookAttempt)
        .where(
            WebhookAttempt.workspace_id == claimed.workspace_id,
            WebhookAttempt.delivery_id == claimed.delivery_id,
            WebhookAttempt.number == claimed.number,
            WebhookAttempt.outcome.is_(None),
        )
        .values(
            finished_at=func.clock_timestamp(),
            outcome=outcome.result,
            status=outcome.status,
            failure=outcome.trouble,
            milliseconds=outcome.milliseconds,
        )
    )
    await session.execute(statement)


async def _count_failure(
    session: AsyncSession, webhook: Webhook, outcome: Outcome, now: datetime
) -> Reason | None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    reason = None if webhook.disabled_at else _reason(webhook, outcome, now)
    if reason is not None:
        webhook.disabled_at, webhook.disabled_because = now, reason
        await _tell(session, webhook)
    return reason


def _reason(webhook: Webhook, outcome: Outcome, now: datetime) -> Reason | None:
    """Why to call it no more: at once where nobody is there, else after long failure."""
    if outcome.trouble is Trouble.GONE:
        return "gone"
    has_failed_long = now - (webhook.failing_since or now) >= FAILING_FOR
    return "failing" if has_failed_long and webhook.failures >= FAILING_CALLS else None


async def _tell(session: AsyncSession, webhook: Webhook) -> None:
    webhook.version += 1
    happening = Happening(
        workspace_id=webhook.workspace_id,
        type=EventType.WEBHOOK_DISABLED,
        conversation_id=webhook.id,
        version=webhook.version,
        queue_before=None,
        queue_after=None,
        assignee_before=None,
        assignee_after=None,
        data={"reason": webhook.disabled_because},
    )
    await append_in(session, happening)
