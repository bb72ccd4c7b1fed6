"""The statements that move cursors over the log, and make deliveries of what they pass."""

from sqlalchemy import TextClause, text

MOST_OPEN = 1_000
"""So many deliveries of a webhook wait at once."""

PAGE_EVENTS = 500
WEBHOOKS_AT_ONCE = 50

DELIVERY_ID = """CAST(left(encode(sha256(convert_to(
       concat_ws('.', page.webhook_id, page.epoch, page.pos), 'UTF8')), 'hex'), 32) AS uuid)"""
"""The same whenever it is made."""


def passing(
    *, after: str, until: str, since: str, most: int, failed_only: str, again: str, moved: str
) -> TextClause:
    """The statement that moves the cursor `after`, of webhooks `w`, on towards `until`.

    It reads events that were written `since` then, while fewer than `most` deliveries wait. `again`
    is what becomes of a delivery that is there already, `moved` what of the cursor's columns.
    """
    # A webhook that another worker has locked is passed over. Of one whose cursor has moved since
    # the snapshot, the lock gives the newest version, after which this snapshot has fewer events.
    return text(f"""
WITH behind AS MATERIALIZED (
    SELECT w.workspace_id, w.id, w.types, w.queues, h.epoch, room.events, {after} AS after,
           {until} AS until, {since} AS since, {failed_only} AS failed_only
      FROM webhook w
      JOIN feed_head h ON h.workspace_id = w.workspace_id
     CROSS JOIN LATERAL (
           SELECT least({PAGE_EVENTS}, {most} - count(*))::int AS events
             FROM (SELECT FROM webhook_delivery d
                    WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id
                      AND d.state IN ('queued', 'calling')
                    LIMIT {most}) open
           ) room
     WHERE w.disabled_at IS NULL AND {after} < {until} AND room.events > 0
     ORDER BY w.read_at
     LIMIT {WEBHOOKS_AT_ONCE}
       FOR UPDATE OF w SKIP LOCKED
), page AS MATERIALIZED (
    SELECT b.workspace_id, b.id AS webhook_id, b.epoch, b.types, b.queues, b.failed_only,
           e.pos, e.at, e.type, e.queue_before, e.queue_after
      FROM behind b
     CROSS JOIN LATERAL (
           SELECT event.pos, event.at, event.type, event.queue_before, event.queue_after
             FROM event
            WHERE event.workspace_id = b.workspace_id
              AND event.pos > b.after AND event.pos <= b.until AND event.at >= b.since
            ORDER BY event.pos
            LIMIT b.events
           ) e
), made AS (
    INSERT INTO webhook_delivery AS d
           (workspace_id, id, webhook_id, pos, at, type, state, due_at)
    SELECT workspace_id, {DELIVERY_ID}, webhook_id, pos, at, type, 'queued', now()
      FROM page
     WHERE (types IS NULL OR type = ANY (types))
       AND (queues IS NULL OR queue_before = ANY (queues) OR queue_after = ANY (queues))
       AND (NOT failed_only OR EXISTS (
           SELECT FROM webhook_delivery failed
            WHERE failed.workspace_id = page.workspace_id AND failed.id = {DELIVERY_ID}
              AND failed.state = 'failed'))
        ON CONFLICT (workspace_id, id) DO {again}
 RETURNING 1
), last AS (
    SELECT DISTINCT ON (workspace_id, webhook_id) workspace_id, webhook_id, pos, at
      FROM page
     ORDER BY workspace_id, webhook_id, pos DESC
), moved AS (
    UPDATE webhook w
       SET {moved}
      FROM last
     WHERE (w.workspace_id, w.id) = (last.workspace_id, last.webhook_id)
)
SELECT (SELECT count(*) FROM made) AS made, (SELECT count(*) FROM page) AS read
""")  # noqa: S608 - constants


PASS_ON = passing(
    after="w.pos",
    until="h.pos",
    since="w.read_at",
    most=MOST_OPEN,
    failed_only="false",
    again="NOTHING",
    moved="pos = last.pos, read_at = last.at",
)

PASS_AGAIN = passing(
    after="w.replay_pos",
    until="w.replay_until",
    since="CAST('-infinity' AS timestamptz)",
    most=MOST_OPEN // 2,  # what is new must not wait for what is old
    failed_only="w.replay_failed_only",
    again="""UPDATE
       SET state = 'queued', due_at = now(), forgiven = d.attempts,
           status = NULL, failure = NULL, ended_at = NULL
     WHERE d.state IN ('delivered', 'failed')""",
    moved="""replay_pos = CASE WHEN last.pos < w.replay_until THEN last.pos END,
           replay_until = CASE WHEN last.pos < w.replay_until THEN w.replay_until END""",
)
