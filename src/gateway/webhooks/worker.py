"""The worker that calls receivers: claim, commit, call, record."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import structlog

from gateway.access.secret_box import SecretBox
from gateway.crews import Crew
from gateway.database.connections import Database
from gateway.delivery.faults import told
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.wakeups import Topic, Wakeups
from gateway.webhooks.calls import Caller, Unreachable
from gateway.webhooks.claims import MOST, Claimed, claim, seconds_until_next
from gateway.webhooks.outcomes import FORGOTTEN, Outcome, answered, unanswered
from gateway.webhooks.payloads import Happened, body_of, message_id
from gateway.webhooks.records import Reason, record
from gateway.webhooks.signatures import Secrets, signed_headers

WEBHOOK_SLOTS = 8
LEASE_MARGIN_S = 40.0  # beyond the longest call: a slow claim, and a database that restarts

log = structlog.get_logger(__name__)


class WebhookWorker:
    """Delivers what is due to every webhook that is enabled, until cancelled.

    Any number of workers share one database. Each webhook has slots of its own, so that a receiver
    that hangs delays only its own events; one that fails has a single one.
    """

    def __init__(
        self,
        database: Database,
        box: SecretBox,
        caller: Caller,
        wakeups: Wakeups,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._database = database
        self._box = box
        self._caller = caller
        self._wakeups = wakeups
        self._calls = metrics.webhook_calls
        self._disabled = metrics.webhooks_disabled
        self._seconds = metrics.webhook_seconds
        self._lease_s = settings.send_timeout_s + LEASE_MARGIN_S
        hint = wakeups.listen(Topic.WEBHOOK)
        self._crew = Crew("webhook", hint, settings.poll_interval_s)

    async def run(self) -> None:
        await self._crew.run(self._claim_and_start)

    async def _claim_and_start(self) -> float | None:
        held_until = asyncio.get_running_loop().time() + self._lease_s
        async with self._database.transaction() as session:
            lease = timedelta(seconds=self._lease_s)
            claimed = await claim(session, slots=WEBHOOK_SLOTS, busy=self._crew.busy, lease=lease)
            until_next = await seconds_until_next(session)
        for each in claimed:
            self._crew.start(each.webhook_id, self._deliver(each, held_until))
        return 0.0 if len(claimed) == MOST else until_next

    async def _deliver(self, claimed: Claimed, held_until: float) -> None:
        about = log.bind(
            webhook=str(claimed.webhook_id),
            delivery=str(claimed.delivery_id),
            attempt=claimed.number,
        )
        outcome = await self._attempt(claimed)
        self._calls.labels(outcome.trouble or outcome.state).inc()
        about.info("webhook.called", state=outcome.state, status=outcome.status)
        try:
            async with asyncio.timeout_at(held_until):
                await self._record(claimed, outcome)
        except TimeoutError:
            about.error("webhook.unrecorded", state=outcome.state)

    async def _attempt(self, claimed: Claimed) -> Outcome:
        """Whatever happens becomes the outcome; only cancellation passes."""
        chance = random.random()  # noqa: S311 - jitter
        if claimed.happened is None:
            return FORGOTTEN
        try:
            return await self._call(claimed, claimed.happened, chance)
        except Unreachable:
            return unanswered(claimed.tries, chance)
        except Exception as error:  # noqa: BLE001 - one delivery must not end the worker
            _tell(error, claimed)
            return unanswered(claimed.tries, chance)

    async def _call(self, claimed: Claimed, happened: Happened, chance: float) -> Outcome:
        now = datetime.now(UTC)
        secrets = Secrets.opened(self._box.open(claimed.secrets))
        body = body_of(happened, claimed.item)
        headers = signed_headers(
            secrets.valid_at(now, claimed.previous_until),
            message_id(claimed.delivery_id),
            int(now.timestamp()),
            body,
        )
        answer = await self._caller.post(claimed.url, headers, body)
        self._seconds.observe(answer.seconds)
        return answered(answer, claimed.tries, chance)

    async def _record(self, claimed: Claimed, outcome: Outcome) -> None:
        async def once() -> Reason | None:
            async with self._database.transaction() as session:
                return await record(session, claimed, outcome, datetime.now(UTC))

        reason = await self._crew.record(once)
        if reason is not None:
            log.warning("webhook.disabled", webhook=str(claimed.webhook_id), reason=reason)
            self._disabled.labels(reason).inc()
            self._wakeups.notify(Topic.FEED)


def _tell(error: Exception, claimed: Claimed) -> None:
    log.error("webhook.unexpected", webhook=str(claimed.webhook_id), **told(error))
