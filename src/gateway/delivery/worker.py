"""The worker that sends deliveries: claim, commit, send, record."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import structlog

from gateway.configuration import Configuration
from gateway.crews import Crew
from gateway.database.connections import Database
from gateway.delivery.announcements import Moved
from gateway.delivery.claims import MOST, Claimed, claim, seconds_until_next
from gateway.delivery.opt_outs import note_refusal
from gateway.delivery.outcomes import Outcome, RetryPolicy
from gateway.delivery.pace import paces_of
from gateway.delivery.records import record
from gateway.delivery.sending import Sender
from gateway.files.blobs import BlobStore
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups

CHANNEL_SLOTS = 8

LEASE_MARGIN_S = 40.0  # beyond the longest attempt: a slow claim, and a database that restarts

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
        self._lease_s = settings.send_timeout_s + LEASE_MARGIN_S
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
        hint = wakeups.listen(Topic.DELIVERY)
        self._crew = Crew("delivery", hint, settings.poll_interval_s)

    async def run(self) -> None:
        """Claim and send until cancelled; then let sendings end, and leave the rest to the lease.

        A database that is away is asked again.
        """
        try:
            await self._crew.run(self._claim_and_start)
        finally:
            await self._sender.close()

    async def _claim_and_start(self) -> float | None:
        held_until = asyncio.get_running_loop().time() + self._lease_s
        paces = paces_of(self._configuration.all_channels())
        async with self._database.transaction() as session:
            claimed = await claim(
                session,
                slots=CHANNEL_SLOTS,
                busy=self._crew.busy,
                lease=timedelta(seconds=self._lease_s),
                paces=paces,
            )
            until_next = await seconds_until_next(session, paces)
        for each in claimed:
            self._crew.start(each.channel_id, self._deliver(each, held_until))
        if len(claimed) == MOST:
            return 0.0
        return until_next

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
        if await self._crew.record(lambda: self._record_once(claimed, outcome)):
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
