"""Mail out by SMTP submission (RFC 6409), replies read into the closed failure vocabulary."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiosmtplib
import httpx

from channels.addresses import normalise_email
from channels.contract import ChannelConfig, OutboundMessage, Sent
from channels.email.compose import compose
from channels.email.connections import SmtpConnections
from channels.email.signing import DkimKey
from channels.email.status_codes import known_failure
from channels.email.submission import SmtpServer
from channels.errors import Failure, SendFailed
from channels.text import one_line

_STATUS = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_FAILURES = {
    530: Failure.UNAUTHORISED,
    534: Failure.UNAUTHORISED,
    535: Failure.UNAUTHORISED,
    538: Failure.UNAUTHORISED,
    550: Failure.BAD_RECIPIENT,
    551: Failure.BAD_RECIPIENT,
    552: Failure.TOO_LARGE,
    553: Failure.BAD_RECIPIENT,
}


def no_marks(_message: OutboundMessage) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class SmtpOutbound:
    """The outbound half for mail; each step of the dialogue may take `timeout` seconds.

    `marks` gives header fields by which a provider's server knows what to do with a mail.
    """

    timeout: float = 30.0
    marks: Callable[[OutboundMessage], Mapping[str, str]] = no_marks

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["ConnectedSmtp"]:
        """Keep connections from one mail to the next during the block."""
        connections = SmtpConnections(self.timeout)
        connections.open()
        try:
            yield ConnectedSmtp(connections, self.marks)
        finally:
            await connections.close()

    async def send(
        self, message: OutboundMessage, channel: ChannelConfig, http: httpx.AsyncClient
    ) -> Sent:
        """Hand in one mail over a connection of its own, see `ConnectedSmtp.send`."""
        async with self.connected() as outbound:
            return await outbound.send(message, channel, http)


@dataclass(frozen=True, slots=True)
class ConnectedSmtp:
    """The same with connections that are kept."""

    connections: SmtpConnections
    marks: Callable[[OutboundMessage], Mapping[str, str]] = no_marks

    async def send(
        self,
        message: OutboundMessage,
        channel: ChannelConfig,
        http: httpx.AsyncClient,  # noqa: ARG002 - the contract's, for providers over HTTP
    ) -> Sent:
        """Hand one mail to the channel's server, signed if it has a key; `http` is not used.

        The mail keeps its Message-ID over retries, so that receivers recognise a repetition.

        Raises:
            SendFailed: see `channels.errors.Failure`.
        """
        server = SmtpServer.of(channel)
        key = DkimKey.of(channel)
        mail = compose(message, channel, datetime.now(UTC))
        for name, value in self.marks(message).items():
            mail[name] = value
        raw = mail.as_bytes() if key is None else key.sign(mail)
        sender = normalise_email(channel.address)
        recipient = str(mail["To"].addresses[0].addr_spec)
        try:
            async with self.connections.borrowed(channel.id, server) as client:
                _, reply = await client.sendmail(sender, [recipient], raw)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _failed(error) from error
        identifier = message.email.message_id if message.email else None
        return Sent(provider_id=identifier, detail=one_line(reply, 200))


def _failed(error: Exception) -> SendFailed:
    """Return the failure that an error of the dialogue stands for."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return _refused(first)
        case aiosmtplib.SMTPConnectResponseError() | aiosmtplib.SMTPHeloError():
            return SendFailed(
                Failure.UNAVAILABLE, one_line(error.message, 200), code=str(error.code)
            )
        case aiosmtplib.SMTPResponseException():
            return _refused(error)
        case OSError():
            return SendFailed(Failure.UNREACHABLE, one_line(str(error) or repr(error), 200))
        case aiosmtplib.SMTPNotSupported() | ValueError():
            return SendFailed(Failure.MISCONFIGURED, one_line(str(error), 200))
        case _:
            return SendFailed(Failure.UNREACHABLE, one_line(str(error) or repr(error), 200))


def _refused(error: aiosmtplib.SMTPResponseException) -> SendFailed:
    text = one_line(error.message, 200)
    status = _STATUS.search(text)
    code = status[1] if status else str(error.code)
    return SendFailed(_failure(error, status[1] if status else ""), text, code=code)


def _failure(error: aiosmtplib.SMTPResponseException, status: str) -> Failure:
    """Return what a reply means (RFC 5321 section 4.2): by enhanced status, then code and step."""
    if error.code < 500:
        return Failure.UNAVAILABLE
    failure = known_failure(status) or _FAILURES.get(error.code, Failure.REJECTED)
    is_about_recipient = isinstance(error, aiosmtplib.SMTPRecipientRefused) or status
    if failure is Failure.BAD_RECIPIENT and not is_about_recipient:
        return Failure.REJECTED
    return failure
