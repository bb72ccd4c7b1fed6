"""One agent's websocket from its greeting to its end."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog
from starlette.websockets import WebSocketDisconnect

from gateway.access.tokens import Principal
from gateway.assignment.presence import Attend, Presences
from gateway.database.connections import Database, is_database_away
from gateway.feed.beats import Beats
from gateway.feed.client_frames import Auth, Hello, Pong
from gateway.feed.closing import Close, CloseCode, ErrorCode
from gateway.feed.engine import Engine
from gateway.feed.greeting import admitted, greet
from gateway.feed.heartbeat import Heartbeat
from gateway.feed.hub import Hub
from gateway.feed.reader import FeedReader
from gateway.feed.server_frames import Err, Ping, Welcome, Window
from gateway.feed.session import Session
from gateway.feed.token_watch import TokenWatch
from gateway.feed.window import MAX_BYTES, MAX_FRAMES
from gateway.feed.wire import Wire
from gateway.ids import new_id
from gateway.signals import Signals

WINDOW = Window(frames=MAX_FRAMES, bytes=MAX_BYTES)

log = structlog.get_logger(__name__)

End = Close | WebSocketDisconnect


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of a connection, in seconds."""

    heartbeat_s: float = 25.0
    hello_timeout_s: float = 10.0
    send_timeout_s: float = 60.0
    ack_timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What all connections of a process share."""

    database: Database
    hub: Hub
    signals: Signals
    presences: Presences
    reader: FeedReader
    beats: Beats
    tokens: TokenWatch
    pace: Pace


class Connection:
    """One task, which listens; what can be sent at once is sent by whoever wakes the connection.

    Its engine has a second task as long as something has to be waited for: the database, or a
    client that does not read.
    """

    __slots__ = ("_end", "_engine", "_heartbeat", "_limit", "_parts", "_session", "_wire")

    def __init__(self, wire: Wire, parts: Parts) -> None:
        self._wire = wire
        self._parts = parts
        self._session: Session | None = None
        self._engine: Engine | None = None
        self._heartbeat = Heartbeat()
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

    def close(self, reason: Close) -> None:
        """End it from outside, whatever it is waiting for."""
        self._finish(reason)

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
        parts = self._parts
        principal = await greet(self._wire, parts.database, parts.pace.hello_timeout_s)
        bounds = await parts.reader.bounds(principal.workspace_id)
        scope = await parts.reader.scope(principal)
        tail = parts.hub.follow(principal.workspace_id, self)
        try:
            self._session = Session(
                principal, scope, bounds.epoch, tail, parts.reader, self._wire, parts.signals.tell
            )
            self._engine = Engine(self._session, self._finish)
            self._wire.say(
                Welcome(
                    session=new_id(),
                    epoch=bounds.epoch,
                    head=bounds.head,
                    floor=bounds.floor,
                    heartbeat_s=parts.pace.heartbeat_s,
                    window=WINDOW,
                )
            )
            parts.tokens.hold(self, principal)
            await self._serve(self._session, principal)
        finally:
            parts.tokens.drop(self)
            parts.hub.unfollow(principal.workspace_id, self)

    async def _serve(self, session: Session, principal: Principal) -> None:
        self._parts.signals.follow(principal.workspace_id, session.hear)
        self._parts.beats.add(self)
        self._wire.on_writable(self.wake)
        presences = self._parts.presences
        try:
            with presences.attending(principal.workspace_id, principal.agent_id) as attend:
                await self._listen(session, principal, attend)
        finally:
            self._parts.beats.remove(self)
            self._parts.signals.unfollow(principal.workspace_id, session.hear)
            if self._engine is not None:
                self._engine.stop()

    async def _listen(self, session: Session, principal: Principal, attend: Attend) -> None:
        while True:
            frame = await self._wire.receive()
            if isinstance(frame, Pong):
                self._heartbeat.answered()
                attend()
            elif isinstance(frame, Auth):
                await self._renew(principal, frame)
            elif isinstance(frame, Hello):
                raise Close(CloseCode.PROTOCOL, "hello comes once")
            else:
                session.take(frame)
                self.wake()

    async def _renew(self, principal: Principal, frame: Auth) -> None:
        """Hold the new token; one that is not as good is refused, and the present one stays."""
        try:
            renewed = await admitted(self._parts.database, frame.token)
        except Close as refusal:
            self._wire.say(Err(ref="auth", code=ErrorCode.AUTH, detail=refusal.detail))
            return
        if renewed.workspace_id != principal.workspace_id or renewed.agent_id != principal.agent_id:
            detail = "the token is another agent's"
            self._wire.say(Err(ref="auth", code=ErrorCode.AUTH, detail=detail))
            return
        self._parts.tokens.hold(self, renewed)

    def wake(self) -> None:
        if self._engine is not None:
            self._engine.wake()

    def beat(self) -> None:
        """Ping, unless it is over."""
        pace, session = self._parts.pace, self._session
        if session is None:
            return
        if not self._wire.is_writable:
            if self._wire.blocked_s > pace.send_timeout_s:
                self.close(Close(CloseCode.LAG))
        elif self._heartbeat.is_lost:
            self.close(Close(CloseCode.HEARTBEAT))
        elif session.unacknowledged_s() > pace.ack_timeout_s:
            detail = f"nothing acknowledged for {pace.ack_timeout_s:g} s"
            self.close(Close(CloseCode.LAG, detail))
        else:
            session.mark()
            self._wire.say(Ping(n=self._heartbeat.next_ping(), head=session.head))
