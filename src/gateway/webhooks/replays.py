"""Telling again: one delivery, or all that a span of the log holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Webhook, WebhookDelivery

LAST_BEFORE = text("""
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, pos + 1 FROM feed_head WHERE workspace_id = :workspace_id
    UNION ALL
    SELECT CASE WHEN probe.is_later THEN low ELSE middle END,
           CASE WHEN probe.is_later THEN middle ELSE high END
      FROM search
     CROSS JOIN LATERAL (SELECT (low + high) / 2 AS middle) AS half
     CROSS JOIN LATERAL (
           SELECT EXISTS (SELECT FROM event
                           WHERE workspace_id = :workspace_id AND pos = middle AND at >= :moment)
                  AS is_later
           ) AS probe
     WHERE high - low > 1
)
SELECT max(low) FROM search
""")
"""A binary search: times grow with positions."""


async def replay_one(session: AsyncSession, workspace_id: int, delivery_id: UUID) -> bool:
    """Queue a delivery anew, with as many tries as a new one; False where it is under way."""
    statement = (
        update(WebhookDelivery)
        .where(
            WebhookDelivery.workspace_id == workspace_id,
            WebhookDelivery.id == delivery_id,
            WebhookDelivery.state.in_(("delivered", "failed")),
        )
        .values(state="queued", due_at=func.now(), forgiven=WebhookDelivery.attempts)
        .values(status=None, failure=None, ended_at=None)
        .returning(WebhookDelivery.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def replay_span(
    session: AsyncSession,
    webhook: Webhook,
    since: datetime,
    until: datetime | None,
    *,
    failed_only: bool,
) -> int:
    """Have the events from `since` on told again, up to `until` or to those not yet told.

    The worker does so page by page, by the webhook's types and queues as they are then. Returns
    how many events of the log lie in the span.
    """
    begin = await _last_before(session, webhook.workspace_id, since)
    end = webhook.pos
    if until is not None:
        end = min(end, await _last_before(session, webhook.workspace_id, until))
    if begin >= end:
        return 0
    webhook.replay_pos, webhook.replay_until = begin, end
    webhook.replay_failed_only = failed_only
    return end - begin


async def _last_before(session: AsyncSession, workspace_id: int, moment: datetime) -> int:
    values = {"workspace_id": workspace_id, "moment": moment}
    return int(await session.scalar(LAST_BEFORE, values) or 0)
