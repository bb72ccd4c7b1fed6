"""What is authentic but cannot be processed: kept raw, visible, and replayable after a fix."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from channels.contract import Payload, ReceiptKey
from gateway.configuration import ConfiguredChannel
from gateway.database.connections import to_json
from gateway.ids import new_id
from gateway.ingest.submission import Accepted, Submission, stored_key

HOLD = """
WITH claimed AS (
    INSERT INTO receipt (workspace_id, space, key, quarantine_id, received_at, repeats_until)
    VALUES ($1, $3, $4, $2, $11, NULL)
    ON CONFLICT DO NOTHING
    RETURNING quarantine_id
)
INSERT INTO quarantine (workspace_id, id, space, key, channel_id, content_type, envelope, body,
                        sha256, code, detail, state, received_at)
SELECT $1, quarantine_id, $3, $4, $5, $6, $7::text::json, $8, $9, $10, $12, 'held', $11
  FROM claimed
"""

STILL_HELD = """
UPDATE quarantine SET code = $3, detail = $4
 WHERE (workspace_id, id) = ($1, $2) AND state = 'held'
"""

HELD = """
SELECT message_id, quarantine_id FROM receipt
 WHERE (workspace_id, space, key) = ($1, $2, $3)
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A payload on its way into quarantine. `code` names the trouble, `detail` describes it.

    `replays` is the entry that it comes from, if any: that one is kept, with the new trouble.
    """

    channel: ConfiguredChannel
    payload: Payload
    receipt: ReceiptKey
    received_at: datetime
    code: str
    detail: str
    blob: bytes | None = None
    replays: UUID | None = None


def held(submission: Submission, code: str, detail: str) -> Held:
    return Held(
        channel=submission.channel,
        payload=submission.payload,
        receipt=submission.inbound.receipt,
        received_at=submission.received_at,
        code=code,
        detail=detail,
        blob=submission.blob,
        replays=submission.replays,
    )


async def hold(connection: "asyncpg.Connection[Any]", item: Held) -> Accepted:
    """Keep one payload, in a statement of its own, once per receipt key."""
    workspace_id = item.channel.workspace_id
    if item.replays is not None:
        await connection.execute(STILL_HELD, workspace_id, item.replays, item.code, item.detail)
        return Accepted(None, None, quarantine_id=item.replays, duplicate=True)
    quarantine_id = new_id()
    key = (workspace_id, item.receipt.space, stored_key(item.receipt))
    await connection.execute(
        HOLD,
        workspace_id,
        quarantine_id,
        *key[1:],
        item.channel.config.id,
        item.payload.content_type,
        to_json(dict(item.payload.envelope)),
        None if item.blob else item.payload.body,
        item.blob,
        item.code,
        item.received_at,
        item.detail,
    )
    [row] = await connection.fetch(HELD, *key)
    return Accepted(
        message_id=row["message_id"],
        conversation_id=None,
        quarantine_id=row["quarantine_id"],
        duplicate=row["quarantine_id"] != quarantine_id,
    )
