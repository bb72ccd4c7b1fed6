"""Taking due deliveries under a lease, so that nobody else sends them meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Integer, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.delivery.pace import NO_PACES, Pace

MOST = 100
"""So many are claimed at most; there may be more."""

# Why no two workers send one delivery, nor two of one conversation: a delivery leaves `queued` and
# `sending` until somebody retries it by hand, so an earlier one that this statement's snapshot does
# not see there has ended, and what is retried has lost its place in the order anyhow; and of a row
# that another worker took since the snapshot, the lock rechecks the newest version.
# A pace that another worker has locked is passed over with its channel: that one sends.
# OFFSET 0 and the outer LIMIT keep the planner from reading the whole backlog to find a handful.
CLAIM = (
    text("""
WITH paced AS MATERIALIZED (
    SELECT p.workspace_id, p.channel_id, pace.interval_s, greatest(0, floor(1e-6 + pace.burst
               - greatest(extract(epoch FROM p.full_at - now()), 0) / pace.interval_s)) AS tokens
      FROM sending_pace p
      JOIN unnest(CAST(:paced AS uuid[]), CAST(:bursts AS int[]), CAST(:intervals AS float8[]))
             AS pace (channel_id, burst, interval_s) ON pace.channel_id = p.channel_id
       FOR UPDATE OF p SKIP LOCKED
), channel_room AS MATERIALIZED (
    SELECT c.workspace_id, c.id, c.archived_at IS NOT NULL AS is_archived,
           least(greatest(:slots - coalesce(busy.sending, 0), 0),
                 CASE WHEN c.id = ANY (CAST(:paced AS uuid[])) THEN coalesce(paced.tokens, 0)
                      ELSE :slots END)::int AS slots
      FROM channel c
      LEFT JOIN paced ON (paced.workspace_id, paced.channel_id) = (c.workspace_id, c.id)
      LEFT JOIN unnest(CAST(:busy_channels AS uuid[]), CAST(:busy_slots AS int[]))
             AS busy (channel_id, sending) ON busy.channel_id = c.id
     WHERE c.kind <> 'chat'
), due AS MATERIALIZED (
    SELECT head.workspace_id, head.id, room.is_archived
      FROM channel_room room
     CROSS JOIN LATERAL (
        SELECT d.workspace_id, d.id
          FROM delivery d
         WHERE d.workspace_id = room.workspace_id AND d.channel_id = room.id
           AND d.state IN ('queued', 'sending') AND d.due_at <= now()
           AND (d.state = 'queued' OR d.lease_until <= now())
           AND NOT EXISTS (
                SELECT FROM delivery earlier
                  JOIN channel c ON c.workspace_id = earlier.workspace_id
                                AND c.id = earlier.channel_id AND c.kind <> 'chat'
                 WHERE earlier.workspace_id = d.workspace_id
                   AND earlier.conversation_id = d.conversation_id
                   AND earlier.state IN ('queued', 'sending')
                   AND (earlier.seq, earlier.id) < (d.seq, d.id)
                OFFSET 0)
         ORDER BY d.due_at
         LIMIT room.slots
           FOR UPDATE OF d SKIP LOCKED
     ) head
     LIMIT :most
), claimed AS (
    UPDATE delivery d
       SET state = 'sending', attempts = d.attempts + 1, lease_until = now() + :lease
      FROM due
     WHERE d.workspace_id = due.workspace_id AND d.id = due.id
 RETURNING d.workspace_id, d.id, d.conversation_id, d.message_id, d.channel_id, d.recipient,
           d.text_from, d.text_to, d.attempts, d.forgiven, d.failure, due.is_archived
), paid AS (
    UPDATE sending_pace b
       SET full_at = greatest(b.full_at, clock_timestamp())
                   + taken.number * make_interval(secs => interval_s)
      FROM paced
      JOIN (SELECT workspace_id, channel_id, count(*) AS number FROM claimed GROUP BY 1, 2) taken
     USING (workspace_id, channel_id)
     WHERE (b.workspace_id, b.channel_id) = (paced.workspace_id, paced.channel_id)
), started AS (
    INSERT INTO attempt (workspace_id, delivery_id, number, started_at)
    SELECT workspace_id, id, attempts, clock_timestamp() FROM claimed
)
SELECT claimed.workspace_id, claimed.id AS delivery_id, claimed.conversation_id,
       claimed.message_id, claimed.channel_id, claimed.is_archived, claimed.attempts AS number,
       claimed.attempts - claimed.forgiven AS tries, claimed.failure AS last_failure,
       claimed.recipient,
       coalesce(substr(m.text, claimed.text_from + 1, claimed.text_to - claimed.text_from), m.text)
           AS text,
       m.subject, m.html, m.automatic, m.email, agent.name AS sender_name,
       EXISTS (SELECT FROM identity i
                 JOIN opt_out o ON (o.workspace_id, o.identity_id, o.channel_id)
                                 = (i.workspace_id, i.id, claimed.channel_id)
                WHERE i.workspace_id = claimed.workspace_id
                  AND (i.space = 'phone' OR i.space = 'email' AND is_proactive)
                  AND i.address = replace(claimed.recipient, 'whatsapp:', '')) AS is_unwanted,
       CASE WHEN is_proactive THEN
            (SELECT i.id FROM identity i
              WHERE i.workspace_id = claimed.workspace_id AND i.space = 'email'
                AND i.address = claimed.recipient) END AS subscriber_id,
       EXISTS (SELECT FROM attachment a
                WHERE a.workspace_id = m.workspace_id AND a.message_id = m.id) AS has_attachments
  FROM claimed
  JOIN message m ON m.workspace_id = claimed.workspace_id AND m.id = claimed.message_id
  CROSS JOIN LATERAL (SELECT m.automatic AND m.direction = 'outbound' AS is_proactive) kind
  LEFT JOIN agent ON agent.workspace_id = m.workspace_id AND agent.id = m.agent_id
""")
    .bindparams(bindparam("most", MOST, Integer, literal_execute=True))
    .columns(email=JSON)
)

NEXT_DUE = text("""
SELECT extract(epoch FROM min(next.due_at) - now())::float8
  FROM channel c
 CROSS JOIN LATERAL (
    SELECT d.due_at
      FROM delivery d
     WHERE d.workspace_id = c.workspace_id AND d.channel_id = c.id
       AND d.state IN ('queued', 'sending') AND d.due_at > now()
     ORDER BY d.due_at
     LIMIT 1
 ) next
 WHERE c.kind <> 'chat'
""")


PACES = text("""
INSERT INTO sending_pace (workspace_id, channel_id, full_at)
SELECT workspace_id, id, now() FROM channel WHERE id = ANY (CAST(:paced AS uuid[]))
ON CONFLICT DO NOTHING
""")

NEXT_TOKEN = text("""
SELECT min(waiting.seconds)::float8
  FROM (SELECT b.workspace_id, b.channel_id,
               extract(epoch FROM b.full_at - now())
               - (pace.burst - 1) * pace.interval_s AS seconds
          FROM sending_pace b
          JOIN unnest(CAST(:paced AS uuid[]), CAST(:bursts AS int[]), CAST(:intervals AS float8[]))
                 AS pace (channel_id, burst, interval_s) USING (channel_id)) waiting
 WHERE waiting.seconds > 0
   AND EXISTS (SELECT FROM delivery d
                WHERE d.workspace_id = waiting.workspace_id AND d.channel_id = waiting.channel_id
                  AND d.state IN ('queued', 'sending') AND d.due_at <= now()
                  AND (d.state = 'queued' OR d.lease_until <= now()))
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in this worker's hands, with what sending it needs.

    `number` is the attempt's, and proof of the claim: whoever claims it later has a higher one;
    `tries` counts those since somebody last retried it by hand.
    `email` are the message's identifiers as JSON, `last_failure` what the former attempt met;
    `is_unwanted` says that the recipient wants nothing from the channel; `subscriber_id` is who may
    say so of an automatic mail.
    """

    workspace_id: int
    delivery_id: UUID
    conversation_id: UUID
    message_id: UUID
    channel_id: UUID
    is_archived: bool
    number: int
    tries: int
    last_failure: str | None
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    subject: str | None = field(repr=False)
    html: str | None = field(repr=False)
    automatic: bool
    email: dict[str, Any] | None = field(repr=False)
    sender_name: str | None
    has_attachments: bool
    is_unwanted: bool
    subscriber_id: UUID | None


async def claim(
    session: AsyncSession,
    *,
    slots: int,
    busy: Mapping[UUID, int],
    lease: timedelta,
    paces: Mapping[UUID, Pace] = NO_PACES,
) -> list[Claimed]:
    """Take what is due and may be sent now: `slots` less `busy` per channel, `MOST` in all.

    Left alone are chat, whatever waits for an earlier delivery of its conversation, and what the
    channel's pace has no token for. A delivery whose lease has run out is taken again; its open
    attempt stays as it is.
    """
    if paces:
        await session.execute(PACES, {"paced": list(paces)})
    rows = await session.execute(
        CLAIM,
        {
            "slots": slots,
            "busy_channels": list(busy),
            "busy_slots": list(busy.values()),
            "lease": lease,
            **_columns(paces),
        },
    )
    return [Claimed(**row) for row in rows.mappings()]


async def seconds_until_next(
    session: AsyncSession, paces: Mapping[UUID, Pace] = NO_PACES
) -> float | None:
    """How long until the next delivery falls due or has its token; None if none waits for that."""
    due: float | None = await session.scalar(NEXT_DUE)
    if not paces:
        return due
    token: float | None = await session.scalar(NEXT_TOKEN, _columns(paces))
    return min((each for each in (due, token) if each is not None), default=None)


def _columns(paces: Mapping[UUID, Pace]) -> dict[str, list[Any]]:
    return {
        "paced": list(paces),
        "bursts": [pace.burst for pace in paces.values()],
        "intervals": [pace.interval_s for pace in paces.values()],
    }
