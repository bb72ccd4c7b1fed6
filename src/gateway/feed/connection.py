"""One agent's websocket from its greeting to its end."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.database.connections import Database, is_database_away
from gateway.feed.frames import Close, CloseCode, Hello, Ping, Pong, Welcome
from gateway.feed.greeting import greet
from gateway.feed.heartbeat import Heartbeat
from gateway.feed.hub import Hub, Tail
from gateway.feed.reader import FeedReader
from gateway.feed.session import Session
from gateway.feed.wire import Wire
from gateway.ids import new_id
from gateway.signals import Signals, Typing

RETRY_S = 0.5

log = structlog.get_logger(__name__)

End = Close | WebSocketDisconnect


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of a connection, in seconds."""

    heartbeat_s: float = 25.0
    hello_timeout_s: float = 10.0
    send_timeout_s: float = 60.0


class Connection:
    """Two tasks and a timer: this one works and sends, one listens, the timer asks for pings."""

    def __init__(
        self,
        websocket: WebSocket,
        database: Database,
        hub: Hub,
        signals: Signals,
        reader: FeedReader,
        pace: Pace,
    ) -> None:
        self._wire = Wire(websocket)
        self._database = database
        self._hub = hub
        self._signals = signals
        self._reader = reader
        self._pace = pace
        self._wake = asyncio.Event()
        self._heartbeat = Heartbeat()
        self._is_ping_due = False
        self._end: End | None = None
        self._limit = asyncio.timeout(None)

    async def run(self) -> None:
        """Serve until either side ends it; never raises."""
        try:
            async with self._limit:
                await self._converse()
        except Exception as error:  # noqa: BLE001 - sorted in `_finish`
            self._finish(error)
        if isinstance(self._end, Close):
            await self._wire.close(self._end)

    def close(self, code: CloseCode) -> None:
        """End it from outside, whatever it is waiting for."""
        self._finish(Close(code))

    def _finish(self, error: Exception) -> None:
        """The first reason counts; it interrupts `_converse` wherever that waits."""
        if self._end is not None:
            return
        if isinstance(error, Close | WebSocketDisconnect):
            self._end = error
        else:
            self._end = Close(CloseCode.INTERNAL)
            if not is_database_away(error):
                log.error("feed.connection_failed", exc_info=error)
        with suppress(RuntimeError):  # not begun yet, or over
            self._limit.reschedule(asyncio.get_running_loop().time())

    async def _converse(self) -> None:
        await self._wire.accept()
        if self._end is not None:
            raise self._end
        principal = await greet(self._wire, self._database, self._pace.hello_timeout_s)
        bounds = await self._reader.bounds(principal.workspace_id)
        tail = self._hub.follow(principal.workspace_id, self._wake)
        try:
            await self._wire.send(
                Welcome(
                    session=new_id(),
                    epoch=bounds.epoch,
                    head=bounds.head,
                    floor=bounds.floor,
                    heartbeat_s=self._pace.heartbeat_s,
                )
            )
            session = Session(principal, bounds.epoch, tail, self._reader, self._wire)
            await self._serve(session, tail, principal.workspace_id)
        finally:
            self._hub.unfollow(principal.workspace_id, self._wake)

    async def _serve(self, session: Session, tail: Tail, workspace_id: int) -> None:
        def hear(typing: Typing) -> None:
            session.hear(typing)
            self._wake.set()

        self._signals.follow(workspace_id, hear)
        listening = asyncio.create_task(self._listen(session))
        self._await_next_beat()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._ping_if_due(tail)
                await self._work(session)
        finally:
            self._signals.unfollow(workspace_id, hear)
            self._beat_timer.cancel()
            listening.cancel()

    async def _work(self, session: Session) -> None:
        try:
            is_more_waiting = await session.work()
        except Exception as error:
            if not is_database_away(error):
                raise
            asyncio.get_running_loop().call_later(RETRY_S, self._wake.set)
        else:
            if is_more_waiting:
                self._wake.set()

    async def _ping_if_due(self, tail: Tail) -> None:
        if self._is_ping_due:
            self._is_ping_due = False
            await self._wire.send(Ping(n=self._heartbeat.next_ping(), head=tail.ring.end))

    async def _listen(self, session: Session) -> None:
        try:
            while True:
                frame = await self._wire.receive()
                if isinstance(frame, Pong):
                    self._heartbeat.answered()
                elif isinstance(frame, Hello):
                    raise Close(CloseCode.PROTOCOL, "hello comes once")  # noqa: TRY301
                else:
                    session.take(frame)
                    self._wake.set()
        except Exception as error:  # noqa: BLE001 - sorted in `_finish`
            self._finish(error)

    def _await_next_beat(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat_timer = loop.call_later(self._pace.heartbeat_s, self._beat)

    def _beat(self) -> None:
        blocked_since = self._wire.blocked_since
        if blocked_since is not None:
            blocked_s = asyncio.get_running_loop().time() - blocked_since
            if blocked_s > self._pace.send_timeout_s:
                self.close(CloseCode.LAG)
        elif self._heartbeat.is_lost:
            self.close(CloseCode.HEARTBEAT)
        else:
            self._is_ping_due = True
            self._wake.set()
        self._await_next_beat()
