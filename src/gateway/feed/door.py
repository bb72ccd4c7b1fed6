"""Where agents' UIs connect: an ASGI application, and the connections that are open on it."""

import asyncio

from starlette.types import Receive, Scope, Send

from gateway.assignment.presence import Presences
from gateway.database.connections import Database
from gateway.feed.beats import Beats
from gateway.feed.closing import Close, CloseCode
from gateway.feed.connection import Connection, Pace, Parts
from gateway.feed.hub import Hub
from gateway.feed.reader import FeedReader
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
        pace: Pace | None = None,
    ) -> None:
        pace = pace or Pace()
        beats = Beats(pace.heartbeat_s)
        self._parts = Parts(database, hub, signals, presences, FeedReader(database), beats, pace)
        self._open: dict[Connection, asyncio.Future[None]] = {}
        self._is_draining = False

    def __len__(self) -> int:
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket."""
        connection = Connection(Wire(scope, receive, send), self._parts)
        gone = self._open[connection] = asyncio.get_running_loop().create_future()
        if self._is_draining:
            connection.close(Close(CloseCode.DRAIN))
        try:
            await connection.run()
        finally:
            del self._open[connection]
            gone.set_result(None)

    async def drain(self) -> None:
        """Say goodbye to all (4400) and refuse newcomers; ends within seconds, stalled or not."""
        self._is_draining = True
        for connection in self._open:
            connection.close(Close(CloseCode.DRAIN))
        await asyncio.gather(*self._open.values())
