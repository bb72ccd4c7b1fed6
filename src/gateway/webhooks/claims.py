"""Taking due deliveries under a lease, so that no other worker calls for them meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Conversation
from gateway.feed.cursor import Cursor
from gateway.feed.item import ConversationItem
from gateway.feed.snapshot import item_of, select_items
from gateway.webhooks.payloads import Happened

MOST = 100
"""So many are claimed at most; there may be more."""

# One that fails is called for one event at a time, until something goes through. Of one that wants
# the order kept, the first that is open goes, and holds up the others while it is tried again.
CLAIM = text("""
WITH room AS MATERIALIZED (
    SELECT w.workspace_id, w.id, w.is_ordered,
           greatest(CASE WHEN w.is_ordered OR w.failures > 0 THEN 1 ELSE :slots END
                    - coalesce(busy.calls, 0), 0)::int AS slots
      FROM webhook w
      LEFT JOIN unnest(CAST(:busy_webhooks AS uuid[]), CAST(:busy_slots AS int[]))
             AS busy (webhook_id, calls) ON busy.webhook_id = w.id
     WHERE w.disabled_at IS NULL
), due AS MATERIALIZED (
    SELECT head.workspace_id, head.id
      FROM room
     CROSS JOIN LATERAL (
        SELECT d.workspace_id, d.id
          FROM webhook_delivery d
         WHERE d.workspace_id = room.workspace_id AND d.webhook_id = room.id
           AND d.state IN ('queued', 'calling') AND d.due_at <= now()
           AND (d.state = 'queued' OR d.lease_until <= now())
           AND (NOT room.is_ordered OR d.pos = (
                SELECT min(first.pos) FROM webhook_delivery first
                 WHERE first.workspace_id = room.workspace_id AND first.webhook_id = room.id
                   AND first.state IN ('queued', 'calling')))
         ORDER BY d.due_at, d.pos
         LIMIT room.slots
           FOR UPDATE OF d SKIP LOCKED
     ) head
     LIMIT :most
), claimed AS (
    UPDATE webhook_delivery d
       SET state = 'calling', attempts = d.attempts + 1, lease_until = now() + :lease
      FROM due
     WHERE d.workspace_id = due.workspace_id AND d.id = due.id
 RETURNING d.workspace_id, d.id, d.webhook_id, d.pos, d.at, d.attempts, d.forgiven
), started AS (
    INSERT INTO webhook_attempt (workspace_id, delivery_id, number, started_at)
    SELECT workspace_id, id, attempts, clock_timestamp() FROM claimed
)
SELECT claimed.workspace_id, claimed.id AS delivery_id, claimed.webhook_id,
       claimed.attempts AS number, claimed.attempts - claimed.forgiven AS tries,
       w.url, w.secrets, w.previous_until, w.with_item, h.epoch,
       claimed.pos, claimed.at, e.type, e.conversation_id, e.version,
       e.queue_after, e.assignee_after, CAST(e.data AS text) AS data
  FROM claimed
  JOIN webhook w ON (w.workspace_id, w.id) = (claimed.workspace_id, claimed.webhook_id)
  JOIN feed_head h ON h.workspace_id = claimed.workspace_id
  LEFT JOIN event e ON (e.workspace_id, e.pos, e.at)
                     = (claimed.workspace_id, claimed.pos, claimed.at)
 ORDER BY claimed.pos
""").bindparams(bindparam("most", MOST, Integer, literal_execute=True))

NEXT_DUE = text("""
SELECT extract(epoch FROM min(next.due_at) - now())::float8
  FROM webhook w
 CROSS JOIN LATERAL (
    SELECT d.due_at
      FROM webhook_delivery d
     WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id
       AND d.state IN ('queued', 'calling') AND d.due_at > now()
     ORDER BY d.due_at
     LIMIT 1
 ) next
 WHERE w.disabled_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in this worker's hands, with what the call needs.

    `number` is the attempt's, and proof of the claim: whoever claims it later has a higher one;
    `tries` counts those since it was last replayed. `happened` is None where the log has forgotten
    the event; `item` is the conversation as it is now, where the webhook wants it and it exists.
    """

    workspace_id: int
    delivery_id: UUID
    webhook_id: UUID
    number: int
    tries: int
    url: str = field(repr=False)
    secrets: bytes = field(repr=False)
    previous_until: datetime | None
    happened: Happened | None
    item: ConversationItem | None = field(repr=False)


async def claim(
    session: AsyncSession, *, slots: int, busy: Mapping[UUID, int], lease: timedelta
) -> list[Claimed]:
    """Take what is due and may be called for now: `slots` less `busy` per webhook, `MOST` in all.

    A delivery whose lease has run out is taken again; its open attempt stays as it is.
    """
    values = {
        "slots": slots,
        "busy_webhooks": list(busy),
        "busy_slots": list(busy.values()),
        "lease": lease,
    }
    rows = (await session.execute(CLAIM, values)).all()
    items = await _items(session, [row for row in rows if row.with_item and row.type])
    return [_claimed(row, items.get(row.conversation_id)) for row in rows]


async def seconds_until_next(session: AsyncSession) -> float | None:
    """How long until the next delivery falls due; None if none waits for that."""
    seconds: float | None = await session.scalar(NEXT_DUE)
    return seconds


async def _items(session: AsyncSession, rows: Sequence[Any]) -> dict[UUID, ConversationItem]:
    connection = await session.connection()
    items: dict[UUID, ConversationItem] = {}
    ordered = sorted(rows, key=attrgetter("workspace_id"))
    for workspace_id, group in groupby(ordered, key=attrgetter("workspace_id")):
        ids = {row.conversation_id for row in group}
        found = await connection.execute(select_items(workspace_id).where(Conversation.id.in_(ids)))
        items |= {row.id: item_of(row) for row in found}
    return items


def _claimed(row: Any, item: ConversationItem | None) -> Claimed:
    return Claimed(
        workspace_id=row.workspace_id,
        delivery_id=row.delivery_id,
        webhook_id=row.webhook_id,
        number=row.number,
        tries=row.tries,
        url=row.url,
        secrets=row.secrets,
        previous_until=row.previous_until,
        happened=_happened(row),
        item=item if row.with_item else None,
    )


def _happened(row: Any) -> Happened | None:
    if row.type is None:
        return None
    return Happened(
        cursor=Cursor(row.epoch, row.pos),
        at=row.at,
        type=row.type,
        conversation_id=row.conversation_id,
        version=row.version,
        queue_id=row.queue_after,
        assignee_id=row.assignee_after,
        data=row.data,
    )
