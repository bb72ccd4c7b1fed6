"""Frames as Server-Sent Events (WHATWG HTML, 9.2): `id` is the cursor after the frame."""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from gateway.feed.closing import Close
from gateway.feed.cursor import Cursor
from gateway.feed.reading import Reading
from gateway.feed.server_frames import encode
from gateway.feed.wire import farewell

BEAT_S = 15.0
BEAT = b": still here\n\n"


class EventStream:
    """Writes the frames of one subscription."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._epoch = reading.epoch

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            frames = await self._reading.answer()
            while True:
                yield b"".join(map(self._written, frames)) or BEAT
                frames = await self._reading.more(BEAT_S)
        except Close as end:
            yield b"".join(map(self._written, map(encode, farewell(end))))

    def _written(self, text: bytes) -> bytes:
        pos = self._position_after(orjson.loads(text))
        id_ = b"" if pos is None else f"id: {Cursor(self._epoch, pos)}\n".encode()
        return b"%bdata: %b\n\n" % (id_, text)

    def _position_after(self, frame: dict[str, Any]) -> int | None:
        """None where the client is not at rest: amid a snapshot, or before it."""
        position: int | None = None
        match frame["t"]:
            case "ev" | "mark":
                position = frame["pos"]
            case "evs":
                position = frame["items"][-1]["pos"]
            case "resumed":
                position = frame["from"]
            case "reset":
                self._epoch = frame["cursor"].rpartition(".")[0]
            case "snap" if frame["last"]:
                position = frame["at"]
        return position
