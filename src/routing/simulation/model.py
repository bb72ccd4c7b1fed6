"""What a simulation is told: what arrives, and who works when."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from uuid import UUID

from routing.assignment import QueueTerms
from routing.priority import Priority
from routing.records import record

MOMENT = timedelta(0)


@record
class Arrival:
    """A conversation that comes at an instant, routed already.

    `handling` is how long an agent is busy with it, work after it included; `patience` how long
    the customer waits before they give up, None for ever. `preferred_skills` are insisted on for
    so long. Weights are those of capacity.
    """

    conversation_id: UUID
    at: datetime
    kind: str
    queue_id: UUID
    priority: Priority
    handling: timedelta
    patience: timedelta | None = None
    weight: int = 1
    required_skills: frozenset[str] = frozenset()
    preferred_skills: Mapping[str, timedelta] = field(default_factory=dict)
    sticky_agent: UUID | None = None


@record
class Shift:
    """From when until when somebody takes new work; what they have then, they finish."""

    begins_at: datetime
    ends_at: datetime


@record
class Worker:
    """An agent of the roster.

    They answer an offer after `answers_after` (one that stands shorter expires), and decline it
    with the probability `declines`.
    """

    id: UUID
    name: str
    capacity: int
    queues: Mapping[UUID, int]
    skills: Mapping[str, int]
    shifts: Sequence[Shift]
    answers_after: timedelta = MOMENT
    declines: float = 0.0


@record
class Plan:
    """The team: one pool of queues, its workers, and the end of the simulated time.

    Who declined is left out for `decline_cooldown`. The same plan, arrivals and `seed` always give
    the same course of things.
    """

    queues: Mapping[UUID, QueueTerms]
    workers: Sequence[Worker]
    until: datetime
    decline_cooldown: timedelta = timedelta(minutes=5)
    seed: int = 0
