"""One SMTP connection: aiosmtpd's, with bounds on how long and how much."""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, AnyStr, cast

from aiosmtpd.smtp import SMTP

MAX_LINE = 1024 * 1024  # real mail has longer lines than RFC 5321 allows
LONGEST_S = 3_600.0
DRAINED = 4
"""What comes beyond the size limit is read, to be answered, up to that many times the limit."""

TOO_BUSY = b"421 4.3.2 Too many connections, please try again later\r\n"
TOO_SLOW = b"421 4.4.2 Nothing came for too long, closing\r\n"


class SmtpCertificateError(Exception):
    """The certificate for STARTTLS cannot be used."""


@dataclass(frozen=True, slots=True)
class SmtpBounds:
    """`max_bytes` of one mail; `idle_s` without a byte end a connection."""

    max_bytes: int
    max_connections: int
    idle_s: float


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """The context for STARTTLS (RFC 3207), None without a certificate.

    Raises:
        SmtpCertificateError: a file is missing, is no PEM, or the key is another's.
    """
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        files = " and ".join(str(path) for path in (certificate, key) if path)
        raise SmtpCertificateError(
            f"STARTTLS cannot use {files}: {error}; "
            "set SPORTELLO_SMTP_CERTIFICATE and SPORTELLO_SMTP_CERTIFICATE_KEY"
        ) from None
    return context


class SmtpProtocol(SMTP):
    """A connection that is open as long as it is in `connections`."""

    line_length_limit = MAX_LINE

    def __init__(
        self, handler: Any, bounds: SmtpBounds, connections: set["SmtpProtocol"], **options: Any
    ) -> None:
        super().__init__(
            handler, data_size_limit=bounds.max_bytes, timeout=bounds.idle_s, **options
        )
        self.connections = connections
        self._most_drained = DRAINED * bounds.max_bytes + MAX_LINE
        self._taken = 0
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Also called once more within TLS, where the time goes on."""
        super().connection_made(transport)
        self.connections.add(self)
        if self._end is None:
            self._end = self.loop.call_later(LONGEST_S, self._timeout_cb)

    def connection_lost(self, error: Exception | None) -> None:
        self.connections.discard(self)
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Whoever sends is not idle; who sends without end is cut off."""
        self._reset_timeout()
        self._taken += len(data)
        if self._taken > self._most_drained and self.transport is not None:
            self.transport.close()
            return
        super().data_received(data)

    def _set_post_data_state(self) -> None:
        super()._set_post_data_state()  # type: ignore[no-untyped-call]
        self._taken = 0

    def _timeout_cb(self) -> None:
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).write(TOO_SLOW)
            super()._timeout_cb()  # type: ignore[no-untyped-call]

    async def push(self, status: AnyStr) -> None:
        """Say the limit where aiosmtpd only says that there is one."""
        if str(status).startswith("552 Error"):
            await super().push(f"552 5.3.4 Larger than {self.data_size_limit} bytes, the limit")
        else:
            await super().push(status)


class Refusal(asyncio.Protocol):
    """A connection too many: told so, and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.WriteTransport, transport).write(TOO_BUSY)
        transport.close()
