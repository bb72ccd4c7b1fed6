"""Frames on a websocket."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected

from gateway.feed.client_frames import ClientFrame, decode
from gateway.feed.closing import Close, CloseCode, ErrorCode
from gateway.feed.parcel import Parcel
from gateway.feed.server_frames import Bye, Err, Frame
from gateway.websocket_protocol import EXTENSION, FramedWebSocket

GOODBYE_S = 1.0
RETRY_MS = (500, 5_000)


class Wire:
    """Sends and receives frames; an `Outlet`."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._socket: FramedWebSocket = scope["extensions"].pop(EXTENSION)
        self._receive = receive
        self._send = send

    async def accept(self) -> None:
        await self._receive()
        await self._send({"type": "websocket.accept"})

    async def receive(self) -> ClientFrame | Err:
        """Raises `Close` for what is no frame, `WebSocketDisconnect` at the end."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text = message.get("text")
        if text is None:
            raise Close(CloseCode.PROTOCOL, "frames are text messages")
        return decode(text)

    @property
    def is_writable(self) -> bool:
        return self._socket.is_writable

    @property
    def blocked_s(self) -> float:
        """How long the other side has taken nothing, in seconds."""
        return self._socket.paused_s

    def put(self, parcel: Parcel) -> None:
        self._socket.write_frame(parcel.framed)

    def say(self, frame: Frame) -> None:
        self.put(Parcel.of(frame))

    async def until_writable(self) -> None:
        await self._socket.until_writable()

    def on_writable(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the other side takes frames again, until the socket is lost."""
        self._socket.on_writable = wake

    async def close(self, reason: Close) -> None:
        """Say why and close, as far as the other side takes it."""
        self._socket.on_writable = None
        with suppress(TimeoutError, ClientDisconnected, RuntimeError):
            async with asyncio.timeout(GOODBYE_S):
                await self.until_writable()
                for frame in farewell(reason):
                    self.say(frame)
                await self._send({"type": "websocket.close", "code": int(reason.code)})


def farewell(reason: Close) -> Iterator[Frame]:
    """What is said before the end."""
    if reason.detail:
        code = ErrorCode(reason.code.name.lower())
        yield Err(ref=None, code=code, detail=reason.detail)
    yield Bye(code=reason.code, retry_ms=retry_after(reason.code))


def retry_after(code: CloseCode) -> int | None:
    """Scattered, so that the clients of a process that ends do not come back all at once."""
    shortest, longest = RETRY_MS
    return shortest + secrets.randbelow(longest - shortest) if code.may_reconnect else None
