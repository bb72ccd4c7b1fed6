"""The SMTP door: 250 means committed, 451 means come again (RFC 5321)."""

import asyncio
import logging
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.addresses import normalise_email
from channels.contract import Payload
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.ingest.door import Intake
from gateway.ingest.submission import Accepted
from gateway.problems import problem_of

log = structlog.get_logger(__name__)

MAX_LINE = 1024 * 1024  # real mail has longer lines than RFC 5321 allows
MAX_RECIPIENTS = 100
IDLE_S = 120

UNKNOWN_MAILBOX = "550 5.1.1 No such mailbox here"
TOO_MANY = "452 4.5.3 Too many recipients"
COME_AGAIN = "451 4.3.0 Not stored, please try again later"


class _Protocol(SMTP):
    line_length_limit = MAX_LINE


class _Handler:
    """Answers aiosmtpd's hooks."""

    def __init__(self, intake: Intake, configuration: Configuration) -> None:
        self._intake = intake
        self._configuration = configuration

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

    async def _receive(self, channel: ConfiguredChannel, envelope: Envelope) -> Accepted:
        content = envelope.content or b""
        body = content.encode() if isinstance(content, str) else content
        facts = {"mail_from": envelope.mail_from or "", "rcpt_to": channel.config.address}
        return await self._intake.receive(channel, Payload("message/rfc822", body, facts))

    def _channels(self, envelope: Envelope) -> list[ConfiguredChannel]:
        found = (self._channel(address) for address in envelope.rcpt_tos)
        return list({channel.config.id: channel for channel in found if channel}.values())

    def _channel(self, address: str) -> ConfiguredChannel | None:
        """The mailbox of an address, with or without a tag (`support+tag@`)."""
        address = normalise_email(address)
        local, _, domain = address.rpartition("@")
        untagged = f"{local.partition('+')[0]}@{domain}"
        by_address = self._configuration.channel_by_mail_address
        return by_address(address) or by_address(untagged)


def _name(accepted: Accepted) -> object:
    return accepted.message_id or accepted.quarantine_id


class SmtpDoor:
    """Listens in the serving process's own loop.

    `port` is the one bound, also where 0 was asked for.
    """

    def __init__(
        self, intake: Intake, configuration: Configuration, *, host: str, port: int, max_bytes: int
    ) -> None:
        self._handler = _Handler(intake, configuration)
        self._host = host
        self._max_bytes = max_bytes
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

    def _protocol(self) -> SMTP:
        return _Protocol(
            self._handler,
            data_size_limit=self._max_bytes,
            enable_SMTPUTF8=True,
            hostname="sportello",
            ident="Sportello",
            timeout=IDLE_S,
            loop=asyncio.get_running_loop(),
        )
