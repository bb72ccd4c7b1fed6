"""Days of the past, played again: the customers of then, and a team that may be another.

Who came, and what rules were told of them, is known by the decisions of the day; how long they were
worked on, by its assignments. Nobody gives up, unless the scenario says how patient they were.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from statistics import median_low
from typing import Any, Final
from uuid import UUID

from gateway.database.schema import Queue
from gateway.rulebook.replaying import Wanted, recall
from gateway.simulator.day import Customer, Day, Team
from gateway.simulator.past import Past, Span
from gateway.simulator.rosters import (
    MODES,
    changed,
    compiled,
    ids_by_name,
    queue_named,
    rules_of,
    workers,
)
from gateway.simulator.scenario_file import ANSWER_WITHIN, Scenario
from routing.assignment import QueueTerms
from routing.engine import RuleSet
from routing.queues import QueueRef
from routing.simulation import Shift, Worker
from routing.simulation.arrivals import Duration

HANDLING: Final = timedelta(minutes=10)
"""Where the day has no finished assignment to go by."""


def replayed(past: Past, scenario: Scenario | None, folder: Path) -> Day:
    """The day as it was, or with what a scenario says otherwise.

    Raises:
        InvalidScenario: it names what does not exist.
    """
    scenario = scenario or Scenario(name=f"{past.day} as it was")
    team = _team(past, scenario)
    rules = _rule_set(past, scenario, folder, team)
    customers = _Customers(past, scenario, rules)
    return Day(
        name=scenario.name,
        team=team,
        rules=rules,
        customers=list(customers.all()),
        until=past.until,
        zone=past.zone,
        seed=scenario.seed,
        notes=tuple(customers.notes()),
    )


def _rule_set(past: Past, scenario: Scenario, folder: Path, team: Team) -> RuleSet:
    if scenario.rules:
        return rules_of(folder / scenario.rules, team.references)
    return compiled(past.rules, team.references)


def _team(past: Past, scenario: Scenario) -> Team:
    refs = past.references.queues
    ids = ids_by_name(refs)
    terms = {queue.id: _terms(queue, refs) for queue in past.queues}
    targets = dict.fromkeys(terms, ANSWER_WITHIN)
    for entry in scenario.queues:
        queue_id = queue_named(entry.name, ids)
        terms[queue_id] = changed(terms[queue_id], entry, ids)
        targets[queue_id] = entry.answer_within
    known = {agent.name.casefold(): agent.id for agent in past.agents.values()}
    workspace = past.workspace
    return Team(
        queues=terms,
        references=past.references,
        targets=targets,
        workers=workers(scenario.agents, past.day, past.zone, ids, known)
        or list(_workers_then(past)),
        weights=workspace.capacity_weights if scenario.weights is None else scenario.weights,
        decline_cooldown=scenario.decline_cooldown
        or timedelta(seconds=workspace.decline_cooldown_s),
    )


def _terms(queue: Queue, refs: Mapping[str, QueueRef]) -> QueueTerms:
    overflow = queue.overflow_queue_id
    return QueueTerms(
        queue.id,
        queue.level,
        MODES[queue.mode],
        timedelta(seconds=queue.offer_timeout_s),
        timedelta(seconds=queue.sticky_s),
        timedelta(seconds=queue.reserve_after_s),
        overflow if str(overflow) in refs else None,
    )


def _workers_then(past: Past) -> Iterator[Worker]:
    """Who was assigned anything that day, at work from the first of it to the last."""
    queues: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for member in past.members:
        queues[member.agent_id][member.queue_id] = member.proficiency
    for agent_id, shift in _shifts_then(past).items():
        agent = past.agents[agent_id]
        yield Worker(agent_id, agent.name, agent.capacity, queues[agent_id], agent.skills, [shift])


def _shifts_then(past: Past) -> dict[UUID, Shift]:
    shifts: dict[UUID, Shift] = {}
    for span in (span for spans in past.spans.values() for span in spans):
        if span.begins_at >= past.until:
            continue
        ends_at = min(span.ends_at or past.until, past.until)
        before = shifts.get(span.agent_id, Shift(span.begins_at, ends_at))
        begins_at = min(before.begins_at, span.begins_at)
        shifts[span.agent_id] = Shift(begins_at, max(before.ends_at, ends_at))
    return shifts


class _Customers:
    """Who came, with what could be found out about each."""

    def __init__(self, past: Past, scenario: Scenario, rules: RuleSet) -> None:
        self._past = past
        self._scenario = scenario
        self._wanted = replace(Wanted.by(rules), kept=None)
        self._inexact: Counter[str] = Counter()
        lengths = [span.ends_at - span.begins_at for span in self._all_spans() if span.ends_at]
        self._median = median_low(lengths) if lengths else HANDLING
        self._guessed = 0

    def all(self) -> Iterator[Customer]:
        for row in self._past.arrived:
            recalled = recall(row, self._wanted)
            self._inexact.update(str(reason) for reason in recalled.lacking)
            yield Customer(
                id=row["id"],
                at=row["decided_at"].astimezone(UTC),
                facts=recalled.facts,
                handling=self._handling(row),
                patience=self._patience(row, str(recalled.facts.get("kind"))),
                sticky_agent=_agent(recalled.facts.get("previous_agent")),
            )

    def notes(self) -> Iterator[str]:
        """What is assumed; after all customers have been asked for."""
        yield f"{len(self._past.arrived)} customers of {self._past.day} ({self._past.zone})"
        if self._guessed:
            yield f"{self._guessed} had no finished assignment: the median is taken, {self._median}"
        for reason, number in sorted(self._inexact.items()):
            yield f"{number} may be routed otherwise than then: {reason}"

    def _all_spans(self) -> Iterator[Span]:
        return (span for spans in self._past.spans.values() for span in spans)

    def _handling(self, row: Mapping[str, Any]) -> timedelta:
        """How long the first assignment after the arrival took."""
        for span in self._past.spans.get(row["conversation_id"], ()):
            if span.begins_at >= row["decided_at"] and span.ends_at:
                return span.ends_at - span.begins_at
        self._guessed += 1
        return self._median

    def _patience(self, row: Mapping[str, Any], kind: str) -> timedelta | None:
        mean = self._scenario.patience.get(kind)
        random = Random(f"{self._scenario.seed}/{row['id']}")  # noqa: S311 - a simulation
        return Duration(mean).draw(random) if mean else None


def _agent(fact: object) -> UUID | None:
    return UUID(fact) if isinstance(fact, str) else None
