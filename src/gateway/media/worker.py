"""The worker that fetches files: claim, commit, fetch, store, record."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from channels.contract import Attachment, RemoteFile
from channels.errors import Failure, FetchFailed
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database.connections import Database
from gateway.delivery.announcements import Moved
from gateway.delivery.faults import told
from gateway.delivery.outcomes import RetryPolicy
from gateway.files.blobs import BlobStore
from gateway.media.records import Claimed, attach, claim, put_off
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups

CHANNEL_SLOTS = 4
FETCH_TIMEOUT_S = 120.0
LEASE = timedelta(seconds=FETCH_TIMEOUT_S + 60)

Write = Callable[[AsyncSession, Claimed], Awaitable[bool]]

log = structlog.get_logger(__name__)


class MediaWorker:
    """Fetches what is due, until cancelled. Any number of workers share one database.

    Each channel has slots of its own, so that a provider that hangs delays only its own files. A
    worker that dies leaves its files to the lease.
    """

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        blobs: BlobStore,
        wakeups: Wakeups,
        metrics: Metrics,
        settings: Settings,
        http: httpx.AsyncClient,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._blobs = blobs
        self._wakeups = wakeups
        self._counted = metrics.files
        self._http = http
        self._max_bytes = settings.max_file_bytes
        self._interval_s = settings.poll_interval_s
        self._policy = RetryPolicy(settings.max_attempts, settings.retry_base_s)
        self._busy: Counter[UUID] = Counter()

    async def run(self) -> None:
        """Look every poll interval; a provider's file is nothing that waits for a wake-up."""
        async with asyncio.TaskGroup() as fetching:
            while True:
                async with self._database.transaction() as session:
                    claimed = await claim(
                        session, slots=CHANNEL_SLOTS, busy=self._busy, lease=LEASE
                    )
                for each in claimed:
                    self._busy[each.channel_id] += 1
                    fetching.create_task(self._take(each))
                await asyncio.sleep(self._interval_s)

    async def _take(self, claimed: Claimed) -> None:
        """Whatever happens, the lease has it tried again."""
        about = log.bind(file=str(claimed.file_id), attempt=claimed.number)
        try:
            outcome = await self._fetch_and_record(claimed)
            self._counted.labels(outcome).inc()
            about.info("media.tried", outcome=outcome)
        except Exception as error:  # noqa: BLE001 - one file must not end the worker
            about.error("media.unrecorded", **told(error))
        finally:
            self._busy[claimed.channel_id] -= 1

    async def _fetch_and_record(self, claimed: Claimed) -> str:
        try:
            file = await self._fetch(claimed)
        except FetchFailed as error:
            return await self._put_off(claimed, error)
        await self._blobs.keep(claimed.workspace_id, [file.content])
        await self._record(claimed, lambda session, held: attach(session, held, file))
        return "fetched"

    async def _fetch(self, claimed: Claimed) -> Attachment:
        """Raises nothing but FetchFailed."""
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                return await self._ask(claimed)
        except FetchFailed:
            raise
        except TimeoutError:
            detail = f"not whole after {FETCH_TIMEOUT_S:g} seconds"
            raise FetchFailed(Failure.UNREACHABLE, detail) from None
        except Exception as error:
            raise _unexpected(error, claimed) from error

    async def _ask(self, claimed: Claimed) -> Attachment:
        if claimed.number > self._policy.max_attempts:
            raise FetchFailed(Failure.REJECTED, "given up: no worker survived the last attempt")
        channel = await self._channel(claimed)
        if channel.adapter.media is None:
            raise FetchFailed(Failure.MISCONFIGURED, "this provider keeps no files")
        file = RemoteFile(claimed.url, claimed.content_type, claimed.filename)
        return await channel.adapter.media.fetch(file, channel.config, self._http, self._max_bytes)

    async def _channel(self, claimed: Claimed) -> ConfiguredChannel:
        key = (claimed.workspace_id, claimed.channel_id)
        channel = self._configuration.channel(*key)
        if channel is None:
            await self._configuration.refresh()
            channel = self._configuration.channel(*key)
        if channel is None:
            raise FetchFailed(Failure.MISCONFIGURED, "the channel is archived")
        return channel

    async def _put_off(self, claimed: Claimed, error: FetchFailed) -> str:
        is_last = not error.failure.is_temporary or claimed.number >= self._policy.max_attempts
        wish = error.retry_after
        chance = random.random()  # noqa: S311 - jitter
        pause = timedelta(seconds=self._policy.backoff_s(claimed.number, wish, chance))
        wait = None if is_last else pause
        await self._record(claimed, lambda session, held: put_off(session, held, error, wait))
        return "failed" if is_last else "put_off"

    async def _record(self, claimed: Claimed, write: Write) -> None:
        while True:
            try:
                async with self._database.transaction() as session:
                    is_news = await write(session, claimed)
                break
            except Moved as moved:
                claimed = replace(claimed, conversation_id=moved.into)
        if is_news:
            self._wakeups.notify(Topic.FEED)


def _unexpected(error: Exception, claimed: Claimed) -> FetchFailed:
    """The error's own text may quote the address: only its type and where it arose are told."""
    log.error("media.unexpected", file=str(claimed.file_id), **told(error))
    return FetchFailed(Failure.UNAVAILABLE, f"unexpected {type(error).__name__}")
