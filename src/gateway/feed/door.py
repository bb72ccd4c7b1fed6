"""Where agents' UIs connect: the websocket route, and the connections that are open on it."""

import asyncio

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from gateway.database.connections import Database
from gateway.feed.connection import Connection, Pace
from gateway.feed.frames import CloseCode
from gateway.feed.hub import Hub
from gateway.feed.reader import FeedReader
from gateway.signals import Signals


class FeedDoor:
    """Everything that the feed's websockets need, and their end when the process stops.

    `drain` has to be awaited while the server still serves: on shutdown it closes what is left
    with 1012, which tells clients nothing about when to come back.
    """

    def __init__(
        self, database: Database, hub: Hub, signals: Signals, pace: Pace | None = None
    ) -> None:
        self._database = database
        self._hub = hub
        self._signals = signals
        self._pace = pace or Pace()
        self._reader = FeedReader(database)
        self._open: dict[Connection, asyncio.Future[None]] = {}
        self._is_draining = False

    def __len__(self) -> int:
        return len(self._open)

    def route(self, path: str = "/feed") -> WebSocketRoute:
        return WebSocketRoute(path, self._serve)

    async def _serve(self, websocket: WebSocket) -> None:
        connection = Connection(
            websocket, self._database, self._hub, self._signals, self._reader, self._pace
        )
        gone = self._open[connection] = asyncio.get_running_loop().create_future()
        if self._is_draining:
            connection.close(CloseCode.DRAIN)
        try:
            await connection.run()
        finally:
            del self._open[connection]
            gone.set_result(None)

    async def drain(self) -> None:
        """Say goodbye to all (4400) and refuse newcomers; ends within seconds, stalled or not."""
        self._is_draining = True
        for connection in self._open:
            connection.close(CloseCode.DRAIN)
        await asyncio.gather(*self._open.values())
