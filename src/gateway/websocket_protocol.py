"""The websocket protocol of our server: uvicorn's, which also takes frames that are ready to go.

Through ASGI each message is framed anew for each socket. What many sockets get alike is framed
once and written as it is: to the extension `EXTENSION` of a websocket's scope.
"""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "sportello.frames"
TEXT = 0x81  # FIN, and the opcode of a text message (RFC 6455, 5.2)


def text_frame(payload: bytes) -> bytes:
    """A whole text message as a server sends it: in one frame, unmasked (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((TEXT, size)) + payload
    if size < 65_536:
        return bytes((TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((TEXT, 127)) + size.to_bytes(8, "big") + payload


class FramedWebSocket(WebSocketsSansIOProtocol):
    """`on_writable` is called when the other side takes frames again, after it did not."""

    on_writable: Callable[[], None] | None = None
    _paused_at = 0.0

    @property
    def is_writable(self) -> bool:
        return self.writable.is_set()

    @property
    def paused_s(self) -> float:
        """How long the other side has taken nothing, in seconds."""
        return 0.0 if self.is_writable else self.loop.time() - self._paused_at

    def write_frame(self, frame: bytes) -> None:
        """Write without waiting; beyond the transport's high-water mark `is_writable` turns False.

        What is written after the end is lost, as it is on its way to one who hangs up.
        """
        if not (self.disconnected or self.close_sent):
            self.transport.write(frame)

    async def until_writable(self) -> None:
        await self.writable.wait()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def pause_writing(self) -> None:
        super().pause_writing()
        self._paused_at = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.on_writable = None
