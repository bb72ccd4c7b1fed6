"""Where agents' UIs connect: an ASGI application, and the connections that are open on it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.types import Receive, Scope, Send

from gateway.access.tokens import Principal
from gateway.assignment.presence import Presences
from gateway.database.connections import Database
from gateway.feed.beats import Beats
from gateway.feed.client_frames import Sub
from gateway.feed.closing import Close, CloseCode
from gateway.feed.connection import Connection, Pace, Parts
from gateway.feed.hub import Hub
from gateway.feed.reader import FeedReader
from gateway.feed.reading import Reading
from gateway.feed.token_watch import Held, TokenWatch
from gateway.feed.wire import Wire
from gateway.signals import Signals


class FeedDoor:
    """Everything that the feed's websockets need, and their end when the process stops.

    An application of its own, in front of the API: a socket that waits holds no middleware.
    `drain` has to be awaited while the server still serves: on shutdown it closes what is left
    with 1012, which tells clients nothing about when to come back.
    """

    def __init__(
        self,
        database: Database,
        hub: Hub,
        signals: Signals,
        presences: Presences,
        tokens: TokenWatch,
        pace: Pace | None = None,
    ) -> None:
        pace = pace or Pace()
        self._parts = Parts(
            database=database,
            hub=hub,
            signals=signals,
            presences=presences,
            reader=FeedReader(database),
            beats=Beats(pace.heartbeat_s),
            tokens=tokens,
            pace=pace,
        )
        self._open: dict[Held, asyncio.Future[None]] = {}
        self._is_draining = False

    def __len__(self) -> int:
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket."""
        connection = Connection(Wire(scope, receive, send), self._parts)
        with self._counted(connection):
            await connection.run()

    @asynccontextmanager
    async def reading(self, principal: Principal, request: Sub) -> AsyncIterator[Reading]:
        """A subscription that is read by HTTP during the block."""
        parts = self._parts
        bounds = await parts.reader.bounds(principal.workspace_id)
        scope = await parts.reader.scope(principal)
        tail = parts.hub.tail(principal.workspace_id)
        reading = Reading(principal, scope, bounds, tail, parts.reader, request)
        parts.hub.follow(principal.workspace_id, reading)
        parts.tokens.hold(reading, principal)
        try:
            with self._counted(reading):
                yield reading
        finally:
            reading.stop()
            parts.tokens.drop(reading)
            parts.hub.unfollow(principal.workspace_id, reading)

    @contextmanager
    def _counted(self, client: Held) -> Iterator[None]:
        """Open for `drain` to close, during the block."""
        gone = self._open[client] = asyncio.get_running_loop().create_future()
        if self._is_draining:
            client.close(Close(CloseCode.DRAIN))
        try:
            yield
        finally:
            del self._open[client]
            gone.set_result(None)

    async def drain(self) -> None:
        """Say goodbye to all (4400) and refuse newcomers; ends within seconds, stalled or not."""
        self._is_draining = True
        for client in list(self._open):
            client.close(Close(CloseCode.DRAIN))
        await asyncio.gather(*self._open.values())
