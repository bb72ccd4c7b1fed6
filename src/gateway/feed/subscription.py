"""One subscription of one socket: no queue, only a place in the log."""

from gateway.feed.cursor import Cursor
from gateway.feed.strand import Strand
from gateway.feed.window import AckWindow


class Subscription:
    """`pos` is how far the log has been looked at, `prev` what was told last."""

    __slots__ = ("epoch", "name", "pos", "prev", "strand", "window")

    def __init__(self, name: str, strand: Strand, cursor: Cursor) -> None:
        self.name = name
        self.strand = strand
        self.window = AckWindow()
        self.move_to(cursor)

    def move_to(self, cursor: Cursor) -> None:
        """Go on from here: the client's own cursor, or a snapshot's."""
        self.epoch = cursor.epoch
        self.pos = cursor.pos
        self.prev = cursor.pos
        self.window.clear()
