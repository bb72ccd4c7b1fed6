"""What all subscriptions of one name and one view are told: composed once for all of them."""

from collections.abc import Sequence

from gateway.feed.logged import PAGE_EVENTS, LoggedEvent
from gateway.feed.parcel import Parcel
from gateway.feed.ring import Ring
from gateway.feed.view import View

FRAME_BYTES = 256 * 1024


class Strand:
    """Composes frames, and keeps those of the ring's present end for whoever asks next."""

    def __init__(self, encoded_name: bytes, view: View) -> None:
        self.view = view
        self._encoded_name = encoded_name
        self._ring: Ring | None = None
        self._end = 0
        self._composed: dict[tuple[int, int], Parcel] = {}

    def following(self, ring: Ring, pos: int, prev: int) -> Parcel:
        """`compose` of what the ring holds after `pos`."""
        if self._ring is not ring or self._end != ring.end:
            self._ring, self._end = ring, ring.end
            self._composed.clear()
        parcel = self._composed.get((pos, prev))
        if parcel is None:
            parcel = self.compose(ring.after(pos, PAGE_EVENTS), prev)
            self._composed[pos, prev] = parcel
        return parcel

    def compose(self, events: Sequence[LoggedEvent], prev: int) -> Parcel:
        """The next frame after `prev`, of these events, which must not be none.

        Stops short of the last event when the frame is full, and before a change of scope, which
        is a parcel of its own.
        """
        if (scope := events[0].scope) is not None:
            return Parcel(b"", events[0].pos, prev, scope)
        parts: list[bytes] = []
        room = FRAME_BYTES
        pos = events[0].pos - 1
        for event in events:
            if room <= 0 or event.scope is not None:
                break
            if (members := self.view.shown(event)) is not None:
                parts.append(b'"prev":%d,%b' % (prev, members))
                prev = event.pos
                room -= len(members)
            pos = event.pos
        return Parcel(self._framed(parts), pos, prev)

    def _framed(self, parts: list[bytes]) -> bytes:
        if not parts:
            return b""
        if len(parts) == 1:
            return b'{"t":"ev","sub":%b,%b' % (self._encoded_name, parts[0])
        return b'{"t":"evs","sub":%b,"items":[{%b]}' % (self._encoded_name, b",{".join(parts))
