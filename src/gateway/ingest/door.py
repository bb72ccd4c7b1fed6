"""What every door does with a payload: verify, parse, lighten, submit; quarantine what is unread."""

from datetime import UTC, datetime

from channels.contract import Inbound, Payload, ReceiptKey
from channels.errors import Unparseable
from gateway.configuration import ConfiguredChannel
from gateway.ingest.blobs import BlobStore, sha256
from gateway.ingest.quarantine import Held
from gateway.ingest.submission import Accepted, Submission
from gateway.ingest.writer import IngestWriter

SENDER_IS_THERE = frozenset({"web_form", "chat"})
"""Kinds whose sender sees the error and can mend it; nobody vouches for what they send either."""


class Intake:
    """The one way in. Its answer means: committed."""

    def __init__(self, writer: IngestWriter, blobs: BlobStore) -> None:
        self._writer = writer
        self._blobs = blobs

    async def receive(self, channel: ConfiguredChannel, payload: Payload) -> Accepted:
        """Take a payload in.

        Raises:
            InvalidSignature: it is not the provider's; nothing is stored.
            Unparseable: its sender is there and can mend it; nothing is stored.
            IngestUnavailable: the provider must try again.

        """
        inbound = _inbound(channel)
        inbound.verify(payload, channel.config)
        return await self.process(channel, payload, datetime.now(UTC))

    async def process(
        self, channel: ConfiguredChannel, payload: Payload, received_at: datetime
    ) -> Accepted:
        """`receive` without the signature, for what was verified before (a replay)."""
        try:
            message = _inbound(channel).parse(payload, channel.config)
        except Unparseable as error:
            if channel.config.kind in SENDER_IS_THERE:
                raise
            return await self._hold(channel, payload, received_at, error)
        submission = Submission(channel, payload, message, received_at)
        return await self._writer.submit(await self._blobs.lighten(submission))

    async def _hold(
        self,
        channel: ConfiguredChannel,
        payload: Payload,
        received_at: datetime,
        error: Unparseable,
    ) -> Accepted:
        digest = sha256(payload.body).hex()
        receipt = ReceiptKey("quarantine", f"{channel.config.id}:{digest}")
        return await self._writer.submit(
            Held(channel, payload, receipt, received_at, error.code, error.detail)
        )


def _inbound(channel: ConfiguredChannel) -> Inbound:
    return channel.adapter.inbound
