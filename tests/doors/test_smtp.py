"""The SMTP door towards strangers: encryption, limits, and who stays too long."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
import uvloop
from pydantic import ValidationError
from tests.certificates import Certificate, make_certificate
from tests.delivery.office import until
from tests.house import House, make_mail, serving

from gateway.access.secret_box import SecretBox, new_key
from gateway.composition import Gateway
from gateway.database.connections import Database
from gateway.doors.smtp_protocol import SmtpCertificateError, tls_context
from gateway.settings import Settings


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


def trusting(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate.certificate))


def starttls(certificate: Certificate, **settings: Any) -> dict[str, Any]:
    files = {
        "smtp_certificate": certificate.certificate,
        "smtp_certificate_key": certificate.key,
    }
    return {**files, **settings}


@asynccontextmanager
async def client(house: House, **options: Any) -> AsyncIterator[aiosmtplib.SMTP]:
    told = {"start_tls": False, **options}
    server = aiosmtplib.SMTP(hostname="127.0.0.1", port=house.smtp_port, timeout=10, **told)
    async with server:
        yield server


async def hand_in(server: aiosmtplib.SMTP, house: House, sender: str = "ann@example.com") -> str:
    mail = make_mail().as_bytes()
    return (await server.sendmail(sender, [house.team.mailbox], mail))[1]


async def refused(server: aiosmtplib.SMTP, house: House, sender: str) -> tuple[int, str]:
    with pytest.raises(aiosmtplib.SMTPResponseException) as raised:
        await hand_in(server, house, sender)
    return raised.value.code, raised.value.message


async def test_starttls_is_offered(dsn: str, certificate: Certificate) -> None:
    async with serving(dsn, **starttls(certificate)) as house:
        async with client(house) as plain:
            await plain.ehlo()
            assert plain.supports_extension("starttls")
            assert "Stored" in await hand_in(plain, house)
        async with client(house, start_tls=True, tls_context=trusting(certificate)) as encrypted:
            await encrypted.ehlo()
            assert not encrypted.supports_extension("starttls")
            assert "Stored" in await hand_in(encrypted, house)
            assert encrypted.get_transport_info("cipher") is not None
        assert await house.count("message") == 2


async def test_starttls_is_demanded(dsn: str, certificate: Certificate) -> None:
    async with serving(dsn, **starttls(certificate, smtp_tls_required=True)) as house:
        async with client(house) as plain:
            code, _ = await refused(plain, house, "ann@example.com")
            assert code == 530
        async with client(house, start_tls=True, tls_context=trusting(certificate)) as encrypted:
            assert "Stored" in await hand_in(encrypted, house)


def test_starttls_in_the_loop_that_serves(certificate: Certificate) -> None:
    """The command line runs on uvloop, whose transports are its own."""

    async def talk() -> None:
        database = Database("postgresql://nobody@127.0.0.1:1/none")
        settings = Settings(_env_file=None, smtp_port=0, **starttls(certificate))
        door = Gateway(settings, database, SecretBox(new_key())).smtp
        running = asyncio.create_task(door.run())
        await door.opened.wait()
        server = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=door.port,
            start_tls=True,
            tls_context=trusting(certificate),
            timeout=10,
        )
        async with server:
            assert (await server.noop()).code == 250
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()

    uvloop.run(talk())


def test_a_certificate_that_cannot_be_used(certificate: Certificate, tmp_path: Path) -> None:
    assert tls_context(None, None) is None
    other = tmp_path / "other"
    other.mkdir()
    for files in (
        (tmp_path / "missing.pem", None),
        (certificate.certificate, None),
        (certificate.certificate, make_certificate(other).key),
    ):
        with pytest.raises(SmtpCertificateError, match="SPORTELLO_SMTP_CERTIFICATE"):
            tls_context(*files)


def test_tls_cannot_be_demanded_without_a_certificate() -> None:
    with pytest.raises(ValidationError, match="SPORTELLO_SMTP_CERTIFICATE") as raised:
        Settings(_env_file=None, smtp_tls_required=True)
    assert raised.value.errors()[0]["loc"] == ("smtp_tls_required",)


@pytest.mark.parametrize("announced", [True, False])
async def test_the_size_limit_is_announced_and_kept(dsn: str, *, announced: bool) -> None:
    async with serving(dsn, max_payload_bytes=10_000) as house, client(house) as server:
        await server.ehlo()
        assert server.esmtp_extensions["size"] == "10000"
        mail = make_mail("y" * 15_000).as_bytes()
        options = [f"size={len(mail)}"] if announced else []

        async def dialogue() -> None:
            await server.mail("ann@example.com", options=options)
            await server.rcpt(house.team.mailbox)
            await server.data(mail)

        with pytest.raises(aiosmtplib.SMTPResponseException) as raised:
            await dialogue()
        assert (raised.value.code, "10000" in raised.value.message) == (552, True)
        await server.rset()
        assert "Stored" in await hand_in(server, house)


async def test_mail_without_end_is_cut_off(dsn: str) -> None:
    async with serving(dsn, max_payload_bytes=10_000) as house, client(house) as server:
        await server.mail("ann@example.com")
        await server.rcpt(house.team.mailbox)
        with pytest.raises((aiosmtplib.SMTPServerDisconnected, ConnectionError)):
            await server.data(b"y" * 3_000_000)


async def test_a_sender_is_limited(dsn: str) -> None:
    async with serving(dsn, smtp_sender_limit=2) as house, client(house) as server:
        for sender in ("ann@example.com", "Ann@Example.com"):
            await hand_in(server, house, sender)
        code, words = await refused(server, house, "ann@example.com")
        assert (code, "sender" in words) == (450, True)
        assert "Stored" in await hand_in(server, house, "bob@example.com")
        for _ in range(3):
            assert "Stored" in await hand_in(server, house, "")


async def test_a_peer_is_limited(dsn: str) -> None:
    async with serving(dsn, smtp_peer_limit=2) as house:
        async with client(house) as server:
            await hand_in(server, house, "ann@example.com")
            await hand_in(server, house, "")
        async with client(house) as server:
            code, words = await refused(server, house, "bob@example.com")
            assert (code, "your address" in words) == (450, True)


async def test_connections_too_many(dsn: str) -> None:
    async with serving(dsn, smtp_max_connections=2) as house:

        async def is_let_in() -> bool:
            try:
                async with client(house) as server:
                    return "Stored" in await hand_in(server, house)
            except aiosmtplib.SMTPConnectResponseError:
                return False

        async with client(house), client(house):
            with pytest.raises(aiosmtplib.SMTPConnectResponseError) as raised:
                async with client(house):
                    pass
            assert raised.value.code == 421
        await until(is_let_in)


async def test_connections_within_tls_are_given_back(dsn: str, certificate: Certificate) -> None:
    async with serving(dsn, **starttls(certificate, smtp_max_connections=1)) as house:

        async def nobody_is_connected() -> bool:
            return not house.gateway.smtp.connections

        for _ in range(3):
            async with client(house, start_tls=True, tls_context=trusting(certificate)) as server:
                await server.noop()
            await until(nobody_is_connected)


async def test_silence_ends_a_connection(dsn: str) -> None:
    async with serving(dsn, smtp_timeout_s=0.2) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.smtp_port)
        async with asyncio.timeout(10):
            said = await reader.read()
        assert said.splitlines()[-1].startswith(b"421 4.4.2")
        writer.close()
        await writer.wait_closed()


async def test_who_sends_slowly_is_not_silent(dsn: str) -> None:
    async with serving(dsn, smtp_timeout_s=0.5) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.smtp_port)
        for line in (b"EHLO me", b"MAIL FROM:<ann@example.com>", b"DATA"):
            if line == b"DATA":
                writer.write(f"RCPT TO:<{house.team.mailbox}>\r\n".encode())
            writer.write(line + b"\r\n")
        for letter in make_mail("Hi").as_bytes()[:10]:
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.15)
        writer.write(b"\r\n\r\nHi\r\n.\r\nQUIT\r\n")
        async with asyncio.timeout(10):
            said = await reader.read()
        assert b"250 2.0.0 Stored" in said
        writer.close()
        await writer.wait_closed()
