"""The worker that has files scanned: claim, commit, scan, record."""

import asyncio
import random
from datetime import timedelta

import structlog

from gateway.database.connections import Database
from gateway.delivery.faults import told
from gateway.delivery.outcomes import RetryPolicy
from gateway.files.blobs import BlobStore
from gateway.files.clamd import SCAN_TIMEOUT_S, Clamd, ScannerAway
from gateway.files.scans import Claimed, claim, put_off, settle
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups

AT_ONCE = 4
LEASE = timedelta(seconds=SCAN_TIMEOUT_S + 60)
LONGEST = timedelta(minutes=5)

log = structlog.get_logger(__name__)


class ScanWorker:
    """Has scanned what is due, until cancelled. Any number of workers share one database.

    A scanner that is away is asked again and again; a file that it stumbles over is given up after
    as many attempts as a delivery.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        clamd: Clamd,
        wakeups: Wakeups,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clamd = clamd
        self._wakeups = wakeups
        self._counted = metrics.scans
        self._interval_s = settings.poll_interval_s
        self._policy = RetryPolicy(settings.max_attempts, settings.retry_base_s)

    async def run(self) -> None:
        """Look every poll interval, and at once where there was much to do."""
        while True:
            async with self._database.transaction() as session:
                claimed = await claim(session, number=AT_ONCE, lease=LEASE)
            outcomes = await asyncio.gather(*map(self._take, claimed))
            if len(claimed) < AT_ONCE or "away" in outcomes:
                await asyncio.sleep(self._interval_s)

    async def _take(self, claimed: Claimed) -> str:
        """Whatever happens, the lease has it tried again."""
        about = log.bind(attempt=claimed.number)
        try:
            outcome = await self._scan_and_record(claimed)
        except Exception as error:  # noqa: BLE001 - one file must not end the worker
            about.error("scan.unrecorded", **told(error))
            outcome = "away"
        self._counted.labels(outcome).inc()
        return outcome

    async def _scan_and_record(self, claimed: Claimed) -> str:
        content = await self._blobs.read(claimed.workspace_id, claimed.sha256)
        try:
            verdict = await self._clamd.scan(content)
        except ScannerAway as error:
            log.warning("scan.scanner_away", reason=str(error))
            await self._put_off(claimed)
            return "away"
        if verdict.state == "error" and claimed.number < self._policy.max_attempts:
            log.warning("scan.scanner_failed", reason=verdict.detail)
            await self._put_off(claimed)
            return "put_off"
        state = "failed" if verdict.state == "error" else verdict.state
        async with self._database.transaction() as session:
            is_news = await settle(session, claimed, state, verdict.detail)
        if is_news:
            self._wakeups.notify(Topic.FEED)
        return state

    async def _put_off(self, claimed: Claimed) -> None:
        chance = random.random()  # noqa: S311 - jitter
        pause = min(
            timedelta(seconds=self._policy.backoff_s(claimed.number, None, chance)), LONGEST
        )
        async with self._database.transaction() as session:
            await put_off(session, claimed, pause)
