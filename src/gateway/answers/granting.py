"""Who is answered automatically now: by what customers want, and by how often they were of late.

One statement for a batch. The row of a contact's allowance is locked by the statement that takes
from it, so that processes together keep to the limit; contacts come in one order.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg

from channels.records import record
from gateway.answers.waits import FEWEST_CASES, GOOD_FOR
from gateway.answers.wanting import Wanted

GRANT = """
WITH wanted AS (
    SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[])
               AS w (workspace_id, conversation_id, contact_id, identity_id, channel_id, queue_id)
), judged AS (
    SELECT w.*,
           EXISTS (SELECT FROM opt_out o
                    WHERE (o.workspace_id, o.identity_id, o.channel_id)
                        = (w.workspace_id, w.identity_id, w.channel_id)) AS opted_out,
           EXISTS (SELECT FROM message m
                    WHERE (m.workspace_id, m.conversation_id)
                        = (w.workspace_id, w.conversation_id)
                      AND m.direction = 'outbound' AND m.automatic_kind = 'auto_reply') AS answered
      FROM wanted w
), granted AS (
    INSERT INTO answer_allowance AS a (workspace_id, contact_id, answered_at, last_at)
    SELECT j.workspace_id, j.contact_id, ARRAY[now()], now()
      FROM judged j JOIN workspace s ON s.id = j.workspace_id
     WHERE NOT j.opted_out AND NOT j.answered AND s.automatic_answers > 0
     ORDER BY j.workspace_id, j.contact_id
    ON CONFLICT (workspace_id, contact_id) DO UPDATE
       SET last_at = now(), answered_at = now() || ARRAY(
           SELECT t FROM unnest(a.answered_at) t, workspace s
            WHERE s.id = a.workspace_id
              AND t > now() - make_interval(hours => s.automatic_answer_hours))
     WHERE (SELECT count(t) < s.automatic_answers
              FROM workspace s
              LEFT JOIN unnest(a.answered_at) t
                ON t > now() - make_interval(hours => s.automatic_answer_hours)
             WHERE s.id = a.workspace_id
             GROUP BY s.automatic_answers)
 RETURNING a.workspace_id, a.contact_id
)
SELECT j.conversation_id, j.opted_out, j.answered, g.contact_id IS NOT NULL AS granted,
       c.name AS contact_name, q.name AS queue_name, e.wait
  FROM judged j
  JOIN contact c ON (c.workspace_id, c.id) = (j.workspace_id, j.contact_id)
  JOIN queue q ON (q.workspace_id, q.id) = (j.workspace_id, j.queue_id)
  LEFT JOIN granted g ON (g.workspace_id, g.contact_id) = (j.workspace_id, j.contact_id)
  LEFT JOIN expected_wait e ON (e.workspace_id, e.queue_id) = (j.workspace_id, j.queue_id)
                           AND e.cases >= $7 AND e.measured_at > now() - $8::interval
"""

Verdict = Literal["granted", "opted_out", "already", "limit"]


@record
class Grant:
    """What was decided of a message, with what its answer would say."""

    verdict: Verdict
    contact_name: str | None
    queue_name: str
    wait: timedelta | None


async def grant(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[Wanted]
) -> dict[UUID, Grant]:
    """Decide for each, by conversation; of one conversation the first message counts.

    The contacts' rows are taken once per statement: who asks for more in one batch is asked again.
    """
    granted: dict[UUID, Grant] = {}
    waiting = _firsts(wanted, lambda each: each.placed.state.id)
    while waiting:
        asking = _firsts(waiting, _contact)
        columns = zip(*map(_row, asking), strict=True)
        rows = await connection.fetch(GRANT, *columns, FEWEST_CASES, GOOD_FOR)
        granted |= {row["conversation_id"]: _grant(row) for row in rows}
        waiting = [each for each in waiting if each.placed.state.id not in granted]
    return granted


def _firsts(wanted: Iterable[Wanted], key: Callable[[Wanted], Hashable]) -> list[Wanted]:
    """The first of each key."""
    return list({key(each): each for each in reversed(list(wanted))}.values())[::-1]


def _contact(wanted: Wanted) -> tuple[int, UUID]:
    return wanted.workspace.workspace_id, wanted.placed.arrival.identity.contact_id


def _row(wanted: Wanted) -> tuple[int, UUID, UUID, UUID, UUID, UUID]:
    state, identity = wanted.placed.state, wanted.placed.arrival.identity
    channel_id = wanted.destination.channel.config.id
    return (
        state.workspace_id,
        state.id,
        identity.contact_id,
        identity.id,
        channel_id,
        state.queue_id,
    )


def _grant(row: asyncpg.Record) -> Grant:
    verdict: Verdict = "granted" if row["granted"] else "limit"
    if row["opted_out"]:
        verdict = "opted_out"
    elif row["answered"]:
        verdict = "already"
    return Grant(verdict, row["contact_name"], row["queue_name"], row["wait"])
