"""The clocks of one conversation: a fold over what has happened to it.

They say when time counts, and know no targets: those are `routing.sla`. Following one occurrence
after the other and folding all of them anew are the same function, so they cannot differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import reduce
from typing import Final


class Metric(StrEnum):
    """What a clock measures.

    `first_response`: from the first question to the first answer of an agent. `next_response`: the
    same for each later question that is unanswered. `resolution`: from the first question, or the
    reopening, to the solving.
    """

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class End(StrEnum):
    """How a clock ended: what it waited for came, or nobody waits for it any more."""

    DONE = "done"
    DROPPED = "dropped"


class Sign(StrEnum):
    """What a clock tells, each once."""

    WARNING = "warning"
    BREACHED = "breached"


class Turn(StrEnum):
    """What can happen to a conversation, as far as its clocks are concerned."""

    ASKED = "asked"
    ANSWERED = "answered"
    PAUSED = "paused"
    RESUMED = "resumed"
    SOLVED = "solved"
    REARMED = "rearmed"
    DROPPED = "dropped"
    TOLD = "told"


ClockKey = tuple[Metric, int]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A turn at an aware instant.

    `since` is when a question was asked that another conversation brings along. Of TOLD, `clock`
    and `sign` say which clock told what.
    """

    turn: Turn
    at: datetime
    since: datetime | None = None
    clock: ClockKey | None = None
    sign: Sign | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One measurement; `cycle` counts from 1 within its metric.

    `spans` are the instants at which time began to count and ceased to, in turns.
    """

    metric: Metric
    cycle: int
    spans: tuple[datetime, ...]
    end: End | None = None
    ended_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None

    @property
    def key(self) -> ClockKey:
        return self.metric, self.cycle

    @property
    def started_at(self) -> datetime:
        return self.spans[0]

    @property
    def is_running(self) -> bool:
        return len(self.spans) % 2 == 1

    @property
    def is_open(self) -> bool:
        """Whether it runs, or is paused."""
        return self.end is None

    def as_before_its_end(self) -> "Clock":
        """The clock while it still ran, if it did when it ended."""
        ran = self.end is not None and self.spans[-1] == self.ended_at
        return replace(self, spans=self.spans[:-1]) if ran else self

    def paused(self, at: datetime) -> "Clock":
        return replace(self, spans=(*self.spans, at)) if self.is_running else self

    def resumed(self, at: datetime) -> "Clock":
        is_paused = self.is_open and not self.is_running
        return replace(self, spans=(*self.spans, at)) if is_paused else self

    def ended(self, at: datetime, end: End) -> "Clock":
        return replace(self.paused(at), end=end, ended_at=at) if self.is_open else self


Clocks = tuple[Clock, ...]
"""All clocks of a conversation, in the order in which they were started."""

RESPONSES: Final = frozenset({Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE})
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


_ENDS: Final[Mapping[Turn, Mapping[Metric, End]]] = {
    Turn.ANSWERED: dict.fromkeys(RESPONSES, End.DONE),
    Turn.SOLVED: {Metric.RESOLUTION: End.DONE, **dict.fromkeys(RESPONSES, End.DROPPED)},
    Turn.DROPPED: dict.fromkeys(Metric, End.DROPPED),
}


def follow(clocks: Clocks, occurrence: Occurrence) -> Clocks:
    """The clocks after one more occurrence; one that comes late counts as of the latest before."""
    at = max(occurrence.at, _latest(clocks))
    match occurrence.turn:
        case Turn.ASKED:
            return _asked(clocks, at, min(at, occurrence.since or at))
        case Turn.PAUSED:
            return tuple(clock.paused(at) for clock in clocks)
        case Turn.RESUMED:
            return tuple(clock.resumed(at) for clock in clocks)
        case Turn.REARMED:
            return _resolving(clocks, at) if clocks else clocks
        case Turn.TOLD:
            return tuple(_told(clock, occurrence) for clock in clocks)
        case ending:
            return _ended(clocks, at, _ENDS[ending])


def folded(occurrences: Iterable[Occurrence], clocks: Clocks = ()) -> Clocks:
    """The clocks after all that has happened, in order."""
    return reduce(follow, occurrences, clocks)


def unanswered(clocks: Clocks) -> Clock | None:
    """The clock of the question that waits for an answer, if one does."""
    return next((clock for clock in clocks if clock.is_open and clock.metric in RESPONSES), None)


def _asked(clocks: Clocks, at: datetime, since: datetime) -> Clocks:
    awake = _resolving(tuple(clock.resumed(at) for clock in clocks), at)
    if unanswered(awake):
        return awake
    is_first = all(clock.metric not in RESPONSES for clock in clocks)
    metric = Metric.FIRST_RESPONSE if is_first else Metric.NEXT_RESPONSE
    return (*awake, _started(clocks, metric, since))


def _resolving(clocks: Clocks, at: datetime) -> Clocks:
    if any(clock.is_open and clock.metric is Metric.RESOLUTION for clock in clocks):
        return clocks
    return (*clocks, _started(clocks, Metric.RESOLUTION, at))


def _started(clocks: Clocks, metric: Metric, at: datetime) -> Clock:
    cycle = 1 + sum(clock.metric is metric for clock in clocks)
    return Clock(metric, cycle, (at,))


def _ended(clocks: Clocks, at: datetime, ends: Mapping[Metric, End]) -> Clocks:
    return tuple(
        clock.ended(at, ends[clock.metric]) if clock.metric in ends else clock for clock in clocks
    )


def _told(clock: Clock, occurrence: Occurrence) -> Clock:
    if clock.key != occurrence.clock:
        return clock
    if occurrence.sign is Sign.BREACHED:
        return replace(clock, breached_at=clock.breached_at or occurrence.at)
    return replace(clock, warned_at=clock.warned_at or occurrence.at)


def _latest(clocks: Clocks) -> datetime:
    return max((clock.spans[-1] for clock in clocks), default=LONG_AGO)
