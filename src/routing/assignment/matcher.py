"""The matcher: who gets what waits.

A pass costs little more than reading what waits: conversations that ask the same share a `Need`,
agents are bits of whole numbers (`Roster`), and a conversation that fits nobody costs a few
operations on these.
"""

from datetime import datetime
from itertools import islice
from uuid import UUID

from routing.assignment.bits import Bits
from routing.assignment.explanation import MAX_NAMED, Because
from routing.assignment.lines import Line
from routing.assignment.model import (
    Matching,
    Mode,
    Overflow,
    PoolState,
    Proposal,
    QueueTerms,
    Reason,
    Waiting,
)
from routing.assignment.needs import Graded, Need
from routing.assignment.roster import Roster
from routing.records import record


def match(state: PoolState, now: datetime) -> Matching:
    """Match what waits to agents, in the order of (`effective_at`, `conversation_id`).

    Each conversation goes to its sticky agent if they have room; else it waits for them, bounded by
    `sticky_for`; else it goes to the best who has room: by proficiency, lowest load for their
    capacity, who was given nothing in this pass or longest ago, longest idle, id. What is placed
    counts as load for the conversations after it. The first of a queue that has waited for
    `reserve_after` and fits nobody keeps what one agent has free: the one who lacks least.
    """
    matching = _Pass(state, now)
    for waiting in sorted(
        state.waiting, key=lambda each: (each.effective_at, each.conversation_id)
    ):
        matching.place(waiting)
    return Matching(
        matching.proposals,
        matching.overflows,
        matching.unmatched,
        matching.reservations,
        matching.wake_at,
    )


@record
class _Case:
    """A conversation, what it asks, and the capable agents who have not declined it."""

    waiting: Waiting
    line: Line
    queue: QueueTerms
    need: Need
    candidates: Bits


class _Pass:
    def __init__(self, state: PoolState, now: datetime) -> None:
        self.proposals: list[Proposal] = []
        self.overflows: list[Overflow] = []
        self.unmatched: dict[UUID, Reason] = {}
        self.reservations: dict[UUID, UUID] = {}
        self.wake_at: datetime | None = None
        self._now = now
        self._queues = state.queues
        self._roster = Roster(state.agents)
        self._lines: dict[UUID, Line] = {}

    def place(self, waiting: Waiting) -> None:
        reason = self._place(waiting)
        if reason is not None:
            self.unmatched[waiting.conversation_id] = reason

    def _place(self, waiting: Waiting) -> Reason | None:
        line = self._line(waiting.queue_id)
        if line.queue is None or line.closed:
            return line.closed
        need = self._need(line, waiting)
        if need.hopeless:
            return need.hopeless
        candidates = need.capable
        if waiting.declined:
            candidates &= ~self._decliners(need, waiting)
        case = _Case(waiting, line, line.queue, need, candidates)
        return self._choose(case) if candidates else self._overflow(case)

    def _line(self, queue_id: UUID) -> Line:
        line = self._lines.get(queue_id)
        if line is None:
            line = Line(self._roster, queue_id, self._queues.get(queue_id))
            self._lines[queue_id] = line
        return line

    def _need(self, line: Line, waiting: Waiting) -> Need:
        for until in waiting.preferred_skills.values():
            self._is_ahead(until)
        return line.need(waiting, self._now)

    def _decliners(self, need: Need, waiting: Waiting) -> Bits:
        """Those of the capable who have declined it and are left out for now."""
        found = 0
        for agent_id, until in waiting.declined.items():
            bit = self._roster.bit(agent_id) & need.capable
            if bit and self._is_ahead(until):
                found |= bit
        return found

    def _choose(self, case: _Case) -> Reason | None:
        waiting, fitting = case.waiting, case.need.fitting(case.candidates)
        if waiting.sticky_agent is not None:
            sticky = self._roster.bit(waiting.sticky_agent) & case.candidates
            if sticky & fitting:
                self._give_sticky(case, fitting, sticky)
                return None
            if sticky and self._is_ahead(waiting.queued_at + case.queue.sticky_for):
                return Reason.AWAITS_STICKY
        if not fitting:
            return self._reserve(case)
        self._give_best(case, fitting)
        return None

    def _give_sticky(self, case: _Case, fitting: Bits, sticky: Bits) -> None:
        ranked = islice(case.need.ranked(fitting ^ sticky), MAX_NAMED)
        self._give(case, fitting, [case.need.grade(sticky), *ranked], "sticky")

    def _give_best(self, case: _Case, fitting: Bits) -> None:
        best = list(islice(case.need.ranked(fitting), 1 + MAX_NAMED))
        self._give(case, fitting, best, case.need.why_first(best))

    def _give(self, case: _Case, fitting: Bits, best: list[Graded], because: Because) -> None:
        waiting, queue = case.waiting, case.queue
        _, chosen = best[0]
        self.proposals.append(
            Proposal(
                waiting.conversation_id,
                queue.id,
                self._roster.agents[chosen].id,
                waiting.weight,
                queue.mode,
                self._now + queue.offer_timeout if queue.mode is Mode.OFFER else None,
                case.need.explained(best, because, fitting, case.candidates),
            )
        )
        self._roster.give(chosen, waiting.weight)

    def _reserve(self, case: _Case) -> Reason:
        """Keep what one agent has free for the first of its queue that fits nobody for long."""
        queue = case.queue
        roomy = self._roster.unreserved_with_room(case.candidates)
        if not roomy or case.line.is_reserving:
            return Reason.ALL_BUSY
        if self._is_ahead(case.waiting.queued_at + queue.reserve_after):
            return Reason.ALL_BUSY
        case.line.is_reserving = True
        agent = self._roster.reserve(roomy)
        self.reservations[case.waiting.conversation_id] = agent.id
        return Reason.RESERVING

    def _overflow(self, case: _Case) -> Reason | None:
        waiting, queue = case.waiting, case.queue
        if queue.overflow is None or not self._is_welcome(waiting, queue):
            return Reason.ALL_DECLINED
        self.overflows.append(
            Overflow(waiting.conversation_id, queue.id, queue.overflow, case.need.overflowing())
        )
        return None

    def _is_welcome(self, waiting: Waiting, queue: QueueTerms) -> bool:
        """Tell whether not all who could take it in the overflow queue have declined it too."""
        if queue.overflow is None or queue.overflow == queue.id:
            return False
        there = self._need(self._line(queue.overflow), waiting)
        declined = self._decliners(there, waiting)
        return not there.capable or there.capable != declined

    def _is_ahead(self, instant: datetime) -> bool:
        """Tell whether it is still to come; if so, the result may change then."""
        if instant <= self._now:
            return False
        if self.wake_at is None or instant < self.wake_at:
            self.wake_at = instant
        return True
