"""Receipts: what refuses a repeated delivery, by a unique key in the database."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from channels.records import record
from gateway.ids import new_id
from gateway.ingest.submission import Accepted, Submission

CLAIM = """
INSERT INTO receipt (workspace_id, space, key, message_id, received_at, repeats_until,
                     quarantine_id)
SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[],
                     $6::timestamptz[], $7::uuid[])
           AS new (workspace_id, space, key, message_id, received_at, repeats_until,
                   quarantine_id)
 ORDER BY workspace_id, space, key
ON CONFLICT (workspace_id, space, key) DO UPDATE
   SET message_id = excluded.message_id, quarantine_id = excluded.quarantine_id,
       received_at = excluded.received_at, repeats_until = excluded.repeats_until
 WHERE receipt.repeats_until <= excluded.received_at
    OR (receipt.quarantine_id = excluded.quarantine_id AND receipt.message_id IS NULL)
RETURNING message_id
"""

ORIGINALS = """
SELECT r.workspace_id, r.space, r.key, r.message_id, m.conversation_id, m.seq,
       CASE WHEN r.message_id IS NULL THEN r.quarantine_id END AS quarantine_id
  FROM unnest($1::int[], $2::text[], $3::text[]) AS lost (workspace_id, space, key)
  JOIN receipt r USING (workspace_id, space, key)
  LEFT JOIN message m ON (m.workspace_id, m.id) = (r.workspace_id, r.message_id)
"""


@record
class Claims:
    """Which submissions are new, under which message id, and the answers to the others.

    A submission that repeats another of the same batch is in `repeated`, by the one it repeats.
    """

    fresh: Sequence[tuple[Submission, UUID]]
    repeated: Sequence[tuple[Submission, Submission]]
    known: Sequence[tuple[Submission, Accepted]]


async def claim(connection: "asyncpg.Connection[Any]", submissions: Sequence[Submission]) -> Claims:
    first: dict[tuple[int, str, str], Submission] = {}
    repeated = []
    for submission in sorted(submissions, key=lambda each: each.replays is None):
        original = first.setdefault(submission.receipt_key, submission)
        if original is not submission:
            repeated.append((submission, original))
    proposals = [(submission, new_id()) for submission in first.values()]
    won = await _insert(connection, proposals)
    fresh = [(submission, id_) for submission, id_ in proposals if id_ in won]
    lost = [submission for submission, id_ in proposals if id_ not in won]
    return Claims(fresh, repeated, await _originals(connection, lost) if lost else [])


async def _insert(
    connection: "asyncpg.Connection[Any]", proposals: Sequence[tuple[Submission, UUID]]
) -> set[UUID]:
    rows = []
    for submission, message_id in proposals:
        within = submission.inbound.receipt.repeats_within
        until = submission.received_at + within if within else None
        key = submission.receipt_key
        rows.append((*key, message_id, submission.received_at, until, submission.replays))
    return {row[0] for row in await connection.fetch(CLAIM, *zip(*rows, strict=True))}


async def _originals(
    connection: "asyncpg.Connection[Any]", lost: Sequence[Submission]
) -> list[tuple[Submission, Accepted]]:
    keys = [submission.receipt_key for submission in lost]
    rows = await connection.fetch(ORIGINALS, *zip(*keys, strict=True))
    answers = {
        (row["workspace_id"], row["space"], row["key"]): Accepted(
            message_id=row["message_id"],
            conversation_id=row["conversation_id"],
            seq=row["seq"],
            quarantine_id=row["quarantine_id"],
            duplicate=True,
        )
        for row in rows
    }
    return [(submission, answers[submission.receipt_key]) for submission in lost]
