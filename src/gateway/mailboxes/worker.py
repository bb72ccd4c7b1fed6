"""The worker that polls mailboxes: claim, poll under a lease that is renewed, record."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import structlog

from channels.email.imap_server import DEFAULT_INTERVAL_S, ImapServer
from channels.errors import Failure, FetchFailed
from gateway.configuration import Configuration
from gateway.database.connections import Database
from gateway.delivery.faults import told
from gateway.delivery.outcomes import RetryPolicy
from gateway.ingest.door import Intake
from gateway.mailboxes.bookmarks import LeaseLost
from gateway.mailboxes.poll import Poll
from gateway.mailboxes.records import Claimed, claim, fail, let_go, renew, succeed
from gateway.metrics import Metrics
from gateway.settings import Settings

SLOTS = 16
"""Mailboxes polled at once, each with a thread of its own."""

LEASE = timedelta(seconds=60)
LONGEST_PAUSE_S = 300.0

log = structlog.get_logger(__name__)


class MailboxWorker:
    """Polls what is due, until cancelled. Any number of workers share one database.

    A mailbox is one worker's at a time. Where that dies, another goes on once the lease has ended.
    """

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        intake: Intake,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._intake = intake
        self._polls = metrics.polls
        self._interval_s = settings.poll_interval_s
        self._max_bytes = settings.max_payload_bytes
        self._running = 0

    async def run(self) -> None:
        """Look every poll interval for what is due."""
        threads = ThreadPoolExecutor(SLOTS, thread_name_prefix="imap")
        try:
            async with asyncio.TaskGroup() as polling:
                while True:
                    for claimed in await self._claim():
                        self._running += 1
                        polling.create_task(self._take(claimed, threads))
                    await asyncio.sleep(self._interval_s)
        finally:
            threads.shutdown(wait=False)

    async def _claim(self) -> list[Claimed]:
        polled = [each for each in self._configuration.all_channels() if each.adapter.polled]
        if not polled or self._running >= SLOTS:
            return []
        async with self._database.transaction() as session:
            return await claim(session, polled, SLOTS - self._running, LEASE)

    async def _take(self, claimed: Claimed, threads: ThreadPoolExecutor) -> None:
        """Whatever happens, the lease has it polled again."""
        about = log.bind(channel=str(claimed.channel_id))
        try:
            await self._refresh_and_poll(claimed, threads)
        except asyncio.CancelledError:
            await self._let_go(claimed)
            raise
        except LeaseLost:
            about.warning("mailbox.lease_lost")
        except Exception as error:  # noqa: BLE001 - one mailbox must not end the worker
            about.error("mailbox.unrecorded", **told(error))
        finally:
            self._running -= 1

    async def _refresh_and_poll(self, claimed: Claimed, threads: ThreadPoolExecutor) -> None:
        """Poll by settings that are no older than what made it due."""
        await self._configuration.refresh()
        channel = self._configuration.channel(claimed.workspace_id, claimed.channel_id)
        if channel is None:
            return
        poll = Poll(self._database, self._intake, threads, self._max_bytes, channel, claimed)
        outcome = await self._poll_and_record(poll)
        self._polls.labels(outcome).inc()
        if poll.stored or outcome != "done":
            where = str(claimed.channel_id)
            log.info("mailbox.polled", channel=where, outcome=outcome, stored=poll.stored)

    async def _poll_and_record(self, poll: Poll) -> str:
        interval_s = DEFAULT_INTERVAL_S
        try:
            server = ImapServer.of(poll.channel.config)
            interval_s = server.interval_s
            await self._while_held(poll, server)
        except FetchFailed as error:
            return await self._fail(poll.claimed, error, interval_s)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - admins are to see that it stands still
            _tell(poll, error)
            trouble = FetchFailed(Failure.UNAVAILABLE, f"not stored: {type(error).__name__}")
            return await self._fail(poll.claimed, trouble, interval_s)
        async with self._database.transaction() as session:
            await succeed(session, poll.claimed, timedelta(seconds=interval_s))
        return "done"

    async def _while_held(self, poll: Poll, server: ImapServer) -> None:
        """Poll, renewing the lease meanwhile; raises LeaseLost where another has the mailbox."""
        polling = asyncio.create_task(poll.run(server))
        try:
            while not (await asyncio.wait({polling}, timeout=LEASE.total_seconds() / 3))[0]:
                async with self._database.transaction() as session:
                    if not await renew(session, poll.claimed, LEASE):
                        raise LeaseLost
            polling.result()
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)

    async def _fail(self, claimed: Claimed, error: FetchFailed, interval_s: float) -> str:
        policy = RetryPolicy(max_attempts=0, base_s=interval_s)
        chance = random.random()  # noqa: S311 - jitter
        pause_s = min(policy.backoff_s(claimed.failures + 1, None, chance), LONGEST_PAUSE_S)
        async with self._database.transaction() as session:
            await fail(session, claimed, error, timedelta(seconds=pause_s))
        return str(error.failure)

    async def _let_go(self, claimed: Claimed) -> None:
        with suppress(Exception):
            async with self._database.transaction() as session:
                await let_go(session, claimed)


def _tell(poll: Poll, error: Exception) -> None:
    log.error("mailbox.unexpected", channel=str(poll.claimed.channel_id), **told(error))
