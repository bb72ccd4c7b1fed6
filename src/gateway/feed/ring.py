"""The last events of a workspace, in memory, for all who follow it."""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from gateway.feed.logged import LoggedEvent

MAX_EVENTS = 4_096
MAX_BYTES = 4 * 1024 * 1024


class Ring:
    """Every event after `start` up to `end`. Bounded: the oldest give way, and `start` follows."""

    def __init__(
        self, start: int, *, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES
    ) -> None:
        self.start = start
        self.end = start
        self.size = 0
        self._events: list[LoggedEvent] = []
        self._max_events = max_events
        self._max_bytes = max_bytes

    def __len__(self) -> int:
        return len(self._events)

    def extend(self, events: Sequence[LoggedEvent]) -> None:
        """Append the events that follow `end`."""
        self._events.extend(events)
        self.size += sum(event.size for event in events)
        self.end = events[-1].pos
        self._trim()

    def _trim(self) -> None:
        excess = max(0, len(self._events) - self._max_events)
        freed = sum(event.size for event in self._events[:excess])
        while self.size - freed > self._max_bytes:
            freed += self._events[excess].size
            excess += 1
        if excess:
            self.start = self._events[excess - 1].pos
            self.size -= freed
            del self._events[:excess]

    def after(self, pos: int, limit: int) -> Sequence[LoggedEvent]:
        """The next events after `pos`, which must not lie before `start`."""
        first = bisect_right(self._events, pos, key=attrgetter("pos"))
        return self._events[first : first + limit]
