"""A thousand websockets in one process that cost it little: they count frames, and acknowledge.

Only what is needed of RFC 6455: an opening handshake whose answer is not examined, unmasked frames
of the server, masked text frames of our own.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import orjson

ACK_BYTES = 30_000
EVENTS = b'{"t":"ev'
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(text: bytes) -> bytes:
    """A text frame of a client, with a mask of zeros."""
    size = len(text)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text


class Listener(asyncio.Protocol):
    """`hear` is called with every frame."""

    def __init__(self, path: str, first: list[bytes]) -> None:
        self._opening = HANDSHAKE.format(path=path).encode()
        self._first = first
        self._rest = b""
        self._is_open = False
        self.unacknowledged = 0
        self.hear: Callable[[Listener, bytes], None] = lambda _listener, _text: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.transport.write(self._opening)

    def say(self, text: bytes) -> None:
        self.transport.write(masked(text))

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at = 0
        if not self._is_open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            self._is_open = True
            at = end + 4
            for text in self._first:
                self.say(text)
        self._rest = data[self._read_frames(data, at) :]

    def _read_frames(self, data: bytes, at: int) -> int:
        """Returns where the first incomplete frame begins."""
        while len(data) >= at + 2:
            size, begin = data[at + 1], at + 2
            extra = {126: 2, 127: 8}.get(size, 0)
            if extra:
                if len(data) < begin + extra:
                    break
                size = int.from_bytes(data[begin : begin + extra], "big")
                begin += extra
            if len(data) < begin + size:
                break
            self.hear(self, data[begin : begin + size])
            at = begin + size
        return at


class Crowd:
    """Many listeners, and the moments at which enough has been heard.

    `heard` counts the frames that begin with the marker, `events` the events in them; `first` is
    set when the first listener hears one.
    """

    def __init__(self, number: int) -> None:
        self.listeners: list[Listener] = []
        self.heard = 0
        self.events = 0
        self.first = asyncio.Event()
        self._number = number
        self._marker = b""
        self._wanted = 0
        self._wanted_events = 0
        self._reached = asyncio.Event()

    async def open(self, port: int, path: str, first: list[bytes], marker: bytes) -> None:
        """Connect them; frames that begin with `marker` count."""
        self._marker = marker
        loop = asyncio.get_running_loop()
        for _ in range(self._number):
            _, listener = await loop.create_connection(
                lambda: Listener(path, first), "127.0.0.1", port
            )
            self.listeners.append(listener)
            listener.hear = self._hear

    def listen_for(self, marker: bytes) -> None:
        """Count anew, frames with another beginning."""
        self._marker = marker
        self.heard = self.events = 0

    def _hear(self, listener: Listener, text: bytes) -> None:
        if not text.startswith(self._marker):
            if text.startswith(b'{"t":"ping"'):
                listener.say(b'{"t":"pong"}')
            return
        self.heard += 1
        self.events += text.count(b'"prev":') if text.startswith(b'{"t":"evs"') else 1
        if self._marker == EVENTS:
            listener.unacknowledged += len(text)
            if listener.unacknowledged > ACK_BYTES:
                acknowledge(listener, text)
        if listener is self.listeners[0]:
            self.first.set()
        if self.heard >= self._wanted and self.events >= self._wanted_events:
            self._reached.set()

    async def until(self, heard: int, events: int = 0) -> None:
        self._wanted, self._wanted_events = heard, events
        self._reached.clear()
        if self.heard < heard or self.events < events:
            await self._reached.wait()

    def close(self) -> None:
        for listener in self.listeners:
            listener.transport.abort()


def acknowledge(listener: Listener, text: bytes) -> None:
    listener.unacknowledged = 0
    frame = orjson.loads(text)
    pos = frame.get("items", [frame])[-1]["pos"]
    listener.say(orjson.dumps({"t": "ack", "sub": frame["sub"], "pos": pos}))
