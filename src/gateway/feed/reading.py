"""A subscription that is read by HTTP, by the same engine as the websockets'."""

import asyncio
from contextlib import suppress

from gateway.access.tokens import Principal
from gateway.feed.client_frames import Sub
from gateway.feed.closing import Close, CloseCode
from gateway.feed.cursor import Bounds
from gateway.feed.engine import Engine
from gateway.feed.ephemerals import Ephemeral
from gateway.feed.hub import Tail
from gateway.feed.parcel import Parcel
from gateway.feed.reader import FeedReader
from gateway.feed.scope import Scope
from gateway.feed.session import Session
from gateway.feed.window import MAX_BYTES


def _tell_nobody(_ephemeral: Ephemeral) -> None:
    """Readers by HTTP have no frames to say anything with."""


class Reading:
    """An `Outlet`: keeps frames until they are taken, which acknowledges them."""

    def __init__(
        self,
        principal: Principal,
        scope: Scope,
        bounds: Bounds,
        tail: Tail,
        reader: FeedReader,
        request: Sub,
    ) -> None:
        self.epoch = bounds.epoch
        self._request = request
        self._kept: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._end: Close | None = None
        self._session = Session(principal, scope, bounds.epoch, tail, reader, self, _tell_nobody)
        self._engine = Engine(self._session, self._fail)
        self._session.take(request)

    @property
    def is_writable(self) -> bool:
        return self._size < MAX_BYTES

    def put(self, parcel: Parcel) -> None:
        self._kept.append(parcel.text)
        self._size += len(parcel.text)
        self._news.set()

    async def until_writable(self) -> None:
        while not self.is_writable:
            self._room.clear()
            await self._room.wait()

    @property
    def cursor(self) -> str | None:
        """Where the subscription stands; None before it has begun."""
        return self._session.cursor_of(self._request.id)

    def wake(self) -> None:
        self._engine.wake()

    def close(self, reason: Close) -> None:
        """End it from outside."""
        self._end = self._end or reason
        self._news.set()

    def _fail(self, error: Exception) -> None:
        self.close(error if isinstance(error, Close) else Close(CloseCode.INTERNAL))

    def stop(self) -> None:
        self._engine.stop()

    async def answer(self) -> list[bytes]:
        """How the subscription begins, whole: `resumed`, or a snapshot and perhaps events."""
        self._engine.wake()
        await self._engine.settled()
        return self._taken()

    async def more(self, timeout_s: float) -> list[bytes]:
        """The next frames; none if there are none in time. Raises `Close` at the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        return self._taken()

    def _taken(self) -> list[bytes]:
        if self._end is not None and not self._kept:
            raise self._end
        taken, self._kept, self._size = self._kept, [], 0
        if self._end is None:
            self._news.clear()
        self._room.set()
        self._session.acknowledge_all()
        self._engine.wake()
        return taken
