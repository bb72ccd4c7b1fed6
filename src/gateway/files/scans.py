"""The files that are still to be scanned: claimed, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Attachment, Blob, Message
from gateway.delivery.announcements import lock_conversation
from gateway.feed.log import EventType, Happening, append_in, in_place

CLAIM = text("""
WITH due AS (
    SELECT head.workspace_id, head.sha256
      FROM workspace w
     CROSS JOIN LATERAL (
        SELECT b.workspace_id, b.sha256
          FROM blob b
         WHERE b.workspace_id = w.id AND b.scan = 'unscanned' AND b.scan_due_at <= now()
         ORDER BY b.scan_due_at
         LIMIT :number
           FOR UPDATE OF b SKIP LOCKED
     ) head
     LIMIT :number
)
UPDATE blob b
   SET scan_attempts = b.scan_attempts + 1, scan_due_at = now() + :lease
  FROM due
 WHERE b.workspace_id = due.workspace_id AND b.sha256 = due.sha256
RETURNING b.workspace_id, b.sha256, b.scan_attempts AS number
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file in this worker's hands until its lease ends; `number` is the attempt's."""

    workspace_id: int
    sha256: bytes
    number: int


async def claim(session: AsyncSession, *, number: int, lease: timedelta) -> list[Claimed]:
    """Take what is due, oldest first. A lease is a later due time."""
    rows = await session.execute(CLAIM, {"number": number, "lease": lease})
    return [Claimed(**row) for row in rows.mappings()]


async def put_off(session: AsyncSession, claimed: Claimed, pause: timedelta) -> None:
    statement = update(Blob).where(*_held(claimed))
    await session.execute(statement.values(scan_due_at=func.clock_timestamp() + pause))


async def settle(session: AsyncSession, claimed: Claimed, state: str, detail: str | None) -> bool:
    """Record what was found, once; whether agents are told, as they are of a virus alone.

    A message that is stored after this shows it by itself. Nobody waits for a conversation who
    holds a blob, but this, so that the blob may be held first.
    """
    statement = update(Blob).where(*_held(claimed)).values(scan=state, scan_detail=detail)
    settled = await session.scalar(statement.returning(Blob.scan))
    if settled != "infected":
        return False
    happenings = await _happenings(session, claimed)
    if happenings:
        await append_in(session, *happenings)
    return bool(happenings)


async def _happenings(session: AsyncSession, claimed: Claimed) -> list[Happening]:
    """A change of every message that has the file; their conversations locked in order."""
    happenings: list[Happening] = []
    for message in await _messages(session, claimed):
        conversation = await lock_conversation(
            session, claimed.workspace_id, message.conversation_id
        )
        if conversation is not None:
            conversation.version += 1
            data = {"conversation": {}, "message": {"id": message.id}}
            version = conversation.version
            happenings.append(in_place(conversation, EventType.CHANGED, data, version=version))
    return happenings


async def _messages(session: AsyncSession, claimed: Claimed) -> Sequence[Message]:
    having = select(Attachment.message_id).where(
        Attachment.workspace_id == claimed.workspace_id, Attachment.sha256 == claimed.sha256
    )
    statement = (
        select(Message)
        .where(Message.workspace_id == claimed.workspace_id, Message.id.in_(having))
        .order_by(Message.conversation_id, Message.seq)
    )
    return (await session.scalars(statement)).all()


def _held(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    return (
        Blob.workspace_id == claimed.workspace_id,
        Blob.sha256 == claimed.sha256,
        Blob.scan_attempts == claimed.number,
        Blob.scan == "unscanned",
    )
