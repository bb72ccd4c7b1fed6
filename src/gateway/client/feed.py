"""The connection: opened again whenever it is lost, each view resumed from where it was."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from types import TracebackType
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from gateway.client.backoff import Backoff
from gateway.client.view import Change, Frame, Gap, View

VERSION = 1
FINAL = 4500
KEPT_CHANGES = 1_000
OPEN_S = 10.0
SILENT_BEATS = 3

LOST = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, TimeoutError, Gap)

Token = str | Callable[[], Awaitable[str]]


class FeedClosed(Exception):  # noqa: N818 - says what is the case
    """The server has ended it for good: `code` is one of 4500 and above."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Following(View):
    """A view that is kept up to date. Iterate over it for changes, or wait for a condition."""

    def __init__(self, name: str, chosen: Frame) -> None:
        super().__init__()
        self.name = name
        self.chosen = chosen
        self.failure: Exception | None = None
        self.unacknowledged = 0
        self._queues: set[asyncio.Queue[Change | None]] = set()
        self._has_moved = asyncio.Condition()

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Changes from now on. Whoever does not take them stops the feed, not the memory."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue(KEPT_CHANGES)
        self._queues.add(queue)
        try:
            while (change := await queue.get()) is not None:
                yield change
            if self.failure is not None:
                raise self.failure
        finally:
            self._queues.discard(queue)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the state meets a condition. Raises `FeedClosed`."""
        async with self._has_moved:
            await self._has_moved.wait_for(lambda: condition() or self.failure is not None)
        if self.failure is not None and not condition():
            raise self.failure

    async def reached(self, pos: int) -> None:
        """Wait for a position, as that of a command of one's own."""
        await self.until(lambda: self.is_whole and self.pos >= pos)

    async def take(self, frame: Frame) -> None:
        try:
            for change in self.apply(frame):
                for queue in self._queues:
                    await queue.put(change)
        finally:
            async with self._has_moved:
                self._has_moved.notify_all()

    async def end(self, failure: Exception) -> None:
        self.failure = failure
        async with self._has_moved:
            self._has_moved.notify_all()
        for queue in self._queues:
            await queue.put(None)


class Feed:
    """Keeps one connection for all views; `token` may be a function that fetches a ticket.

    `options` are those of `websockets.connect`.

    `passing` has what passes, typing and viewing, by kind and key, until it is over. `connections`
    counts how often it was welcomed, `gaps` how often something was found to be missing.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        client: str = "sportello-python",
        backoff: Backoff | None = None,
        **options: Any,
    ) -> None:
        self._url = url
        self._token = token
        self._client = client
        self._options: dict[str, Any] = {"compression": None, "max_size": None} | options
        self._backoff = backoff or Backoff()
        self._names = count(1)
        self._views: dict[str, Following] = {}
        self._socket: ClientConnection | None = None
        self._ack_frames = 64
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self.passing: dict[tuple[str, str], Frame] = {}
        self._refusal = ""
        self.connections = 0
        self.gaps = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for timer in self._timers.values():
            timer.cancel()

    def follow(
        self,
        *,
        queues: list[str] | None = None,
        assigned_to_me: bool = False,
        conversations: list[str] | None = None,
        types: list[str] | None = None,
        cursor: str | None = None,
    ) -> Following:
        """Begin to follow the union of these; everything where nothing is named.

        With a cursor, and the items that belong to it, one goes on where one was.
        """
        chosen = {
            "queues": queues,
            "assigned_to_me": assigned_to_me,
            "conversations": conversations,
            "types": types,
        }
        name = f"v{next(self._names)}"
        view = Following(name, {key: value for key, value in chosen.items() if value})
        if queues == []:
            view.chosen["queues"] = []
        if cursor is not None:
            view.epoch, _, digits = cursor.rpartition(".")
            view.pos, view.is_whole = int(digits), True
        self._views[name] = view
        if self._socket is not None:
            self._begin_soon(view)
        return view

    def _begin_soon(self, view: Following) -> None:
        task = asyncio.create_task(self._begin(view))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def typing(self, conversation: str, *, on: bool = True) -> None:
        await self._say(t="typing", conversation=conversation, on=on)

    async def viewing(self, conversation: str, *, on: bool = True) -> None:
        await self._say(t="viewing", conversation=conversation, on=on)

    async def _say(self, **frame: Any) -> None:
        """What cannot be said now is not said later."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(orjson.dumps(frame).decode())

    async def _run(self) -> None:
        while True:
            asked_ms = None
            try:
                asked_ms = await self._stay_connected()
            except FeedClosed as end:
                for view in self._views.values():
                    await view.end(end)
                return
            except LOST as error:
                self.gaps += isinstance(error, Gap)
            finally:
                self._socket = None
            await asyncio.sleep(self._backoff.next_s(asked_ms))

    async def _stay_connected(self) -> int | None:
        """Returns in how many milliseconds the server asks to come back; raises what ends it."""
        token = self._token if isinstance(self._token, str) else await self._token()
        async with connect(self._url, open_timeout=OPEN_S, **self._options) as socket:
            hello = {"t": "hello", "token": token, "v": VERSION, "client": self._client}
            await socket.send(orjson.dumps(hello).decode())
            frame = await _receive(socket, OPEN_S)
            silence_s = OPEN_S
            while frame["t"] != "bye":
                if frame["t"] == "welcome":
                    await self._welcomed(socket, frame)
                    silence_s = SILENT_BEATS * frame["heartbeat_s"]
                else:
                    await self._take(frame)
                frame = await _receive(socket, silence_s)
            return self._asked_ms(frame)

    async def _welcomed(self, socket: ClientConnection, welcome: Frame) -> None:
        self.connections += 1
        self._backoff.succeeded()
        self._ack_frames = welcome["window"]["frames"] // 4
        self._socket = socket
        for view in list(self._views.values()):
            if view.epoch is None:
                view.epoch = welcome["epoch"]
            await self._begin(view)

    async def _begin(self, view: Following) -> None:
        view.unacknowledged = 0
        how = {"snapshot": True} if view.cursor is None else {"cursor": view.cursor}
        await self._say(t="sub", id=view.name, filter=view.chosen, **how)

    def _asked_ms(self, bye: Frame) -> int | None:
        if bye["code"] >= FINAL:
            raise FeedClosed(bye["code"], self._refusal)
        asked_ms: int | None = bye["retry_ms"]
        return asked_ms

    async def _take(self, frame: Frame) -> None:
        match frame["t"]:
            case "ping":
                for view in list(self._views.values()):
                    await self._acknowledge(view)
                await self._say(t="pong")
            case "eph":
                self._keep_passing(frame)
            case "err":
                self._refusal = frame["detail"]
            case _:
                await self._pass(frame, self._views.get(frame.get("sub", "")))

    async def _pass(self, frame: Frame, view: Following | None) -> None:
        if view is None:
            return
        await view.take(frame)
        view.unacknowledged += frame["t"] in ("ev", "evs")
        if view.unacknowledged >= self._ack_frames:
            await self._acknowledge(view)

    async def _acknowledge(self, view: Following) -> None:
        if view.unacknowledged:
            view.unacknowledged = 0
            await self._say(t="ack", sub=view.name, pos=view.pos)

    def _keep_passing(self, frame: Frame) -> None:
        key = (frame["kind"], frame["key"])
        if timer := self._timers.pop(key, None):
            timer.cancel()
        if frame["ttl_ms"]:
            self.passing[key] = frame["data"]
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_later(frame["ttl_ms"] / 1000, self._forget, key)
        else:
            self.passing.pop(key, None)

    def _forget(self, key: tuple[str, str]) -> None:
        self._timers.pop(key, None)
        self.passing.pop(key, None)


async def _receive(socket: ClientConnection, timeout_s: float) -> Frame:
    async with asyncio.timeout(timeout_s):
        frame: Frame = orjson.loads(await socket.recv())
    return frame
