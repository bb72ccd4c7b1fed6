"""What the matcher is told of a pool of queues that share agents, and what it answers.

Ids are UUIDs, instants aware datetimes, weights, loads and capacities whole units of work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from routing.assignment.explanation import OverflowExplained, ProposalExplained
from routing.records import record


class Mode(StrEnum):
    """How a queue gives its work: offered, assigned at once, or taken by agents (never matched)."""

    OFFER = "offer"
    DIRECT = "direct"
    PULL = "pull"


class Reason(StrEnum):
    """Why a conversation goes on waiting."""

    UNKNOWN_QUEUE = "unknown_queue"
    """Its queue is not in this pool."""
    PULL = "pull"
    """Agents take from its queue themselves."""
    PAUSED = "paused"
    """Its queue gives nothing at present."""
    NOBODY_SERVES = "nobody_serves"
    """No agent who is present serves its queue."""
    SKILLS_MISSING = "skills_missing"
    """No agent who serves its queue has all the skills that are insisted on."""
    TOO_LARGE = "too_large"
    """It weighs more than the whole capacity of each agent who is able."""
    ALL_DECLINED = "all_declined"
    """All who could take it have declined, and it may not overflow."""
    AWAITS_STICKY = "awaits_sticky"
    """The agent whom the customer knows is busy; the wait for them is bounded."""
    ALL_BUSY = "all_busy"
    """Nobody who could take it has room for it, or their room is reserved for another."""
    RESERVING = "reserving"
    """The same, and what one agent has free is kept for it: see `Matching.reservations`."""


@record
class QueueTerms:
    """The terms of a queue.

    `offer_timeout`: how long an offer stands (mode OFFER). `sticky_for`: so long, from `queued_at`,
    a conversation waits for its sticky agent to have room. `reserve_after`: what has waited so long
    and fits nobody has freed capacity reserved. `overflow`: the queue that takes what all have
    declined, of this pool or another.
    """

    id: UUID
    level: int
    mode: Mode
    offer_timeout: timedelta
    sticky_for: timedelta
    reserve_after: timedelta
    overflow: UUID | None = None
    is_paused: bool = False


@record
class Waiting:
    """A conversation that waits in a queue.

    It is served by (`effective_at`, `conversation_id`). `weight`, at least 1, is what it takes of
    an agent's capacity. `preferred_skills` are insisted on until their instants, and from then on
    count in the choice among those who are able. `declined`: agents, and until when they are left
    out.
    """

    conversation_id: UUID
    queue_id: UUID
    queued_at: datetime
    effective_at: datetime
    weight: int = 1
    required_skills: frozenset[str] = frozenset()
    preferred_skills: Mapping[str, datetime] = field(default_factory=dict)
    sticky_agent: UUID | None = None
    declined: Mapping[UUID, datetime] = field(default_factory=dict)


@record
class AgentState:
    """An agent who is present and takes new work.

    `load` may exceed `capacity`: supervisors may assign more, and capacity may be lowered.
    `queues` and `skills` have a proficiency each, higher is better.
    """

    id: UUID
    capacity: int
    load: int
    idle_since: datetime
    queues: Mapping[UUID, int]
    skills: Mapping[str, int] = field(default_factory=dict)


@record
class PoolState:
    """All that a pass sees; nobody and nothing stands in it twice."""

    queues: Mapping[UUID, QueueTerms]
    waiting: Sequence[Waiting]
    agents: Sequence[AgentState]


@record
class Proposal:
    """Give a conversation to an agent: offered until `expires_at`, or, in mode DIRECT, at once."""

    conversation_id: UUID
    queue_id: UUID
    agent_id: UUID
    weight: int
    mode: Mode
    expires_at: datetime | None
    explanation: ProposalExplained


@record
class Overflow:
    """Move a conversation to another queue: all who could take it in its own have declined."""

    conversation_id: UUID
    from_queue: UUID
    to_queue: UUID
    explanation: OverflowExplained


@record
class Matching:
    """The outcome of a pass. Every conversation is in a proposal, an overflow, or `unmatched`.

    Proposals stand in the order in which conversations are served. `reservations`: conversation to
    the agent whose free capacity is kept for it. `wake_at`: until then, and while nothing else
    changes, another pass would give the same (but for `expires_at`); None for ever.
    """

    proposals: Sequence[Proposal]
    overflows: Sequence[Overflow]
    unmatched: Mapping[UUID, Reason]
    reservations: Mapping[UUID, UUID]
    wake_at: datetime | None
