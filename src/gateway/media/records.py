"""The files that are still to be fetched: claimed, and what became of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import Attachment as Fetched
from channels.errors import FetchFailed
from channels.text import one_line
from gateway.database.schema import Attachment, Conversation, Message, RemoteFile
from gateway.delivery.announcements import Moved, lock_conversation
from gateway.delivery.outcomes import DETAIL_LENGTH
from gateway.feed.log import EventType, append_in, in_place
from gateway.files.stored import described
from gateway.ids import new_id

CLAIM = text("""
WITH due AS (
    SELECT head.workspace_id, head.id
      FROM channel c
      LEFT JOIN unnest(CAST(:busy_channels AS uuid[]), CAST(:busy_slots AS int[]))
             AS busy (channel_id, fetching) ON busy.channel_id = c.id
     CROSS JOIN LATERAL (
        SELECT f.workspace_id, f.id
          FROM remote_file f
         WHERE f.workspace_id = c.workspace_id AND f.channel_id = c.id
           AND f.state = 'waiting' AND f.due_at <= now()
         ORDER BY f.due_at
         LIMIT greatest(:slots - coalesce(busy.fetching, 0), 0)
           FOR UPDATE OF f SKIP LOCKED
     ) head
), claimed AS (
    UPDATE remote_file f
       SET attempts = f.attempts + 1, due_at = now() + :lease
      FROM due
     WHERE f.workspace_id = due.workspace_id AND f.id = due.id
 RETURNING f.workspace_id, f.id, f.channel_id, f.message_id, f.attempts, f.url, f.content_type,
           f.filename
)
SELECT claimed.workspace_id, claimed.id AS file_id, claimed.channel_id, claimed.message_id,
       m.conversation_id, claimed.attempts AS number, claimed.url, claimed.content_type,
       claimed.filename
  FROM claimed
  JOIN message m ON m.workspace_id = claimed.workspace_id AND m.id = claimed.message_id
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file in this worker's hands until its lease ends; `number` is the attempt's."""

    workspace_id: int
    file_id: UUID
    channel_id: UUID
    message_id: UUID
    conversation_id: UUID
    number: int
    url: str = field(repr=False)
    content_type: str
    filename: str | None = field(repr=False)


async def claim(
    session: AsyncSession, *, slots: int, busy: Mapping[UUID, int], lease: timedelta
) -> list[Claimed]:
    """Take what is due: `slots` less `busy` per channel. A lease is a later due time."""
    values = {
        "slots": slots,
        "busy_channels": list(busy),
        "busy_slots": list(busy.values()),
        "lease": lease,
    }
    return [Claimed(**row) for row in (await session.execute(CLAIM, values)).mappings()]


async def attach(session: AsyncSession, claimed: Claimed, file: Fetched) -> bool:
    """Give the message its file, whose bytes are stored already; whether there was news to tell.

    Nothing happens where the message was emptied, or another worker has the file since.

    Raises:
        Moved: another conversation has the message now; roll back and begin again.
    """
    conversation = await _lock_home(session, claimed)
    taken = delete(RemoteFile).where(*_held(claimed)).returning(RemoteFile.id)
    if conversation is None or await session.scalar(taken) is None:
        return False
    session.add(
        Attachment(
            workspace_id=claimed.workspace_id,
            id=new_id(),
            message_id=claimed.message_id,
            **asdict(described(file)),
        )
    )
    await _tell(session, conversation, claimed)
    return True


async def put_off(
    session: AsyncSession, claimed: Claimed, error: FetchFailed, pause: timedelta | None
) -> bool:
    """Try again after `pause`, or give the file up; whether there was news to tell.

    Raises:
        Moved: another conversation has the message now; roll back and begin again.
    """
    conversation = await _lock_home(session, claimed)
    values = {
        "state": "failed" if pause is None else "waiting",
        "failure": error.failure,
        "detail": one_line(error.detail, DETAIL_LENGTH),
    }
    statement = update(RemoteFile).where(*_held(claimed)).values(values)
    if pause is not None:
        statement = statement.values(due_at=func.clock_timestamp() + pause)
    moved = await session.scalar(statement.returning(RemoteFile.id))
    if conversation is None or moved is None or pause is not None:
        return False
    await _tell(session, conversation, claimed)
    return True


async def _lock_home(session: AsyncSession, claimed: Claimed) -> Conversation | None:
    conversation = await lock_conversation(session, claimed.workspace_id, claimed.conversation_id)
    statement = select(Message.conversation_id).where(
        Message.workspace_id == claimed.workspace_id, Message.id == claimed.message_id
    )
    home = await session.scalar(statement)
    if home is not None and home != claimed.conversation_id:
        raise Moved(home)
    return conversation


def _held(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    return (
        RemoteFile.workspace_id == claimed.workspace_id,
        RemoteFile.id == claimed.file_id,
        RemoteFile.attempts == claimed.number,
        RemoteFile.state == "waiting",
    )


async def _tell(session: AsyncSession, conversation: Conversation, claimed: Claimed) -> None:
    conversation.version += 1
    data = {"conversation": {}, "message": {"id": claimed.message_id}}
    happening = in_place(conversation, EventType.CHANGED, data, version=conversation.version)
    await append_in(session, happening)
