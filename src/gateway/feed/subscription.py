"""One subscription of one socket: no queue, only a place in the log."""

from collections.abc import Sequence

from gateway.feed.cursor import Cursor
from gateway.feed.frames import encode_string
from gateway.feed.logged import LoggedEvent
from gateway.feed.view import View

FRAME_CHARACTERS = 256 * 1024


class Subscription:
    """`pos` is how far the log has been looked at, `prev` what was sent last."""

    def __init__(self, name: str, view: View, cursor: Cursor) -> None:
        self.name = name
        self.view = view
        self._encoded_name = encode_string(name)
        self.move_to(cursor)

    def move_to(self, cursor: Cursor) -> None:
        """Go on from here: the client's own cursor, or a snapshot's."""
        self.epoch = cursor.epoch
        self.pos = cursor.pos
        self.prev = cursor.pos

    def compose(self, events: Sequence[LoggedEvent]) -> str | None:
        """Look at the next events; a frame of those in view, None where none is.

        Stops, with `pos` short of the last event, when the frame is full.
        """
        parts: list[str] = []
        room = FRAME_CHARACTERS
        for event in events:
            if room <= 0:
                break
            if self.view.shows(event):
                parts.append(f'"prev":{self.prev},{event.text}')
                self.prev = event.pos
                room -= len(event.text)
            self.pos = event.pos
        return self._frame(parts) if parts else None

    def _frame(self, parts: list[str]) -> str:
        if len(parts) == 1:
            return f'{{"t":"ev","sub":{self._encoded_name},{parts[0]}'
        return f'{{"t":"evs","sub":{self._encoded_name},"items":[{{{",{".join(parts)}]}}'
