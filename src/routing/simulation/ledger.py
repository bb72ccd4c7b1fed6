"""What happened in a simulation."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from routing.simulation.model import MOMENT, Arrival, Worker


@dataclass(slots=True)
class Stay:
    """A conversation's way through: answered, given up, or, with neither, still waiting."""

    arrival: Arrival
    queue_id: UUID
    answered_at: datetime | None = None
    agent_id: UUID | None = None
    gave_up_at: datetime | None = None

    @property
    def wait(self) -> timedelta | None:
        """How long until an agent answered, if one did."""
        return None if self.answered_at is None else self.answered_at - self.arrival.at


@dataclass(slots=True)
class Work:
    """An agent's day: time at work, and load held over time (load 2 for an hour is two hours)."""

    worker: Worker
    at_work: timedelta = MOMENT
    load_time: timedelta = MOMENT
    answered: int = 0
    _load: int = 0
    _present: bool = False
    _since: datetime | None = None

    def change(self, now: datetime, *, load: int, is_present: bool) -> None:
        """Note what holds from now on."""
        if self._since is not None:
            self.load_time += self._load * (now - self._since)
            if self._present or self._load:
                self.at_work += now - self._since
        self._load, self._present, self._since = load, is_present, now


class Lines:
    """The instants from which conversations wait, queue by queue, to see who overtakes whom."""

    def __init__(self) -> None:
        self._since: defaultdict[UUID, list[datetime]] = defaultdict(list)

    def join(self, queue_id: UUID, since: datetime) -> None:
        insort(self._since[queue_id], since)

    def leave(self, queue_id: UUID, since: datetime) -> None:
        line = self._since[queue_id]
        del line[bisect_left(line, since)]

    def ahead(self, queue_id: UUID, since: datetime) -> tuple[int, timedelta]:
        """How many wait longer, and by how much the first of them."""
        line = self._since[queue_id]
        count = bisect_left(line, since)
        return count, since - line[0] if count else MOMENT


@dataclass(slots=True)
class Ledger:
    """All stays by arrival, the work of each agent, and how often what happened.

    `overtakes` counts each time that somebody was given work while another had waited longer in
    the same queue; `longest_overtake` is by how much longer at most.
    """

    stays: dict[UUID, Stay] = field(default_factory=dict)
    work: dict[UUID, Work] = field(default_factory=dict)
    overtakes: int = 0
    longest_overtake: timedelta = MOMENT
    overflows: int = 0
    declined: int = 0
    expired: int = 0
    reserved: set[UUID] = field(default_factory=set)
    peak_waiting: int = 0

    def reserve(self, conversations: Iterable[UUID]) -> None:
        self.reserved.update(conversations)
