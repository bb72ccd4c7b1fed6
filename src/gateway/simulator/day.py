"""A day to play through: a team, its rules, and who comes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from gateway.references import References
from gateway.rulebook.samples import decide
from routing.assignment import QueueTerms
from routing.engine import RuleSet
from routing.facts import FactValue
from routing.simulation import Arrival, Plan, Report, Worker, report, simulate


@dataclass(frozen=True, slots=True)
class Team:
    """Queues, who serves them, and what is asked of them.

    `references`: what rules may name. `targets`: within what time each queue's conversations are
    to be answered. `weights`: what a conversation takes of an agent's capacity, by kind of channel;
    1 where nothing is said.
    """

    queues: Mapping[UUID, QueueTerms]
    references: References
    targets: Mapping[UUID, timedelta]
    workers: Sequence[Worker]
    weights: Mapping[str, int]
    decline_cooldown: timedelta


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who writes: what rules are told of it, and how long it takes to answer."""

    id: UUID
    at: datetime
    facts: dict[str, FactValue | None]
    handling: timedelta
    patience: timedelta | None = None
    skills: frozenset[str] = frozenset()
    sticky_agent: UUID | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """All that a simulation needs. `notes` say what is assumed."""

    name: str
    team: Team
    rules: RuleSet
    customers: Sequence[Customer]
    until: datetime
    zone: tzinfo
    seed: int
    notes: Sequence[str] = field(default=())


def play(day: Day) -> Report:
    """Route everybody by the rules, then let the team work; may take seconds."""
    team = day.team
    plan = Plan(team.queues, team.workers, day.until, team.decline_cooldown, day.seed)
    ledger = simulate(plan, routed(day.customers, day.rules, team))
    names = {UUID(id_): queue.name for id_, queue in team.references.queues.items()}
    return report(ledger, names, team.targets, day.zone)


def routed(customers: Iterable[Customer], rules: RuleSet, team: Team) -> Iterable[Arrival]:
    for customer in customers:
        decision = decide(rules, dict(customer.facts))
        kind = str(customer.facts.get("kind"))
        yield Arrival(
            conversation_id=customer.id,
            at=customer.at,
            kind=kind,
            queue_id=UUID(decision.queue),
            priority=decision.priority,
            handling=customer.handling,
            patience=customer.patience,
            weight=team.weights.get(kind, 1),
            required_skills=customer.skills.union(decision.skills),
            preferred_skills={
                skill: timedelta(seconds=after or 0)
                for skill, after in decision.preferred_skills.items()
            },
            sticky_agent=UUID(decision.assignee) if decision.assignee else customer.sticky_agent,
        )
