"""A pool over time: what arrives is matched, held for a while, and leaves its agent free again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from routing.assignment import AgentState, Matching, PoolState, QueueTerms, Waiting, match


@dataclass(frozen=True, slots=True)
class Given:
    """Who was given what, when."""

    waiting: Waiting
    agent_id: UUID
    at: datetime


@dataclass
class Office:
    """Agents without other work; everything that they are given is held for its `handling`.

    The matcher runs at each arrival, each departure, and when it asked to be woken.
    """

    queues: Mapping[UUID, QueueTerms]
    agents: Sequence[AgentState]
    handling: Mapping[UUID, timedelta]
    given: list[Given] = field(default_factory=list)
    waiting: dict[UUID, Waiting] = field(default_factory=dict)
    reserved: dict[UUID, datetime] = field(default_factory=dict)
    loads: defaultdict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    _departures: list[tuple[datetime, UUID, UUID, int]] = field(default_factory=list)
    _wake_at: datetime | None = None

    def run(self, arrivals: Sequence[Waiting]) -> None:
        """Serve all that arrives, which comes by `queued_at`, until the last has left."""
        coming = list(arrivals)[::-1]
        while coming or self._departures or (self.waiting and self._wake_at):
            instants = [self._departures[0][0]] if self._departures else []
            instants += [coming[-1].queued_at] if coming else []
            instants += [self._wake_at] if self._wake_at else []
            now = min(instants)
            while self._departures and self._departures[0][0] <= now:
                _, _, agent_id, weight = heappop(self._departures)
                self.loads[agent_id] -= weight
            while coming and coming[-1].queued_at <= now:
                said = coming.pop()
                self.waiting[said.conversation_id] = said
            self._match(now)

    def _match(self, now: datetime) -> None:
        agents = [replace(agent, load=self.loads[agent.id]) for agent in self.agents]
        matching = match(PoolState(self.queues, list(self.waiting.values()), agents), now)
        self._wake_at = matching.wake_at
        for conversation_id in matching.reservations:
            self.reserved.setdefault(conversation_id, now)
        self._apply(matching, now)

    def _apply(self, matching: Matching, now: datetime) -> None:
        for proposal in matching.proposals:
            said = self.waiting.pop(proposal.conversation_id)
            self.given.append(Given(said, proposal.agent_id, now))
            self.loads[proposal.agent_id] += said.weight
            leaves_at = now + self.handling[said.conversation_id]
            departure = (leaves_at, said.conversation_id, proposal.agent_id, said.weight)
            heappush(self._departures, departure)
