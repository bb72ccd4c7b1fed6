"""The SMTP door: 250 means committed, 451 means come again (RFC 5321)."""

import asyncio
import logging
import ssl
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.addresses import normalise_email
from channels.contract import Payload
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.delivery.faults import told
from gateway.doors.smtp_limits import SmtpLimits
from gateway.doors.smtp_protocol import Refusal, SmtpBounds, SmtpProtocol
from gateway.ingest.door import Intake
from gateway.ingest.submission import Accepted
from gateway.problems import problem_of

log = structlog.get_logger(__name__)

MAX_RECIPIENTS = 100

UNKNOWN_MAILBOX = "550 5.1.1 No such mailbox here"
TOO_MANY = "452 4.5.3 Too many recipients"
COME_AGAIN = "451 4.3.0 Not stored, please try again later"


class _Handler:
    """Answers aiosmtpd's hooks."""

    def __init__(self, intake: Intake, configuration: Configuration, limits: SmtpLimits) -> None:
        self._intake = intake
        self._configuration = configuration
        self._limits = limits

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        peer = str(session.peer[0]) if session.peer else ""
        if refusal := await self._limits.refusal(peer, address):
            log.info("smtp.limited", answer=refusal)
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self._channel(address) is None:
            return UNKNOWN_MAILBOX
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Every mailbox's copy must be stored; those of one workspace meet the same receipt."""
        try:
            stored = [
                await self._receive(channel, envelope) for channel in self._channels(envelope)
            ]
        except Exception as error:
            if problem_of(error) is None:
                log.exception("smtp.failed")
            return COME_AGAIN
        return f"250 2.0.0 Stored as {' '.join(str(_name(accepted)) for accepted in stored)}"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here is ours, and may pass; the error's text is nobody's business."""
        log.error("smtp.unexpected", **told(error))
        return COME_AGAIN

    async def _receive(self, channel: ConfiguredChannel, envelope: Envelope) -> Accepted:
        content = envelope.content or b""
        body = content.encode() if isinstance(content, str) else content
        facts = {"mail_from": envelope.mail_from or "", "rcpt_to": channel.config.address}
        return await self._intake.receive(channel, Payload("message/rfc822", body, facts))

    def _channels(self, envelope: Envelope) -> list[ConfiguredChannel]:
        found = (self._channel(address) for address in envelope.rcpt_tos)
        return list({channel.config.id: channel for channel in found if channel}.values())

    def _channel(self, address: str) -> ConfiguredChannel | None:
        """The mailbox of an address, with or without tags (`support+tag@`)."""
        local, _, domain = normalise_email(address).rpartition("@")
        while local:
            if channel := self._configuration.channel_by_mail_address(f"{local}@{domain}"):
                return channel
            local = local.rpartition("+")[0]
        return None


def _name(accepted: Accepted) -> object:
    return accepted.message_id or accepted.quarantine_id


class SmtpDoor:
    """Listens in the serving process's own loop.

    With `tls`, STARTTLS is offered, and demanded before any mail where `tls_required`. `port` is
    the one bound, also where 0 was asked for.
    """

    def __init__(
        self,
        intake: Intake,
        configuration: Configuration,
        limits: SmtpLimits,
        bounds: SmtpBounds,
        *,
        host: str,
        port: int,
        tls: ssl.SSLContext | None = None,
        tls_required: bool = False,
    ) -> None:
        self._handler = _Handler(intake, configuration, limits)
        self._bounds = bounds
        self._host = host
        self._tls = {"tls_context": tls, "require_starttls": tls_required}
        self.connections: set[SmtpProtocol] = set()
        self.port = port
        self.opened = asyncio.Event()
        logging.getLogger("mail").setLevel(logging.WARNING)  # aiosmtpd logs peers and bodies

    async def run(self) -> None:
        """Serve until cancelled; the connections are then closed, answered or not."""
        server = await asyncio.get_running_loop().create_server(
            self._protocol, self._host, self.port
        )
        self.port = server.sockets[0].getsockname()[1]
        self.opened.set()
        async with server:
            await server.serve_forever()

    def _protocol(self) -> asyncio.Protocol:
        if len(self.connections) >= self._bounds.max_connections:
            return Refusal()
        return SmtpProtocol(
            self._handler,
            self._bounds,
            self.connections,
            enable_SMTPUTF8=True,
            hostname="sportello",
            ident="Sportello",
            loop=asyncio.get_running_loop(),
            **self._tls,
        )
