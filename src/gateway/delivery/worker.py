"""The worker that sends deliveries: claim, commit, send, record."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.configuration import Configuration
from gateway.database.connections import Database, is_database_away
from gateway.delivery.announcements import Moved
from gateway.delivery.claims import MOST, Claimed, claim, seconds_until_next
from gateway.delivery.faults import told
from gateway.delivery.opt_outs import note_refusal
from gateway.delivery.outcomes import Outcome, RetryPolicy
from gateway.delivery.pace import paces_of
from gateway.delivery.records import record
from gateway.delivery.sending import Sender
from gateway.files.blobs import BlobStore
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups, wait_for

CHANNEL_SLOTS = 8
RECORDERS = 4

# Seconds.
CLAIM_TIMEOUT = 10.0
LEASE_MARGIN = 40.0  # beyond the longest attempt: a slow claim, and a database that restarts
FIRST_RECORD_PAUSE, LONGEST_RECORD_PAUSE = 0.1, 2.0
GRACE = 5.0  # at shutdown, for sendings under way

log = structlog.get_logger(__name__)


class DeliveryWorker:
    """Sends what is due over every channel but chat, until cancelled.

    Any number of workers share one database. Each channel has slots of its own and is given no
    more deliveries than it has slots free, so a provider that hangs delays only its own channel.
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
        self._wakeups = wakeups
        self._attempts = metrics.attempts
        self._poll_interval_s = settings.poll_interval_s
        self._lease_s = settings.send_timeout_s + LEASE_MARGIN
        policy = RetryPolicy(settings.max_attempts, settings.retry_base_s)
        self._sender = Sender(
            database,
            configuration,
            blobs,
            http,
            policy,
            settings.send_timeout_s,
            settings.public_url,
        )
        self._recorders = asyncio.Semaphore(RECORDERS)
        self._busy: Counter[UUID] = Counter()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Claim and send until cancelled; then let sendings end, and leave the rest to the lease.

        A database that is away is asked again.
        """
        hint = self._wakeups.listen(Topic.DELIVERY)
        try:
            while True:
                await wait_for(hint, await self._start_due(hint))
        finally:
            self._wakeups.forget(Topic.DELIVERY, hint)
            await self._let_end()
            await self._sender.close()

    async def _start_due(self, hint: asyncio.Event) -> float:
        """Start what is due; returns the seconds after which to look again without a hint."""
        try:
            async with asyncio.timeout(CLAIM_TIMEOUT):
                return await self._claim_and_start(hint)
        except Exception as error:
            if not (isinstance(error, SQLAlchemyError) or is_database_away(error)):
                raise
            log.warning("delivery.unclaimed", **told(error))
            return self._poll_interval_s

    async def _claim_and_start(self, hint: asyncio.Event) -> float:
        held_until = asyncio.get_running_loop().time() + self._lease_s
        paces = paces_of(self._configuration.all_channels())
        async with self._database.transaction() as session:
            claimed = await claim(
                session,
                slots=CHANNEL_SLOTS,
                busy=self._busy,
                lease=timedelta(seconds=self._lease_s),
                paces=paces,
            )
            until_next = await seconds_until_next(session, paces)
        for each in claimed:
            self._start(each, held_until, hint)
        if len(claimed) == MOST:
            return 0.0
        return min(self._poll_interval_s, until_next or self._poll_interval_s)

    def _start(self, claimed: Claimed, held_until: float, hint: asyncio.Event) -> None:
        def free(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            self._busy[claimed.channel_id] -= 1
            hint.set()

        self._busy[claimed.channel_id] += 1
        task = asyncio.create_task(self._deliver(claimed, held_until))
        self._running.add(task)
        task.add_done_callback(free)

    async def _deliver(self, claimed: Claimed, held_until: float) -> None:
        about = log.bind(
            delivery=str(claimed.delivery_id),
            channel=str(claimed.channel_id),
            attempt=claimed.number,
        )
        outcome = await self._sender.attempt(claimed)
        self._attempts.labels(outcome.state).inc()
        about.info("delivery.attempted", state=outcome.state, failure=outcome.failure)
        try:
            async with asyncio.timeout_at(held_until):
                await self._record(claimed, outcome)
        except TimeoutError:
            about.error("delivery.unrecorded", state=outcome.state)

    async def _record(self, claimed: Claimed, outcome: Outcome) -> None:
        pause = FIRST_RECORD_PAUSE
        while True:
            try:
                async with self._recorders:
                    is_news = await self._record_once(claimed, outcome)
                break
            except Exception as error:  # noqa: BLE001 - giving up early would send it again
                log.warning("delivery.record_retried", **told(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RECORD_PAUSE)
        if is_news:
            self._wakeups.notify(Topic.FEED)

    async def _record_once(self, claimed: Claimed, outcome: Outcome) -> bool:
        if outcome.unwanted:
            async with self._database.transaction() as session:
                await note_refusal(
                    session, claimed.workspace_id, claimed.channel_id, claimed.recipient
                )
        while True:
            try:
                async with self._database.transaction() as session:
                    return await record(session, claimed, outcome)
            except Moved as moved:
                claimed = replace(claimed, conversation_id=moved.into)

    async def _let_end(self) -> None:
        if not self._running:
            return
        with suppress(asyncio.CancelledError):
            await asyncio.wait(self._running, timeout=GRACE)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
