"""Sending to a real SMTP server (aiosmtpd) on this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.channels.builders import answer, email_channel, parse_mail
from tests.channels.email.test_compose import NOW

from channels.contract import ChannelConfig, Sent
from channels.email.send import SmtpOutbound
from channels.errors import Failure, SendFailed

pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS:UserWarning",
    "ignore:Session.login_data is deprecated:DeprecationWarning",
)

PASSWORD = "a-password-that-nobody-may-see"


@dataclass
class Mailbox:
    """An aiosmtpd handler that answers what it is told to and keeps what it takes."""

    replies: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    taken: list[Envelope] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd names the hooks
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", "250 OK")

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.delay)
        reply = self.replies.get("DATA", "250 2.0.0 queued as 42")
        if reply.startswith("250"):
            self.taken.append(envelope)
        return reply


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
) -> AuthResult:
    return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


Start = Callable[..., Awaitable[int]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start servers on free ports; they close with the test."""
    servers: list[asyncio.Server] = []

    async def started(mailbox: Mailbox, **options: Any) -> int:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(mailbox, hostname="mx.test", **options), "127.0.0.1", 0
        )
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield started
    for server in servers:
        server.close()
        await server.wait_closed()


def channel_at(port: int, **settings: str) -> ChannelConfig:
    defaults = {"smtp_host": "127.0.0.1", "smtp_port": str(port), "smtp_tls": "none"}
    return email_channel(**(defaults | settings))


async def send(channel: ChannelConfig, recipient: str = "ada@example.com") -> Sent:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await SmtpOutbound(timeout=2.0).send(answer(recipient), channel, http)


async def failed(channel: ChannelConfig, recipient: str = "ada@example.com") -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        await send(channel, recipient)
    assert PASSWORD not in f"{caught.value!r} {caught.value} {channel!r}"
    return caught.value


async def test_sent(start: Start) -> None:
    mailbox = Mailbox()
    sent = await send(channel_at(await start(mailbox)))
    assert sent == Sent("answer-1@example.org", "2.0.0 queued as 42")
    (envelope,) = mailbox.taken
    assert envelope.mail_from == "support@example.org"
    assert envelope.rcpt_tos == ["ada@example.com"]
    assert isinstance(envelope.content, bytes)
    message = parse_mail(envelope.content)
    assert message.text == "Good day,\nit is on its way.\n"
    assert message.sent_at is not None
    assert message.sent_at > NOW.replace(year=2025)


async def test_a_retry_keeps_its_identifier(start: Start) -> None:
    mailbox = Mailbox()
    channel = channel_at(await start(mailbox))
    await send(channel)
    await send(channel)
    identifiers = set()
    for envelope in mailbox.taken:
        assert isinstance(envelope.content, bytes)
        email = parse_mail(envelope.content).email
        identifiers.add(email and email.message_id)
    assert identifiers == {"answer-1@example.org"}


@pytest.mark.parametrize(
    ("step", "reply", "failure", "code"),
    [
        ("RCPT", "550 5.1.1 no such user", Failure.BAD_RECIPIENT, "5.1.1"),
        ("RCPT", "550 no such user", Failure.BAD_RECIPIENT, "550"),
        ("RCPT", "551 not here", Failure.BAD_RECIPIENT, "551"),
        ("RCPT", "553 no mailbox of that name", Failure.BAD_RECIPIENT, "553"),
        ("RCPT", "550 5.7.1 relaying denied", Failure.REJECTED, "5.7.1"),
        ("RCPT", "552 5.2.2 mailbox full", Failure.REJECTED, "5.2.2"),
        ("RCPT", "450 4.2.1 try later", Failure.UNAVAILABLE, "4.2.1"),
        ("RCPT", "530 authentication required", Failure.UNAUTHORISED, "530"),
        ("MAIL", "552 too big", Failure.TOO_LARGE, "552"),
        ("MAIL", "550 not you", Failure.REJECTED, "550"),
        ("MAIL", "451 busy", Failure.UNAVAILABLE, "451"),
        ("DATA", "552 5.3.4 message too big", Failure.TOO_LARGE, "5.3.4"),
        ("DATA", "554 5.7.1 looks like spam", Failure.REJECTED, "5.7.1"),
        ("DATA", "550 looks like spam", Failure.REJECTED, "550"),
        ("DATA", "550 5.1.1 no such user", Failure.BAD_RECIPIENT, "5.1.1"),
        ("DATA", "452 disk full", Failure.UNAVAILABLE, "452"),
        ("DATA", "421 closing", Failure.UNAVAILABLE, "421"),
    ],
)
async def test_refusals(start: Start, step: str, reply: str, failure: Failure, code: str) -> None:
    error = await failed(channel_at(await start(Mailbox({step: reply}))))
    assert (error.failure, error.code) == (failure, code)


async def test_too_large_by_the_servers_limit(start: Start) -> None:
    port = await start(Mailbox(), data_size_limit=10)
    assert (await failed(channel_at(port))).failure is Failure.TOO_LARGE


@pytest.mark.parametrize(
    ("password", "failure"), [(PASSWORD, None), ("wrong", Failure.UNAUTHORISED)]
)
async def test_authentication(start: Start, password: str, failure: Failure | None) -> None:
    mailbox = Mailbox()
    port = await start(
        mailbox, authenticator=authenticate, auth_required=True, auth_require_tls=False
    )
    channel = channel_at(port, smtp_username="desk", smtp_password=password)
    if failure is None:
        await send(channel)
        assert len(mailbox.taken) == 1
    else:
        assert (await failed(channel)).failure is failure


async def test_nobody_there_is_unreachable() -> None:
    assert (await failed(channel_at(9))).failure is Failure.UNREACHABLE


async def test_silence_is_unreachable(start: Start) -> None:
    port = await start(Mailbox(delay=3.0))
    error = await failed(channel_at(port))
    assert error.failure is Failure.UNREACHABLE
    assert error.failure.is_temporary


async def test_a_certificate_that_nobody_signed_is_unreachable(
    start: Start, tmp_path: Path
) -> None:
    port = await start(Mailbox(), tls_context=self_signed(tmp_path), require_starttls=True)
    error = await failed(channel_at(port, smtp_tls="starttls"))
    assert error.failure is Failure.UNREACHABLE


async def test_starttls_is_never_given_up(start: Start) -> None:
    mailbox = Mailbox()
    error = await failed(channel_at(await start(mailbox), smtp_tls="starttls"))
    assert error.failure is Failure.UNREACHABLE
    assert "STARTTLS" in error.detail
    assert mailbox.taken == []


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"smtp_host": ""}, "smtp_host"),
        ({"smtp_tls": "maybe"}, "smtp_tls"),
        ({"smtp_port": "70000"}, "smtp_port"),
        ({"smtp_port": "0"}, "smtp_port"),
        ({"smtp_port": "²"}, "smtp_port"),
        ({"smtp_username": "desk"}, "smtp_password"),
    ],
)
async def test_misconfigured(settings: dict[str, str], name: str) -> None:
    error = await failed(channel_at(25, **settings))
    assert (error.failure, error.code) == (Failure.MISCONFIGURED, name)


async def test_bad_recipient_is_not_tried() -> None:
    assert (await failed(channel_at(9), "nobody")).failure is Failure.BAD_RECIPIENT


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=2100))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
