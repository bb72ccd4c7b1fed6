"""The composition root: everything that a process is made of, wired once, by hand."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import httpx

from gateway.access.callers import Callers
from gateway.access.logins import Logins
from gateway.access.oidc.entry import SingleSignOn
from gateway.access.oidc.terms import terms_of
from gateway.access.secret_box import SecretBox
from gateway.access.sessions import Sessions
from gateway.answers.waits import measure_always
from gateway.assignment.presence import Presences
from gateway.assignment.worker import AssignmentWorker
from gateway.background import Loop, running
from gateway.configuration import Configuration
from gateway.database.connections import Database
from gateway.delivery.reports import Reports
from gateway.delivery.worker import DeliveryWorker
from gateway.doors.form_guard import PURPOSE, FormGuard
from gateway.doors.handshakes import Handshakes
from gateway.doors.provider_urls import ProviderUrls
from gateway.doors.smtp import SmtpDoor
from gateway.doors.smtp_limits import SmtpLimits
from gateway.doors.smtp_protocol import SmtpBounds, tls_context
from gateway.feed.door import FeedDoor
from gateway.feed.hub import Hub
from gateway.feed.token_watch import TokenWatch
from gateway.figures.counting import count_always
from gateway.files.blobs import BlobStore
from gateway.files.bucket import bucket_of
from gateway.files.clamd import Clamd
from gateway.files.links import Links
from gateway.files.scanning import ScanWorker
from gateway.files.stored import Limits
from gateway.housekeeping import keep_house
from gateway.ingest.door import Intake
from gateway.ingest.lightening import Lightener
from gateway.ingest.writer import IngestWriter
from gateway.learning.training import train_always
from gateway.mailboxes.worker import MailboxWorker
from gateway.media.worker import MediaWorker
from gateway.metrics import Metrics
from gateway.reporting.mailing import ReportMailer
from gateway.rulebook.backtests import Backtests
from gateway.search.indexing import Indexer
from gateway.settings import Settings
from gateway.signals import Signals
from gateway.sla.worker import ClockWorker
from gateway.surveys.inviting import Inviter
from gateway.surveys.links import SurveyLinks
from gateway.tags.moving import move_always
from gateway.wakeups import Wakeups
from gateway.webhooks.calls import Caller
from gateway.webhooks.fan_out import FanOut
from gateway.webhooks.networks import Reach
from gateway.webhooks.worker import WebhookWorker


class Gateway:
    """One process's parts. Nothing runs before `serving` or `working` is entered."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        box: SecretBox,
        urls: ProviderUrls | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.box = box
        self.metrics = Metrics()
        self.wakeups = Wakeups(database)
        self.configuration = Configuration(database, box, self.wakeups, settings.poll_interval_s)
        self.backtests = Backtests(database)
        is_secure = (settings.public_url or "").startswith("https:")
        self.sessions = Sessions(box, is_secure=is_secure)
        self.callers = Callers(database, self.sessions)
        self.logins = Logins(database, box)
        terms = terms_of(settings)
        self.single_sign_on = SingleSignOn(terms, database, box) if terms else None
        self.writer = IngestWriter(
            database,
            self.configuration,
            self.wakeups,
            self.metrics,
            max_messages=settings.ingest_queue_messages,
            max_bytes=settings.ingest_queue_bytes,
        )
        self.blobs = BlobStore(database, bucket_of(settings))
        self.links = Links(box, settings.public_url)
        self.survey_links = SurveyLinks(box)
        limits = Limits(settings.max_file_bytes, settings.max_files_bytes)
        self.lightener = Lightener(self.blobs, limits, settings.inline_payload_bytes)
        self.reports = Reports(database, self.wakeups, self.metrics)
        self.intake = Intake(
            self.writer, self.configuration, self.lightener, self.reports, self.metrics
        )
        self.handshakes = Handshakes(urls or ProviderUrls())
        self.hub = Hub(database, self.wakeups, settings.poll_interval_s)
        self.signals = Signals(self.wakeups, self.hub)
        self.presences = Presences(database, self.wakeups)
        self.tokens = TokenWatch(database, self.wakeups)
        self.feed = FeedDoor(database, self.hub, self.signals, self.presences, self.tokens)
        self.form_guard = FormGuard(box.derived(PURPOSE), settings.proxies)
        self.smtp = SmtpDoor(
            self.intake,
            self.configuration,
            SmtpLimits(settings.smtp_peer_limit, settings.smtp_sender_limit),
            SmtpBounds(
                settings.max_payload_bytes, settings.smtp_max_connections, settings.smtp_timeout_s
            ),
            host=settings.host,
            port=settings.smtp_port,
            tls=tls_context(settings.smtp_certificate, settings.smtp_certificate_key),
            tls_required=settings.smtp_tls_required,
        )
        reach = Reach.parse(settings.webhook_networks or "")
        self.webhook_caller = Caller(reach, settings.send_timeout_s)
        self.metrics.gauge(
            "ingest_waiting", "Messages waiting for the writer", lambda: self.writer.depth
        )
        self.metrics.gauge("feed_connections", "Open feed sockets", lambda: len(self.feed))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Doors, ingest and feed during the block; deliveries too if the settings say so."""
        loops: dict[str, Loop] = {
            "writer": self.writer.run,
            "hub": self.hub.run,
            "signals": self.signals.run,
            "presences": self.presences.run,
            "tokens": self.tokens.run,
        }
        if self.settings.smtp_enabled:
            loops["smtp"] = self.smtp.run
        works = self.settings.worker
        async with self._running(
            loops, works=self.settings.is_embedded if works is None else works
        ):
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliveries, mailboxes and chores during the block."""
        async with self._running({"writer": self.writer.run}, works=True):
            yield

    @asynccontextmanager
    async def _running(self, loops: dict[str, Loop], *, works: bool) -> AsyncIterator[None]:
        await self.configuration.refresh()
        shared = {"wakeups": self.wakeups.run, "configuration": self.configuration.run}
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.webhook_caller.close)
            if works:
                http = await stack.enter_async_context(_http())
                loops |= self._work(http)
            await stack.enter_async_context(running(shared | loops))
            yield

    def _work(self, http: httpx.AsyncClient) -> dict[str, Loop]:
        deliveries = DeliveryWorker(
            self.database,
            self.configuration,
            self.blobs,
            self.wakeups,
            self.metrics,
            self.settings,
            http,
        )
        media = MediaWorker(
            self.database,
            self.configuration,
            self.blobs,
            self.wakeups,
            self.metrics,
            self.settings,
            http,
        )
        mailboxes = MailboxWorker(
            self.database, self.configuration, self.intake, self.metrics, self.settings
        )
        webhooks = WebhookWorker(
            self.database,
            self.box,
            self.webhook_caller,
            self.wakeups,
            self.metrics,
            self.settings,
        )
        clocks = ClockWorker(
            self.database, self.configuration, self.wakeups, self.settings.poll_interval_s
        )
        loops: dict[str, Loop] = {
            "worker": deliveries.run,
            "webhook_log": FanOut(self.database, self.wakeups, self.settings).run,
            "webhooks": webhooks.run,
            "assignment": AssignmentWorker(self.database, self.wakeups).run,
            "mailboxes": mailboxes.run,
            "media": media.run,
            "clocks": clocks.run,
            "chores": partial(keep_house, self.database, self.blobs),
            "tags": partial(move_always, self.database, self.wakeups),
            "waits": partial(measure_always, self.database),
            "learning": partial(train_always, self.database),
            "reports": ReportMailer(
                self.database, self.configuration, http, self.settings.public_url
            ).run,
            "figures": partial(count_always, self.database),
            "search": Indexer(self.database, self.wakeups, self.settings.poll_interval_s).run,
        }
        if self.settings.public_url is not None:
            loops["surveys"] = self._inviter(self.settings.public_url).run
        if self.settings.clamd is not None:
            loops["scans"] = self._scanner(self.settings.clamd).run
        return loops

    def _inviter(self, public_url: str) -> Inviter:
        return Inviter(self.database, self.configuration, self.wakeups, public_url)

    def _scanner(self, address: str) -> ScanWorker:
        return ScanWorker(
            self.database,
            self.blobs,
            Clamd(address),
            self.wakeups,
            self.metrics,
            self.settings,
        )


def _http() -> httpx.AsyncClient:
    """Unlimited: the worker's slots bound it; a shared bound would make channels wait in line."""
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=None))
