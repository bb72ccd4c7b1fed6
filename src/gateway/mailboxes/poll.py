"""One poll of one mailbox: folder by folder and mail by mail, fetched, stored, then marked.

A crash after the store and before the mark has the mail fetched again, and it meets its receipt.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from channels.contract import Payload
from channels.email.fetched import UNREADABLE, WHOLE_SIZE
from channels.email.imap import FolderStatus, ImapMailbox, MailStatus
from channels.email.imap_server import ImapServer
from channels.errors import Failure, FetchFailed
from gateway.configuration import ConfiguredChannel
from gateway.database.connections import Database
from gateway.ingest.door import Intake
from gateway.mailboxes.bookmarks import Bookmark, advance, bookmark, count_try
from gateway.mailboxes.records import Claimed

MOST_TRIES = 5
"""A mail that the server does not give up that often is passed over, with a note in quarantine."""

MAIL = "message/rfc822"

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass
class Poll:
    """What a poll works with; `stored` is how many mails it has taken in so far."""

    database: Database
    intake: Intake
    threads: Executor
    max_bytes: int
    channel: ConfiguredChannel
    claimed: Claimed
    stored: int = field(default=0, init=False)
    _troubles: list[FetchFailed] = field(default_factory=list, init=False)
    _is_over: bool = field(default=False, init=False)

    async def run(self, server: ImapServer) -> None:
        """Read all folders to their ends.

        Raises:
            FetchFailed: the first trouble; what it did not concern was read all the same.
            LeaseLost: another worker has the mailbox.
            IngestUnavailable: a mail could not be stored; it is fetched again.
        """
        try:
            mailbox = await self.do(lambda: self._opened(server))
            try:
                for folder in server.folders:
                    await self._read(mailbox, folder, server)
                await self.do(mailbox.log_out)
            finally:
                mailbox.abort()
        finally:
            self._is_over = True
        if self._troubles:
            raise self._troubles[0]

    def _opened(self, server: ImapServer) -> ImapMailbox:
        """Runs in a thread, which nobody may be waiting for any more once it has connected."""
        mailbox = ImapMailbox(server)
        if self._is_over:
            mailbox.abort()
        return mailbox

    async def do(self, step: Callable[[], T]) -> T:
        """Have a thread take a step of the dialogue."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, step)

    async def _read(self, mailbox: ImapMailbox, folder: str, server: ImapServer) -> None:
        """A folder that is missing or refuses must not keep the others from being read."""
        try:
            status = await self.do(lambda: mailbox.select(folder))
            reader = _Folder(self, mailbox, folder, status.uid_validity)
            await reader.read(await self._bookmark(folder, status, since_now=server.since_now))
        except FetchFailed as error:
            self.note(error)

    async def _bookmark(self, folder: str, status: FolderStatus, *, since_now: bool) -> Bookmark:
        async with self.database.transaction() as session:
            return await bookmark(session, self.claimed, folder, status, since_now=since_now)

    def note(self, error: FetchFailed) -> None:
        """Go on in spite of a trouble, unless the connection is gone."""
        if error.failure is Failure.UNREACHABLE:
            raise error
        self._troubles.append(error)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A selected folder, read in the order of its UIDs."""

    poll: Poll
    mailbox: ImapMailbox
    name: str
    uid_validity: int

    async def read(self, mark: Bookmark) -> None:
        found = await self.poll.do(lambda: self.mailbox.uids_after(mark.last_uid))
        wanted = await self._wanted(found, mark)
        for uid in wanted:
            await self._take(uid, mark)
        if found != wanted:
            await self._mark(found[-1])

    async def _wanted(self, uids: list[int], mark: Bookmark) -> list[int]:
        """Leave out what the server knows to be too old, else each would have to be asked for."""
        day = mark.reread_from
        if day is None:
            return uids
        recent = set(await self.poll.do(lambda: self.mailbox.uids_after(mark.last_uid, day)))
        return [uid for uid in uids if uid > mark.reread_to or uid in recent]

    async def _mark(self, uid: int) -> None:
        async with self.poll.database.transaction() as session:
            await advance(session, self.poll.claimed, self.name, uid)

    async def _take(self, uid: int, mark: Bookmark) -> None:
        """Store a mail, move the bookmark behind it, then do with it what the settings say."""
        payload = await self._fetched(uid, mark)
        if payload is not None:
            accepted = await self.poll.intake.receive(self.poll.channel, payload)
            self.poll.stored += not accepted.duplicate
        await self._mark(uid)
        if payload is not None and not {WHOLE_SIZE, UNREADABLE} & payload.envelope.keys():
            await self._put_away(uid)

    async def _put_away(self, uid: int) -> None:
        try:
            await self.poll.do(lambda: self.mailbox.put_away(uid))
        except FetchFailed as error:
            self.poll.note(error)

    async def _fetched(self, uid: int, mark: Bookmark) -> Payload | None:
        """None for a mail that is gone or not wanted; a note after too many tries."""
        try:
            status = await self.poll.do(lambda: self.mailbox.status(uid))
            if status is None or not mark.is_wanted(uid, status):
                return None
            return await self._payload(uid, status)
        except FetchFailed as error:
            async with self.poll.database.transaction() as session:
                tries = await count_try(session, self.poll.claimed, self.name, uid)
            if tries < MOST_TRIES:
                raise
            log.warning("mailbox.mail_passed_over", channel=str(self.poll.claimed.channel_id))
            place = f"{self.name}/{self.uid_validity}/{uid}"
            return self._as_payload(uid, place.encode(), "text/plain", {UNREADABLE: error.detail})

    async def _payload(self, uid: int, status: MailStatus) -> Payload | None:
        most = self.poll.max_bytes
        size = status.size
        if size <= most:
            body = await self.poll.do(lambda: self.mailbox.read(uid, most))
            if body is None or len(body) <= most:
                return None if body is None else self._as_payload(uid, body, MAIL, {})
            size = len(body)
        head = await self.poll.do(lambda: self.mailbox.head(uid))
        if head is None:
            return None
        return self._as_payload(uid, head, MAIL, {WHOLE_SIZE: str(size)})

    def _as_payload(self, uid: int, body: bytes, kind: str, facts: dict[str, str]) -> Payload:
        address = self.poll.channel.config.address
        place = {"rcpt_to": address, "folder": self.name, "uid": str(uid)}
        return Payload(kind, body, {**place, **facts})
