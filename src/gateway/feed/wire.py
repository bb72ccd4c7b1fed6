"""Frames on a websocket."""

import asyncio
import secrets
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.feed.frames import (
    Bye,
    ClientFrame,
    Close,
    CloseCode,
    Err,
    ErrorCode,
    Frame,
    decode,
    encode,
)

GOODBYE_S = 1.0
RETRY_MS = (500, 5_000)


class Wire:
    """Sends and receives frames. `blocked_since`: when a send began that has not ended yet."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self.blocked_since: float | None = None

    async def accept(self) -> None:
        await self._websocket.accept()

    async def receive(self) -> ClientFrame | Err:
        """Raises `Close` for what is no frame, `WebSocketDisconnect` at the end."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text = message.get("text")
        if text is None:
            raise Close(CloseCode.PROTOCOL, "frames are text messages")
        return decode(text)

    async def send(self, frame: Frame) -> None:
        await self.send_text(encode(frame))

    async def send_text(self, text: str) -> None:
        self.blocked_since = asyncio.get_running_loop().time()
        await self._websocket.send({"type": "websocket.send", "text": text})
        self.blocked_since = None

    async def close(self, reason: Close) -> None:
        """Say why and close, as far as the other side takes it."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(GOODBYE_S):
                if reason.detail:
                    code = ErrorCode(reason.code.name.lower())
                    await self.send(Err(ref=None, code=code, detail=reason.detail))
                await self.send(Bye(code=reason.code, retry_ms=retry_after(reason.code)))
                await self._websocket.close(reason.code)


def retry_after(code: CloseCode) -> int | None:
    """Scattered, so that the clients of a process that ends do not come back all at once."""
    shortest, longest = RETRY_MS
    return shortest + secrets.randbelow(longest - shortest) if code.may_reconnect else None
