"""The last events of a workspace, in memory, for all who follow it."""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from gateway.feed.logged import LoggedEvent

MAX_EVENTS = 4_096
MAX_CHARACTERS = 4 * 1024 * 1024


class Ring:
    """Every event after `start` up to `end`. Bounded: the oldest give way, and `start` follows."""

    def __init__(
        self, start: int, *, max_events: int = MAX_EVENTS, max_characters: int = MAX_CHARACTERS
    ) -> None:
        self.start = start
        self.end = start
        self.characters = 0
        self._events: list[LoggedEvent] = []
        self._max_events = max_events
        self._max_characters = max_characters

    def __len__(self) -> int:
        return len(self._events)

    def extend(self, events: Sequence[LoggedEvent]) -> None:
        """Append the events that follow `end`."""
        self._events.extend(events)
        self.characters += sum(len(event.text) for event in events)
        self.end = events[-1].pos
        self._trim()

    def _trim(self) -> None:
        excess = max(0, len(self._events) - self._max_events)
        freed = sum(len(event.text) for event in self._events[:excess])
        while self.characters - freed > self._max_characters:
            freed += len(self._events[excess].text)
            excess += 1
        if excess:
            self.start = self._events[excess - 1].pos
            self.characters -= freed
            del self._events[:excess]

    def after(self, pos: int, limit: int) -> Sequence[LoggedEvent]:
        """The next events after `pos`, which must not lie before `start`."""
        first = bisect_right(self._events, pos, key=attrgetter("pos"))
        return self._events[first : first + limit]
