"""How far each folder has been read. Only the holder of the mailbox writes here."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.email.imap import FolderStatus, MailStatus
from gateway.database.schema import MailboxFolder
from gateway.mailboxes.records import Claimed, held

CLOCKS_APART = timedelta(hours=1)
"""Between the mail server and us, at most; mail of that time is rather read than left."""


class LeaseLost(Exception):  # noqa: N818 - says what is the case
    """Another worker polls the mailbox now."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """See `gateway.database.schema.MailboxFolder`."""

    last_uid: int
    reread_to: int
    since: datetime | None

    @property
    def reread_from(self) -> date | None:
        """The day to search from while mail is read again: one early, for servers' time zones."""
        if self.since is None or self.last_uid >= self.reread_to:
            return None
        return (self.since - CLOCKS_APART).date() - timedelta(days=1)

    def is_wanted(self, uid: int, mail: MailStatus) -> bool:
        """Whether a mail is new to us, or one that we may have had before the UIDs changed."""
        if self.since is None or uid > self.reread_to:
            return True
        return mail.arrived_at >= self.since - CLOCKS_APART


async def bookmark(
    session: AsyncSession, claimed: Claimed, folder: str, status: FolderStatus, *, since_now: bool
) -> Bookmark:
    """Return where to go on: at the bookmark, at the end of a new folder, or from the beginning.

    From the beginning where all is wanted, or where the server has numbered its mail anew
    (RFC 3501 section 2.3.1.1): what was stored before meets its receipt.
    """
    key = (claimed.workspace_id, claimed.channel_id, folder)
    row = await session.get(MailboxFolder, key)
    if row is None:
        row = _begun(key, status, since_now=since_now)
        session.add(row)
    elif row.uid_validity != status.uid_validity:
        row.uid_validity = status.uid_validity
        row.last_uid, row.reread_to = 0, status.uid_next - 1
        row.tried_uid, row.tries = None, 0
    return Bookmark(row.last_uid, row.reread_to, row.since)


def _begun(key: tuple[Any, ...], status: FolderStatus, *, since_now: bool) -> MailboxFolder:
    workspace_id, channel_id, name = key
    return MailboxFolder(
        workspace_id=workspace_id,
        channel_id=channel_id,
        name=name,
        uid_validity=status.uid_validity,
        last_uid=status.uid_next - 1 if since_now else 0,
        reread_to=0,
        tries=0,
        since=datetime.now(UTC) if since_now else None,
    )


async def advance(session: AsyncSession, claimed: Claimed, folder: str, uid: int) -> None:
    """Move the bookmark behind a mail that is stored.

    Raises:
        LeaseLost: the mailbox is another's.
    """
    await _write(session, claimed, folder, last_uid=uid)


async def count_try(session: AsyncSession, claimed: Claimed, folder: str, uid: int) -> int:
    """Return how often the mail could not be fetched, this time included; raises LeaseLost."""
    row = await session.get(MailboxFolder, (claimed.workspace_id, claimed.channel_id, folder))
    tries = row.tries + 1 if row is not None and row.tried_uid == uid else 1
    await _write(session, claimed, folder, tried_uid=uid, tries=tries)
    return tries


async def _write(session: AsyncSession, claimed: Claimed, folder: str, **values: Any) -> None:
    statement = (
        update(MailboxFolder)
        .where(*_of(claimed, folder), exists().where(*held(claimed)))
        .values(**values)
        .returning(MailboxFolder.name)
    )
    if await session.scalar(statement) is None:
        raise LeaseLost


def _of(claimed: Claimed, folder: str) -> tuple[ColumnElement[bool], ...]:
    return (
        MailboxFolder.workspace_id == claimed.workspace_id,
        MailboxFolder.channel_id == claimed.channel_id,
        MailboxFolder.name == folder,
    )
