"""One subscription of one socket: no queue, only a place in the log."""

from gateway.feed.client_frames import Filter
from gateway.feed.cursor import Cursor
from gateway.feed.strand import Strand
from gateway.feed.window import AckWindow


class Subscription:
    """`pos` is how far the log has been looked at, `prev` what was told last.

    `is_stale`: nothing may be sent before it has started anew, since the agent's scope is another.
    """

    __slots__ = ("epoch", "is_stale", "name", "pos", "prev", "strand", "wanted", "window")

    def __init__(self, name: str, wanted: Filter, strand: Strand, cursor: Cursor) -> None:
        self.name = name
        self.wanted = wanted
        self.strand = strand
        self.window = AckWindow()
        self.move_to(cursor)

    def move_to(self, cursor: Cursor) -> None:
        """Go on from here: the client's own cursor, or a snapshot's."""
        self.epoch = cursor.epoch
        self.pos = cursor.pos
        self.prev = cursor.pos
        self.is_stale = False
        self.window.clear()
