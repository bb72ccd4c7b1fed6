"""Connections to mail servers, kept open between mails: a TLS handshake and a login cost more."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import aiosmtplib

from channels.email.submission import SmtpServer

MAX_IDLE = 4
"""How many idle connections of a channel are kept."""

MAX_MAILS = 100
"""After so many mails a connection is given up, as many servers do of themselves."""

IDLE_S = 30.0
"""How long an idle connection is kept: servers wait for five minutes (RFC 5321 section 4.5.3.2)."""

GREETING_S = 5.0
"""Seconds that a server may take to say that it is still there, or goodbye."""


@dataclass(slots=True)
class Connection:
    """A connection to `server` that has carried `mails`; idle since a time of the loop's clock."""

    client: aiosmtplib.SMTP
    server: SmtpServer
    mails: int = 0
    idle_since: float = 0.0

    @property
    def may_go_on(self) -> bool:
        return self.client.is_connected and self.mails < MAX_MAILS


class SmtpConnections:
    """Idle connections by channel. Nobody waits here: whoever borrows bounds how many are in use.

    Belongs to one event loop, between `open` and `close`.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._idle: defaultdict[UUID, list[Connection]] = defaultdict(list)
        self._sweeper: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep())

    async def close(self) -> None:
        """End what is idle; what is borrowed ends when it is given back."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        self.end_idle(asyncio.get_running_loop().time())
        await asyncio.gather(*self._ending)

    @asynccontextmanager
    async def borrowed(
        self, channel_id: UUID, server: SmtpServer
    ) -> AsyncIterator[aiosmtplib.SMTP]:
        """Lend a connection for one mail, logged in and ready; one that failed is closed.

        Raises:
            aiosmtplib.SMTPException, OSError, ValueError: there is none to be had.
        """
        connection = await self._living(channel_id, server) or await self._connect(server)
        try:
            yield connection.client
        except aiosmtplib.SMTPRecipientsRefused:
            self._give_back(channel_id, connection)
            raise
        except BaseException:
            connection.client.close()
            raise
        self._give_back(channel_id, connection)

    async def _living(self, channel_id: UUID, server: SmtpServer) -> Connection | None:
        """Return the connection used last if it is still there, else end all of the channel's."""
        idle = self._idle[channel_id]
        connection = idle.pop() if idle else None
        if connection is None:
            return None
        if connection.server == server and connection.may_go_on and await _is_there(connection):
            return connection
        connection.client.close()
        for other in self._idle.pop(channel_id, []):
            other.client.close()
        return None

    async def _connect(self, server: SmtpServer) -> Connection:
        client = server.client(self._timeout_s)
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return Connection(client, server)

    def _give_back(self, channel_id: UUID, connection: Connection) -> None:
        """Waits for nothing: the mail is taken, and no time-out may make that a failure."""
        connection.mails += 1
        connection.idle_since = asyncio.get_running_loop().time()
        idle = self._idle[channel_id]
        if self._sweeper is not None and connection.may_go_on and len(idle) < MAX_IDLE:
            idle.append(connection)
        else:
            self._end(connection)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(IDLE_S / 4)
            self.end_idle(asyncio.get_running_loop().time() - IDLE_S)

    def end_idle(self, since: float) -> None:
        """End what has been idle since that time of the loop's clock, or before."""
        for channel_id, idle in list(self._idle.items()):
            old = [each for each in idle if each.idle_since <= since]
            idle[:] = [each for each in idle if each.idle_since > since]
            for each in old:
                self._end(each)
            if not idle:
                del self._idle[channel_id]

    def _end(self, connection: Connection) -> None:
        ending = asyncio.create_task(_say_goodbye(connection))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


async def _is_there(connection: Connection) -> bool:
    try:
        await connection.client.rset(timeout=GREETING_S)
    except (aiosmtplib.SMTPException, OSError):
        return False
    except BaseException:
        connection.client.close()
        raise
    return True


async def _say_goodbye(connection: Connection) -> None:
    try:
        with suppress(aiosmtplib.SMTPException, OSError):
            if connection.client.is_connected:
                await connection.client.quit(timeout=GREETING_S)
    finally:
        connection.client.close()
