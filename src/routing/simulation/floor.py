"""The floor on which a team works, simulated event by event."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from uuid import UUID

from routing.assignment import (
    AgentState,
    Mode,
    Overflow,
    PoolState,
    Proposal,
    Waiting,
    match,
)
from routing.priority import effective_at
from routing.simulation.ledger import Ledger, Lines, Stay, Work
from routing.simulation.model import Arrival, Plan, Worker


def simulate(plan: Plan, arrivals: Iterable[Arrival]) -> Ledger:
    """Let everything happen up to `plan.until`, in the order of time.

    The matcher runs after the events of an instant, and when it asked to be woken. What is being
    answered at the end counts as answered.
    """
    floor = _Floor(plan)
    for worker in plan.workers:
        floor.expect(worker)
    for arrival in arrivals:
        floor.announce(arrival)
    floor.run()
    return floor.ledger


class _Floor:
    def __init__(self, plan: Plan) -> None:
        self.ledger = Ledger()
        self._plan = plan
        self._events: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._number = count()
        self._waiting: dict[UUID, Waiting] = {}
        self._offers: dict[UUID, tuple[Proposal, Waiting]] = {}
        self._workers = {worker.id: worker for worker in plan.workers}
        self._states: dict[UUID, AgentState] = {}
        self._present: set[UUID] = set()
        self._lines = Lines()
        self._presence_changed = False
        self._wake_at: datetime | None = None

    def expect(self, worker: Worker) -> None:
        for shift in worker.shifts:
            self._on(shift.begins_at, partial(self._come, worker))
            self._on(shift.ends_at, partial(self._go, worker))
        self.ledger.work[worker.id] = Work(worker)

    def announce(self, arrival: Arrival) -> None:
        self._on(arrival.at, partial(self._arrive, arrival))

    def run(self) -> None:
        until = self._plan.until
        while self._events and self._events[0][0] <= until:
            now = self._events[0][0]
            while self._events and self._events[0][0] == now:
                heappop(self._events)[2](now)
            if self._waiting and self._may_change():
                self._match(now)
        for agent_id in self._states:
            self._change(agent_id, until, 0)

    def _may_change(self) -> bool:
        """Tell whether a pass could give something: not while all are full, as on a busy day."""
        present = (self._states[agent_id] for agent_id in self._present)
        return self._presence_changed or any(each.load < each.capacity for each in present)

    def _on(self, instant: datetime, act: Callable[[datetime], None]) -> None:
        heappush(self._events, (instant, next(self._number), act))

    # Who is there.

    def _come(self, worker: Worker, now: datetime) -> None:
        self._present.add(worker.id)
        self._presence_changed = True
        if worker.id not in self._states:
            self._states[worker.id] = AgentState(
                worker.id, worker.capacity, 0, now, worker.queues, worker.skills
            )
        self._change(worker.id, now, 0)

    def _go(self, worker: Worker, now: datetime) -> None:
        self._present.discard(worker.id)
        self._presence_changed = True
        self._change(worker.id, now, 0)

    def _change(self, agent_id: UUID, now: datetime, weight: int) -> None:
        """Add to an agent's load; whoever is given something, or done with it, is idle from now."""
        state = self._states[agent_id]
        if weight:
            state = replace(state, load=state.load + weight, idle_since=now)
            self._states[agent_id] = state
        is_present = agent_id in self._present
        self.ledger.work[agent_id].change(now, load=state.load, is_present=is_present)

    # What waits.

    def _arrive(self, arrival: Arrival, now: datetime) -> None:
        self.ledger.stays[arrival.conversation_id] = Stay(arrival, arrival.queue_id)
        preferred = arrival.preferred_skills.items()
        self._queue(
            Waiting(
                conversation_id=arrival.conversation_id,
                queue_id=arrival.queue_id,
                queued_at=now,
                effective_at=effective_at(now, arrival.priority),
                weight=arrival.weight,
                required_skills=arrival.required_skills,
                preferred_skills={skill: now + insisted for skill, insisted in preferred},
                sticky_agent=arrival.sticky_agent,
            )
        )
        if arrival.patience is not None:
            self._on(now + arrival.patience, partial(self._give_up, arrival.conversation_id))

    def _queue(self, waiting: Waiting) -> None:
        self._waiting[waiting.conversation_id] = waiting
        self._lines.join(waiting.queue_id, waiting.queued_at)
        self.ledger.stays[waiting.conversation_id].queue_id = waiting.queue_id
        self.ledger.peak_waiting = max(self.ledger.peak_waiting, len(self._waiting))

    def _unqueue(self, conversation_id: UUID) -> Waiting:
        waiting = self._waiting.pop(conversation_id)
        self._lines.leave(waiting.queue_id, waiting.queued_at)
        return waiting

    def _give_up(self, conversation_id: UUID, now: datetime) -> None:
        if conversation_id in self._waiting:
            self._unqueue(conversation_id)
        elif conversation_id in self._offers:
            proposal, _ = self._offers.pop(conversation_id)
            self._change(proposal.agent_id, now, -proposal.weight)
        else:
            return
        self.ledger.stays[conversation_id].gave_up_at = now

    # Who is given what.

    def _match(self, now: datetime) -> None:
        self._presence_changed = False
        agents = [self._states[agent_id] for agent_id in self._present]
        matching = match(PoolState(self._plan.queues, [*self._waiting.values()], agents), now)
        self.ledger.reserve(matching.reservations)
        for proposal in matching.proposals:
            self._give(proposal, now)
        for overflow in matching.overflows:
            self._overflow(overflow)
        if matching.overflows:
            self._match(now)
        elif matching.wake_at and matching.wake_at != self._wake_at:
            self._wake_at = matching.wake_at
            self._on(matching.wake_at, lambda _now: None)

    def _overflow(self, overflow: Overflow) -> None:
        waiting = self._unqueue(overflow.conversation_id)
        self._queue(replace(waiting, queue_id=overflow.to_queue))
        self.ledger.overflows += 1

    def _give(self, proposal: Proposal, now: datetime) -> None:
        waiting = self._unqueue(proposal.conversation_id)
        overtaken, by = self._lines.ahead(waiting.queue_id, waiting.queued_at)
        self.ledger.overtakes += overtaken
        self.ledger.longest_overtake = max(self.ledger.longest_overtake, by)
        self._change(proposal.agent_id, now, proposal.weight)
        worker = self._workers[proposal.agent_id]
        if proposal.mode is Mode.DIRECT or not (worker.answers_after or worker.declines):
            self._start(proposal, now)
        else:
            self._offer(proposal, waiting, worker, now)

    def _offer(self, proposal: Proposal, waiting: Waiting, worker: Worker, now: datetime) -> None:
        self._offers[proposal.conversation_id] = proposal, waiting
        answered_at = now + worker.answers_after
        if proposal.expires_at is not None and answered_at > proposal.expires_at:
            self._on(proposal.expires_at, partial(self._expire, proposal))
        elif self._declines(proposal, worker, now):
            self._on(answered_at, partial(self._decline, proposal))
        else:
            self._on(answered_at, partial(self._accept, proposal))

    def _declines(self, proposal: Proposal, worker: Worker, now: datetime) -> bool:
        """Draw it by what is asked, of whom and when, so that other changes do not change it."""
        asked = f"{self._plan.seed}/{proposal.conversation_id}/{worker.id}/{now.timestamp()}"
        return Random(asked).random() < worker.declines  # noqa: S311 - a simulation

    def _accept(self, proposal: Proposal, now: datetime) -> None:
        if self._withdraw(proposal):
            self._start(proposal, now)

    def _decline(self, proposal: Proposal, now: datetime) -> None:
        if waiting := self._withdraw(proposal):
            self.ledger.declined += 1
            self._return(proposal, waiting, now)

    def _expire(self, proposal: Proposal, now: datetime) -> None:
        if waiting := self._withdraw(proposal):
            self.ledger.expired += 1
            self._return(proposal, waiting, now)

    def _withdraw(self, proposal: Proposal) -> Waiting | None:
        """End an offer, unless the customer has given up meanwhile."""
        _, waiting = self._offers.pop(proposal.conversation_id, (None, None))
        return waiting

    def _return(self, proposal: Proposal, waiting: Waiting, now: datetime) -> None:
        self._change(proposal.agent_id, now, -proposal.weight)
        until = now + self._plan.decline_cooldown
        self._queue(replace(waiting, declined={**waiting.declined, proposal.agent_id: until}))

    def _start(self, proposal: Proposal, now: datetime) -> None:
        stay = self.ledger.stays[proposal.conversation_id]
        stay.answered_at, stay.agent_id = now, proposal.agent_id
        self.ledger.work[proposal.agent_id].answered += 1
        self._on(now + stay.arrival.handling, partial(self._finish, proposal))

    def _finish(self, proposal: Proposal, now: datetime) -> None:
        self._change(proposal.agent_id, now, -proposal.weight)
