"""Mail out by SMTP submission (RFC 6409), replies read into the closed failure vocabulary."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast

import aiosmtplib
import httpx

from channels.addresses import normalise_email
from channels.contract import ChannelConfig, OutboundMessage, Sent
from channels.email.compose import compose
from channels.email.status_codes import known_failure
from channels.errors import Failure, SendFailed
from channels.text import one_line

QUIT_TIMEOUT = 5.0
"""Seconds that a server may take to say goodbye, after it took the mail."""

Tls = Literal["none", "starttls", "tls"]

_PORTS: dict[str, int] = {"none": 25, "starttls": 587, "tls": 465}
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


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in: settings `smtp_host`, `smtp_port`, `smtp_tls`, `smtp_username`."""

    host: str
    port: int
    tls: Tls
    username: str | None
    password: str | None = field(repr=False)

    @classmethod
    def of(cls, channel: ChannelConfig) -> "SmtpServer":
        """Read a channel's settings. `smtp_tls` is `starttls` unless told, the port goes with it.

        Raises:
            SendFailed: MISCONFIGURED, saying which setting.
        """
        settings = channel.settings
        tls = settings.get("smtp_tls") or "starttls"
        if tls not in _PORTS:
            raise _misconfigured("smtp_tls", "must be none, starttls or tls")
        if not settings.get("smtp_host"):
            raise _misconfigured("smtp_host", "is not set")
        port = settings.get("smtp_port") or str(_PORTS[tls])
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
            raise _misconfigured("smtp_port", "must be a number from 1 to 65535")
        username = settings.get("smtp_username") or None
        password = channel.secrets.get("smtp_password") or None
        if username and password is None:
            raise _misconfigured("smtp_password", "is not set, though smtp_username is")
        return cls(settings["smtp_host"], int(port), cast(Tls, tls), username, password)


def no_marks(_message: OutboundMessage) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class SmtpOutbound:
    """The outbound half for mail; each step of the dialogue may take `timeout` seconds.

    `marks` gives header fields by which a provider's server knows what to do with a mail.
    """

    timeout: float = 30.0
    marks: Callable[[OutboundMessage], Mapping[str, str]] = no_marks

    async def send(
        self,
        message: OutboundMessage,
        channel: ChannelConfig,
        http: httpx.AsyncClient,  # noqa: ARG002 - the contract's, for providers over HTTP
    ) -> Sent:
        """Hand one mail to the channel's server; `http` is not used.

        The mail keeps its Message-ID over retries, so that receivers recognise a repetition.

        Raises:
            SendFailed: see `channels.errors.Failure`.
        """
        server = SmtpServer.of(channel)
        mail = compose(message, channel, datetime.now(UTC))
        for name, value in self.marks(message).items():
            mail[name] = value
        sender = normalise_email(channel.address)
        recipient = str(mail["To"].addresses[0].addr_spec)
        reply = await self._submit(server, sender, recipient, mail.as_bytes())
        identifier = message.email.message_id if message.email else None
        return Sent(provider_id=identifier, detail=one_line(reply, 200))

    async def _submit(self, server: SmtpServer, sender: str, recipient: str, mail: bytes) -> str:
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            username=server.username,
            password=server.password,
            local_hostname=sender.rpartition("@")[2],
            timeout=self.timeout,
        )
        try:
            await client.connect()
            _, reply = await client.sendmail(sender, [recipient], mail)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _failed(error) from error
        else:
            with suppress(aiosmtplib.SMTPException):
                await client.quit(timeout=QUIT_TIMEOUT)
        finally:
            client.close()
        return reply


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


def _misconfigured(name: str, what: str) -> SendFailed:
    return SendFailed(Failure.MISCONFIGURED, f"{name} {what}", code=name)
