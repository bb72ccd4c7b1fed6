"""The matcher in the obvious way: every agent is looked at for every conversation."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from routing.assignment.explanation import (
    MAX_NAMED,
    Asked,
    Barred,
    Because,
    Passed,
    Standing,
    asked,
)
from routing.assignment.model import (
    AgentState,
    Matching,
    Mode,
    Overflow,
    PoolState,
    Proposal,
    QueueTerms,
    Reason,
    Waiting,
)


def match(state: PoolState, now: datetime) -> Matching:
    found = _Pass(state, now)
    for waiting in sorted(
        state.waiting, key=lambda each: (each.effective_at, each.conversation_id)
    ):
        found.place(waiting)
    return Matching(
        found.proposals, found.overflows, found.unmatched, found.reservations, found.wake_at
    )


@dataclass
class _Pass:
    state: PoolState
    now: datetime
    proposals: list[Proposal] = field(default_factory=list)
    overflows: list[Overflow] = field(default_factory=list)
    unmatched: dict[UUID, Reason] = field(default_factory=dict)
    reservations: dict[UUID, UUID] = field(default_factory=dict)
    wake_at: datetime | None = None
    added: dict[UUID, int] = field(default_factory=dict)
    turns: dict[UUID, int] = field(default_factory=dict)
    reserving: set[UUID] = field(default_factory=set)

    def place(self, waiting: Waiting) -> None:
        outcome = self._outcome(waiting)
        if isinstance(outcome, Reason):
            self.unmatched[waiting.conversation_id] = outcome
        elif isinstance(outcome, Overflow):
            self.overflows.append(outcome)
        else:
            self.proposals.append(outcome)

    def _outcome(self, waiting: Waiting) -> Reason | Overflow | Proposal:
        queue = self.state.queues.get(waiting.queue_id)
        if queue is None:
            return Reason.UNKNOWN_QUEUE
        if queue.mode is Mode.PULL:
            return Reason.PULL
        if queue.is_paused:
            return Reason.PAUSED
        serving = self._serving(queue.id)
        if not serving:
            return Reason.NOBODY_SERVES
        able = [agent for agent in serving if self._insisted(waiting) <= agent.skills.keys()]
        if not able:
            return Reason.SKILLS_MISSING
        capable = [agent for agent in able if agent.capacity >= waiting.weight]
        if not capable:
            return Reason.TOO_LARGE
        candidates = [agent for agent in capable if not self._has_declined(waiting, agent)]
        if not candidates:
            return self._overflow(queue, waiting)
        return self._among(queue, waiting, candidates)

    def _among(
        self, queue: QueueTerms, waiting: Waiting, candidates: list[AgentState]
    ) -> Reason | Proposal:
        unreserved = [agent for agent in candidates if not self._is_reserved(agent)]
        fitting = [agent for agent in unreserved if self._free(agent) >= waiting.weight]
        ranked = sorted(fitting, key=lambda agent: self._rank(waiting, agent))
        sticky = [agent for agent in candidates if agent.id == waiting.sticky_agent]
        if sticky and sticky[0] in fitting:
            ranked.remove(sticky[0])
            return self._proposal(queue, waiting, sticky + ranked, "sticky")
        if sticky and self._is_ahead(waiting.queued_at + queue.sticky_for):
            return Reason.AWAITS_STICKY
        if ranked:
            return self._proposal(queue, waiting, ranked, self._because(waiting, ranked))
        roomy = [agent for agent in unreserved if self._free(agent) > 0]
        if not roomy or queue.id in self.reserving:
            return Reason.ALL_BUSY
        if self._is_ahead(waiting.queued_at + queue.reserve_after):
            return Reason.ALL_BUSY
        chosen = min(roomy, key=lambda agent: (-self._free(agent), agent.id))
        self.reserving.add(queue.id)
        self.reservations[waiting.conversation_id] = chosen.id
        return Reason.RESERVING

    def _is_ahead(self, instant: datetime) -> bool:
        """Tell whether it is still to come; if so, the result may change then."""
        if instant <= self.now:
            return False
        self.wake_at = min(instant, self.wake_at or instant)
        return True

    def _serving(self, queue_id: UUID) -> list[AgentState]:
        serving = [agent for agent in self.state.agents if queue_id in agent.queues]
        return sorted(serving, key=lambda agent: (agent.idle_since, agent.id))

    def _insisted(self, waiting: Waiting) -> frozenset[str]:
        preferred = waiting.preferred_skills.items()
        return waiting.required_skills | {
            skill for skill, until in preferred if self._is_ahead(until)
        }

    def _has_declined(self, waiting: Waiting, agent: AgentState) -> bool:
        until = waiting.declined.get(agent.id)
        return until is not None and self._is_ahead(until)

    def _load(self, agent: AgentState) -> int:
        return agent.load + self.added.get(agent.id, 0)

    def _free(self, agent: AgentState) -> int:
        return agent.capacity - self._load(agent)

    def _is_reserved(self, agent: AgentState) -> bool:
        return agent.id in self.reservations.values()

    def _rank(self, waiting: Waiting, agent: AgentState) -> tuple[float | datetime | UUID, ...]:
        return (
            -_proficiency(waiting, agent),
            self._load(agent) / agent.capacity,
            self.turns.get(agent.id, 0),
            agent.idle_since,
            agent.id,
        )

    def _because(self, waiting: Waiting, ranked: list[AgentState]) -> Because:
        if len(ranked) == 1:
            return "only"
        respects: tuple[Because, ...] = ("proficiency", "load", "idle", "idle", "id")
        first, second = (self._rank(waiting, agent) for agent in ranked[:2])
        return next(
            respect
            for respect, ours, theirs in zip(respects, first, second, strict=True)
            if ours != theirs
        )

    def _proposal(
        self, queue: QueueTerms, waiting: Waiting, ranked: list[AgentState], because: Because
    ) -> Proposal:
        agent, *lower = ranked
        proposal = Proposal(
            waiting.conversation_id,
            queue.id,
            agent.id,
            waiting.weight,
            queue.mode,
            self.now + queue.offer_timeout if queue.mode is Mode.OFFER else None,
            {
                "chosen": self._standing(waiting, agent),
                "because": because,
                "skills": self._skills(waiting),
                "lower": {
                    "count": len(lower),
                    "first": [self._standing(waiting, each) for each in lower[:MAX_NAMED]],
                },
                **self._barred(queue.id, waiting),
            },
        )
        self.added[agent.id] = self.added.get(agent.id, 0) + waiting.weight
        self.turns[agent.id] = len(self.proposals) + 1
        return proposal

    def _overflow(self, queue: QueueTerms, waiting: Waiting) -> Reason | Overflow:
        if queue.overflow is None or queue.overflow == queue.id:
            return Reason.ALL_DECLINED
        there = [
            agent
            for agent in self._serving(queue.overflow)
            if self._insisted(waiting) <= agent.skills.keys() and agent.capacity >= waiting.weight
        ]
        if there and all([self._has_declined(waiting, agent) for agent in there]):  # noqa: C419 - each
            return Reason.ALL_DECLINED
        return Overflow(
            waiting.conversation_id,
            queue.id,
            queue.overflow,
            {
                "because": "all_declined",
                "skills": self._skills(waiting),
                **self._barred(queue.id, waiting),
            },
        )

    def _standing(self, waiting: Waiting, agent: AgentState) -> Standing:
        proficiency = _proficiency(waiting, agent)
        return {
            "agent": str(agent.id),
            "proficiency": proficiency,
            "load": self._load(agent),
            "capacity": agent.capacity,
            "idle_since": agent.idle_since.isoformat(),
        }

    def _skills(self, waiting: Waiting) -> Asked:
        insisted = self._insisted(waiting) - waiting.required_skills
        relaxed = waiting.preferred_skills.keys() - self._insisted(waiting)
        return asked(waiting.required_skills, insisted, relaxed)

    def _barred(self, queue_id: UUID, waiting: Waiting) -> Barred:
        barred: Barred = {}
        kinds: dict[str, list[UUID]] = {}
        for agent in self._serving(queue_id):
            kind = self._bar(waiting, agent)
            if kind:
                kinds.setdefault(kind, []).append(agent.id)
        for kind, ids in kinds.items():
            barred[kind] = passed(ids)  # type: ignore[literal-required]
        return barred

    def _bar(self, waiting: Waiting, agent: AgentState) -> str | None:
        if not self._insisted(waiting) <= agent.skills.keys():
            return "lacking_skills"
        if agent.capacity < waiting.weight:
            return "too_small"
        if self._has_declined(waiting, agent):
            return "declined"
        if self._free(agent) < waiting.weight:
            return "full"
        return "reserved" if self._is_reserved(agent) else None


def _proficiency(waiting: Waiting, agent: AgentState) -> int:
    wanted = waiting.required_skills | waiting.preferred_skills.keys()
    return agent.queues[waiting.queue_id] + sum(agent.skills.get(skill, 0) for skill in wanted)


def passed(ids: list[UUID]) -> Passed:
    return {"count": len(ids), "first": [str(each) for each in ids[:MAX_NAMED]]}
