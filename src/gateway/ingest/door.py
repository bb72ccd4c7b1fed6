"""What every door does with a payload: verify, parse, lighten, submit or quarantine."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import structlog

from channels.contract import DeliveryReport, Inbound, InboundMessage, Payload, ReceiptKey
from channels.errors import Unparseable
from gateway.attributes.forms import fitted
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database.connections import is_database_away
from gateway.delivery.reports import Reports
from gateway.files.blobs import sha256
from gateway.files.bucket import StoreUnavailable
from gateway.ingest.lightening import Lightener
from gateway.ingest.quarantine import Held
from gateway.ingest.submission import Accepted, IngestUnavailable, Submission
from gateway.ingest.writer import IngestWriter
from gateway.metrics import Metrics

log = structlog.get_logger(__name__)

LARGE = 128 * 1024
"""Payloads of more bytes are parsed in a thread."""

SENDER_IS_THERE = frozenset({"web_form", "chat"})
"""Kinds whose sender sees the error and can mend it; nobody vouches for what they send either."""


class Intake:
    """The one way in. Its answer means: committed."""

    def __init__(
        self,
        writer: IngestWriter,
        configuration: Configuration,
        lightener: Lightener,
        reports: Reports,
        metrics: Metrics,
    ) -> None:
        self._writer = writer
        self._configuration = configuration
        self._lightener = lightener
        self._reports = reports
        self._received = metrics.received

    async def receive(self, channel: ConfiguredChannel, payload: Payload) -> Accepted:
        """Take a payload in.

        Raises:
            InvalidSignature: it is not the provider's; nothing is stored.
            Unparseable: its sender is there and can mend it; nothing is stored.
            IngestUnavailable: the provider must try again.

        """
        kind = channel.config.kind
        try:
            _inbound(channel).verify(payload, channel.config)
            accepted = await self.process(channel, payload, datetime.now(UTC))
        except Exception as error:
            self._received.labels(kind, type(error).__name__).inc()
            raise
        self._received.labels(kind, _outcome(accepted)).inc()
        return accepted

    async def process(
        self,
        channel: ConfiguredChannel,
        payload: Payload,
        received_at: datetime,
        replays: UUID | None = None,
    ) -> Accepted:
        """`receive` without the signature, for what was verified before.

        `replays` is the quarantine entry that the payload comes from; it stays if that fails.
        """
        try:
            message = self._fitted(channel, await _parse(channel, payload))
        except Unparseable as error:
            if channel.config.kind in SENDER_IS_THERE and replays is None:
                raise
            return await self._hold(_unread(channel, payload, received_at, error), replays)
        except Exception as error:
            log.exception("ingest.parser_failed", channel=str(channel.config.id))
            defect = Unparseable(type(error).__name__, "the parser failed")
            return await self._hold(_unread(channel, payload, received_at, defect), replays)
        submission = Submission(channel, payload, message, received_at, replays=replays)
        accepted = await self._writer.submit(await self._light(submission))
        if message.reports:
            await self._report(channel, message.reports)
        return accepted

    def _fitted(self, channel: ConfiguredChannel, message: InboundMessage) -> InboundMessage:
        """Raises InvalidForm where a form's value is none of its attribute's."""
        if channel.config.kind != "web_form":
            return message
        definitions = self._configuration.workspace(channel.workspace_id).attributes
        return fitted(message, definitions) if definitions else message

    async def _light(self, submission: Submission) -> Submission:
        try:
            return await self._lightener.lighten(submission)
        except StoreUnavailable as error:
            raise IngestUnavailable("the store of files is away") from error

    async def _report(
        self, channel: ConfiguredChannel, reports: tuple[DeliveryReport, ...]
    ) -> None:
        """Apply what a bounce says, before its sender hears that it is stored.

        Where that fails with the database, the sender comes again, and so do the reports; whatever
        else goes wrong must not make it, since the message is there.
        """
        try:
            await self._reports.record(channel, reports)
        except IngestUnavailable:
            raise
        except Exception as error:
            if is_database_away(error):
                raise
            log.exception("ingest.reports_failed", channel=str(channel.config.id))

    async def _hold(self, item: Held, replays: UUID | None) -> Accepted:
        return await self._writer.submit(replace(item, replays=replays))


def _unread(
    channel: ConfiguredChannel, payload: Payload, received_at: datetime, error: Unparseable
) -> Held:
    digest = sha256(payload.body).hex()
    receipt = ReceiptKey("quarantine", f"{channel.config.id}:{digest}")
    return Held(channel, payload, receipt, received_at, error.code, error.detail)


async def _parse(channel: ConfiguredChannel, payload: Payload) -> InboundMessage:
    """Off the loop where it may take long enough for others to notice."""
    parse = _inbound(channel).parse
    if len(payload.body) > LARGE:
        return await asyncio.to_thread(parse, payload, channel.config)
    return parse(payload, channel.config)


def _outcome(accepted: Accepted) -> str:
    if accepted.quarantine_id is not None:
        return "quarantined"
    return "duplicate" if accepted.duplicate else "stored"


def _inbound(channel: ConfiguredChannel) -> Inbound:
    return channel.adapter.inbound
