"""Forgetting what is old, by each workspace's policy.

Every batch is a transaction of its own and can be repeated: the job may be killed at any moment,
and several may run at once, since they pass over what another has locked.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.contacts.erasing import delete_conversations, erased
from gateway.database.connections import Database
from gateway.database.schema import Conversation, Workspace
from gateway.feed.log import EventType, Happening, append_in, in_place
from gateway.ids import first_id_at

CLOSES_AFTER = timedelta(days=30)
"""How long a solved conversation may still be reopened by a message."""

SPARE_BLOB_KEPT = timedelta(days=1)
"""How long bytes that nothing refers to are kept: their message may still be queued."""

UPLOAD_KEPT = timedelta(days=1)
"""How long a file that an agent has uploaded waits for its message."""

WEBHOOK_DELIVERY_KEPT = timedelta(days=30)
"""How long it is known what became of telling another system."""

ALLOWANCE_KEPT = timedelta(days=31)
"""Longer than any window in which automatic answers are counted."""

GAP_KEPT = timedelta(days=90)
"""How long it is known that something was looked for and not found."""

ROWS = 1_000
CONVERSATIONS = 100

RAW_PAYLOADS = text("""
DELETE FROM raw_payload
 WHERE (workspace_id, message_id) IN (
       SELECT workspace_id, message_id FROM raw_payload
        WHERE workspace_id = :workspace_id AND message_id < :before_id
        ORDER BY message_id LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

SETTLED_QUARANTINE = text("""
DELETE FROM quarantine
 WHERE (workspace_id, id) IN (
       SELECT workspace_id, id FROM quarantine
        WHERE workspace_id = :workspace_id AND received_at < :before
          AND settled_at < :before
        ORDER BY received_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

NEXT_BLOBS = text("""
SELECT sha256 FROM blob
 WHERE workspace_id = :workspace_id AND sha256 > :after
 ORDER BY sha256 LIMIT :rows
""")

SPARE_BLOBS = text("""
WITH gone AS (
    DELETE FROM blob b
     WHERE b.workspace_id = :workspace_id AND b.sha256 > :after AND b.sha256 <= :until
       AND b.created_at < :before
       AND NOT EXISTS (SELECT FROM attachment r
                        WHERE r.workspace_id = b.workspace_id AND r.sha256 = b.sha256)
       AND NOT EXISTS (SELECT FROM raw_payload r
                        WHERE r.workspace_id = b.workspace_id AND r.sha256 = b.sha256)
       AND NOT EXISTS (SELECT FROM quarantine r
                        WHERE r.workspace_id = b.workspace_id AND r.sha256 = b.sha256)
 RETURNING workspace_id, object_key
), spare AS (
    INSERT INTO spare_object (workspace_id, key, due_at)
    SELECT workspace_id, object_key, now() FROM gone WHERE object_key IS NOT NULL
)
SELECT count(*) FROM gone
""")
"""Their objects in the bucket are deleted after this has been committed."""

UPLOADS = text("""
DELETE FROM attachment
 WHERE (workspace_id, id) IN (
       SELECT workspace_id, id FROM attachment
        WHERE workspace_id = :workspace_id AND message_id IS NULL AND id < :before_id
        ORDER BY id LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

WEBHOOK_DELIVERIES = text("""
DELETE FROM webhook_delivery
 WHERE (workspace_id, id) IN (
       SELECT workspace_id, id FROM webhook_delivery
        WHERE workspace_id = :workspace_id AND ended_at < :before
        ORDER BY ended_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

ALLOWANCES = text("""
DELETE FROM answer_allowance
 WHERE (workspace_id, contact_id) IN (
       SELECT workspace_id, contact_id FROM answer_allowance
        WHERE workspace_id = :workspace_id AND last_at < :before
        ORDER BY last_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

GAPS = text("""
DELETE FROM article_gap
 WHERE (workspace_id, language, query) IN (
       SELECT workspace_id, language, query FROM article_gap
        WHERE workspace_id = :workspace_id AND last_at < :before
        ORDER BY last_at LIMIT :rows FOR UPDATE SKIP LOCKED)
""")

log = structlog.get_logger(__name__)

Batch = Callable[[AsyncSession], Awaitable[int]]
"""Does one batch in a transaction; returns how many rows it found."""


async def run_retention(database: Database, now: datetime) -> dict[str, int]:
    """Do everything that is due at `now`; returns how many rows each step has dealt with."""
    async with database.transaction() as session:
        workspaces = (await session.scalars(select(Workspace))).all()
    totals: dict[str, int] = {}
    for workspace in workspaces:
        for step, number in (await _keep(database, workspace, now)).items():
            totals[step] = totals.get(step, 0) + number
    if any(totals.values()):
        log.info("retention.done", **totals)
    return totals


async def _keep(database: Database, workspace: Workspace, now: datetime) -> dict[str, int]:
    done = {"closed": await _close(database, workspace.id, now)}
    if workspace.conversation_retention_days is not None:
        before = now - timedelta(days=workspace.conversation_retention_days)
        done["conversations"] = await _forget_conversations(database, workspace.id, before)
    if workspace.raw_retention_days is not None:
        before = now - timedelta(days=workspace.raw_retention_days)
        done["raw_payloads"] = await _forget_raw(database, workspace.id, before)
        done["quarantine"] = await _forget_settled(database, workspace.id, before)
    done["uploads"] = await _forget_uploads(database, workspace.id, now - UPLOAD_KEPT)
    before = now - WEBHOOK_DELIVERY_KEPT
    done["webhook_deliveries"] = await _forget_told(database, workspace.id, before)
    done["allowances"] = await _forget_allowances(database, workspace.id, now - ALLOWANCE_KEPT)
    done["gaps"] = await _forget_gaps(database, workspace.id, now - GAP_KEPT)
    done["blobs"] = await _forget_blobs(database, workspace.id, now - SPARE_BLOB_KEPT)
    return done


async def _repeat(database: Database, size: int, batch: Batch) -> int:
    """Run batches until one is not full."""
    total = 0
    while True:
        async with database.transaction() as session:
            number = await batch(session)
        total += number
        if number < size:
            return total


async def _close(database: Database, workspace_id: int, now: datetime) -> int:
    before = now - CLOSES_AFTER

    async def batch(session: AsyncSession) -> int:
        due = (Conversation.status == "solved", Conversation.solved_at < before)
        rows = await _locked(session, workspace_id, due, Conversation.solved_at)
        for row in rows:
            row.status, row.closed_at = "closed", now
            row.version += 1
        await _tell(session, [_closed(row) for row in rows])
        return len(rows)

    return await _repeat(database, CONVERSATIONS, batch)


async def _forget_conversations(database: Database, workspace_id: int, before: datetime) -> int:
    async def batch(session: AsyncSession) -> int:
        due = (Conversation.status == "closed", Conversation.closed_at < before)
        rows = await _locked(session, workspace_id, due, Conversation.closed_at)
        gone = await delete_conversations(session, workspace_id, [row.id for row in rows])
        await _tell(session, [erased(row, gone) for row in rows])
        return len(rows)

    return await _repeat(database, CONVERSATIONS, batch)


async def _locked(
    session: AsyncSession,
    workspace_id: int,
    due: Sequence[ColumnElement[bool]],
    since: Any,
) -> Sequence[Conversation]:
    """A batch of due conversations, locked in the order of their ids."""
    chosen = (
        select(Conversation.id)
        .where(Conversation.workspace_id == workspace_id, *due)
        .order_by(since)
        .limit(CONVERSATIONS)
    )
    ids: list[UUID] = list(await session.scalars(chosen))
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id.in_(ids), *due)
        .order_by(Conversation.id)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def _tell(session: AsyncSession, happenings: Sequence[Happening]) -> None:
    if happenings:
        await append_in(session, *happenings)


def _closed(row: Conversation) -> Happening:
    data = {"conversation": {"status": "closed"}}
    return in_place(row, EventType.CLOSED, data, version=row.version)


async def _forget_raw(database: Database, workspace_id: int, before: datetime) -> int:
    values = {"workspace_id": workspace_id, "before_id": first_id_at(before), "rows": ROWS}

    async def batch(session: AsyncSession) -> int:
        return await _deleted(session, RAW_PAYLOADS, values)

    return await _repeat(database, ROWS, batch)


async def _forget_uploads(database: Database, workspace_id: int, before: datetime) -> int:
    values = {"workspace_id": workspace_id, "before_id": first_id_at(before), "rows": ROWS}

    async def batch(session: AsyncSession) -> int:
        return await _deleted(session, UPLOADS, values)

    return await _repeat(database, ROWS, batch)


async def _forget_allowances(database: Database, workspace_id: int, before: datetime) -> int:
    values = {"workspace_id": workspace_id, "before": before, "rows": ROWS}

    async def batch(session: AsyncSession) -> int:
        return await _deleted(session, ALLOWANCES, values)

    return await _repeat(database, ROWS, batch)


async def _forget_gaps(database: Database, workspace_id: int, before: datetime) -> int:
    values = {"workspace_id": workspace_id, "before": before, "rows": ROWS}

    async def batch(session: AsyncSession) -> int:
        return await _deleted(session, GAPS, values)

    return await _repeat(database, ROWS, batch)


async def _forget_settled(database: Database, workspace_id: int, before: datetime) -> int:
    values = {"workspace_id": workspace_id, "before": before, "rows": ROWS}

    async def batch(session: AsyncSession) -> int:
        return await _deleted(session, SETTLED_QUARANTINE, values)

    return await _repeat(database, ROWS, batch)


async def _forget_told(database: Database, workspace_id: int, before: datetime) -> int:
    values = {"workspace_id": workspace_id, "before": before, "rows": ROWS}

    async def batch(session: AsyncSession) -> int:
        return await _deleted(session, WEBHOOK_DELIVERIES, values)

    return await _repeat(database, ROWS, batch)


async def _forget_blobs(database: Database, workspace_id: int, before: datetime) -> int:
    """Walk all blobs in the order of their digests, and drop those that nothing refers to."""
    values: dict[str, Any] = {"workspace_id": workspace_id, "before": before, "after": b""}
    total = 0
    while True:
        async with database.transaction() as session:
            page = (await session.scalars(NEXT_BLOBS, {**values, "rows": ROWS})).all()
            if not page:
                return total
            spare = await session.scalar(SPARE_BLOBS, {**values, "until": page[-1]})
            total += int(spare or 0)
        values["after"] = page[-1]


async def _deleted(session: AsyncSession, statement: Any, values: dict[str, Any]) -> int:
    result: Any = await session.execute(statement, values)
    return int(result.rowcount)
