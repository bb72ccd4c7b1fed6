"""A frame in bytes, which many sockets may be sent."""

from typing import Self

from gateway.feed.scope import ScopeChange
from gateway.feed.server_frames import Frame, encode
from gateway.websocket_protocol import text_frame


class Parcel:
    """`text` is JSON, empty where nothing is to be sent.

    Whoever is sent it has looked at the log up to `pos`, and was told last of `prev`. With a
    `scope` there is no text, but something at `pos` that may concern who is to be sent it.
    """

    __slots__ = ("_framed", "pos", "prev", "scope", "text")

    def __init__(
        self, text: bytes, pos: int = 0, prev: int = 0, scope: ScopeChange | None = None
    ) -> None:
        self.scope = scope
        self.text = text
        self.pos = pos
        self.prev = prev
        self._framed: bytes | None = None

    @classmethod
    def of(cls, frame: Frame) -> Self:
        return cls(encode(frame))

    @property
    def framed(self) -> bytes:
        """The message as it stands on a websocket; made once."""
        if self._framed is None:
            self._framed = text_frame(self.text)
        return self._framed
