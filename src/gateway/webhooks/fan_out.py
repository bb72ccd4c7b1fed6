"""From the log to deliveries: each webhook's cursor moves on, and what it passes is written down.

Deliveries of their own, made set-wise, keep one event that cannot be delivered from holding up the
next (docs/decisions/0051). The cursor moves in the transaction that writes them: nothing is lost,
and nothing written twice, whoever dies. How many are open is bounded; beyond, the log itself is
the backlog.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups, wait_for

MOST_OPEN = 1_000
"""So many deliveries of a webhook wait at once."""

PAGE_EVENTS = 500
WEBHOOKS_AT_ONCE = 50
SHORTEST_PAUSE_S = 0.1  # between rounds: messages come in by hundreds of commits a second

DELIVERY_ID = """
CAST(left(encode(sha256(convert_to(concat_ws('.', webhook_id, epoch, pos), 'UTF8')), 'hex'), 32)
     AS uuid)"""
"""Of a page's event: the same whenever it is made."""

WANTED = """
(types IS NULL OR type = ANY (types))
       AND (queues IS NULL OR queue_before = ANY (queues) OR queue_after = ANY (queues))"""
"""Whether a page's event is one that its webhook asks for."""

# A webhook that another worker has locked is passed over. Of one whose cursor has moved since the
# snapshot, the lock gives the newest version, after which this snapshot holds the fewer events.
PASS_ON = text(f"""
WITH behind AS MATERIALIZED (
    SELECT w.workspace_id, w.id, w.pos, w.read_at, w.types, w.queues, h.epoch, room.events
      FROM webhook w
      JOIN feed_head h ON h.workspace_id = w.workspace_id
     CROSS JOIN LATERAL (
           SELECT least({PAGE_EVENTS}, {MOST_OPEN} - count(*))::int AS events
             FROM (SELECT FROM webhook_delivery d
                    WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id
                      AND d.state IN ('queued', 'calling')
                    LIMIT {MOST_OPEN}) open
           ) room
     WHERE w.disabled_at IS NULL AND w.pos < h.pos AND room.events > 0
     ORDER BY w.read_at
     LIMIT {WEBHOOKS_AT_ONCE}
       FOR UPDATE OF w SKIP LOCKED
), page AS MATERIALIZED (
    SELECT b.workspace_id, b.id AS webhook_id, b.epoch, b.types, b.queues,
           e.pos, e.at, e.type, e.queue_before, e.queue_after
      FROM behind b
     CROSS JOIN LATERAL (
           SELECT event.pos, event.at, event.type, event.queue_before, event.queue_after
             FROM event
            WHERE event.workspace_id = b.workspace_id AND event.pos > b.pos
              AND event.at >= b.read_at
            ORDER BY event.pos
            LIMIT b.events
           ) e
), made AS (
    INSERT INTO webhook_delivery (workspace_id, id, webhook_id, pos, at, type, state, due_at)
    SELECT workspace_id, {DELIVERY_ID}, webhook_id, pos, at, type, 'queued', now()
      FROM page
     WHERE {WANTED}
        ON CONFLICT DO NOTHING
 RETURNING 1
), last AS (
    SELECT DISTINCT ON (workspace_id, webhook_id) workspace_id, webhook_id, pos, at
      FROM page
     ORDER BY workspace_id, webhook_id, pos DESC
), moved AS (
    UPDATE webhook w
       SET pos = last.pos, read_at = last.at
      FROM last
     WHERE (w.workspace_id, w.id) = (last.workspace_id, last.webhook_id)
)
SELECT (SELECT count(*) FROM made) AS made, (SELECT count(*) FROM page) AS read
""")  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Passed:
    """What one round has done: `made` deliveries of the `read` events that cursors have passed."""

    made: int
    read: int


async def pass_on(session: AsyncSession) -> Passed:
    """Move every cursor on that is behind its log, by a page at most."""
    row = (await session.execute(PASS_ON)).one()
    return Passed(row.made, row.read)


class FanOut:
    """Passes on what the log holds, until cancelled. Any number of workers share one database."""

    def __init__(self, database: Database, wakeups: Wakeups, settings: Settings) -> None:
        self._database = database
        self._wakeups = wakeups
        self._hint = wakeups.listen(Topic.FEED)
        self._poll_interval_s = settings.poll_interval_s

    async def run(self) -> None:
        while True:
            async with self._database.transaction() as session:
                passed = await pass_on(session)
            if passed.made:
                self._wakeups.notify(Topic.WEBHOOK)
            if not passed.read:
                await wait_for(self._hint, self._poll_interval_s)
            await asyncio.sleep(SHORTEST_PAUSE_S)
