"""What some providers want before and beside the posting of messages."""

from dataclasses import replace

import structlog

from channels.contract import Inbound, Payload, StatusInbound
from gateway.configuration import ConfiguredChannel
from gateway.doors.provider_urls import ProviderUrls

log = structlog.get_logger(__name__)


class Handshakes:
    """Does what adapters with a `handshake` ask for; all others pass untouched."""

    def __init__(self, urls: ProviderUrls) -> None:
        self._urls = urls

    async def prepared(self, channel: ConfiguredChannel, payload: Payload) -> Payload:
        """Return the payload with the certificate by which it is verified.

        Raises:
            InvalidSignature: it names one that is not the provider's.
            IngestUnavailable: the certificate cannot be had now.
        """
        handshake = channel.adapter.handshake
        if handshake is None:
            return payload
        url = handshake.certificate_url(payload, channel.config)
        certificate = await self._urls.certificate(url)
        return replace(payload, proof={**payload.proof, "certificate": certificate})

    async def settled(
        self, channel: ConfiguredChannel, half: Inbound | StatusInbound, payload: Payload
    ) -> bool:
        """Tell whether a prepared payload was a notice, and nothing is left to be done with it.

        Raises:
            InvalidSignature: it is not the provider's.
            IngestUnavailable: the provider does not hear our answer now.
        """
        handshake = channel.adapter.handshake
        if handshake is None:
            return False
        half.verify(payload, channel.config)
        notice = handshake.notice(payload, channel.config)
        if notice is None:
            return False
        if notice.visit is not None:
            await self._urls.visit(notice.visit)
        log.info("webhook.notice", channel=str(channel.config.id), what=notice.what)
        return True
