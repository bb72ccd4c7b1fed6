"""The agents of a pool during a pass: who is able, who has room, who goes first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TypeVar
from uuid import UUID

from routing.assignment.bits import Bits, members, union
from routing.assignment.explanation import MAX_NAMED, Passed, Standing
from routing.assignment.load_order import LoadOrder
from routing.assignment.model import AgentState

Grades = Mapping[int, Bits]
"""Proficiency to the agents who have it."""


Key = TypeVar("Key", UUID, str)


class Roster:
    """Agents, and their loads as the pass adds to them: what is free only ever shrinks.

    They are numbered by how long they are idle, the longest first, then by id.
    """

    def __init__(self, agents: Sequence[AgentState]) -> None:
        self.agents = sorted(agents, key=lambda agent: (agent.idle_since, agent.id))
        self._bits = {agent.id: 1 << number for number, agent in enumerate(self.agents)}
        self.loads = [agent.load for agent in self.agents]
        self.reserved: Bits = 0
        self._queues = _graded(agent.queues for agent in self.agents)
        self._skills = _graded(agent.skills for agent in self.agents)
        self._having_skill = {
            skill: union(grades.values()) for skill, grades in self._skills.items()
        }
        self._capable: dict[int, Bits] = {}
        self._with_room: dict[int, Bits] = {}
        self._order = LoadOrder(self.agents)

    def bit(self, agent_id: UUID) -> Bits:
        """The set of this agent alone; empty where they are not here."""
        return self._bits.get(agent_id, 0)

    def serving(self, queue_id: UUID) -> Bits:
        return union(self._queues.get(queue_id, {}).values())

    def skilled(self, skills: Iterable[str]) -> Bits:
        """Those who have all of the skills."""
        found = (1 << len(self.agents)) - 1
        for skill in skills:
            found &= self._having_skill.get(skill, 0)
        return found

    def grades(self, queue_id: UUID, skills: Iterable[str]) -> list[tuple[int, Bits]]:
        """Proficiencies for the queue and the skills together, highest first, and who has them."""
        grades = self._queues.get(queue_id, {})
        for skill in skills:
            grades = _added(grades, self._skills.get(skill, {}))
        return sorted(grades.items(), reverse=True)

    def capable(self, weight: int) -> Bits:
        """Those whose whole capacity is enough for the weight."""
        if weight not in self._capable:
            self._capable[weight] = self._where(weight, [0] * len(self.agents))
        return self._capable[weight]

    def with_room(self, weight: int) -> Bits:
        """Those who have so much free, reserved or not."""
        if weight not in self._with_room:
            self._with_room[weight] = self._where(weight, self.loads)
        return self._with_room[weight]

    def free(self, number: int) -> int:
        return self.agents[number].capacity - self.loads[number]

    def unreserved_with_room(self, among: Bits) -> Bits:
        """Those with anything free that is not reserved."""
        return among & self.with_room(1) & ~self.reserved

    def reserve(self, among: Bits) -> AgentState:
        """Reserve the one who has most free.

        Of equals it is the first by id, which does not change from pass to pass.
        """
        roomiest = min(members(among), key=lambda n: (-self.free(n), self.agents[n].id))
        self.reserved |= 1 << roomiest
        return self.agents[roomiest]

    def by_load(self, among: Bits) -> Iterator[int]:
        """Order agents who have room: see `LoadOrder`. What is given meanwhile spoils it."""
        return self._order.of(among)

    def ratio(self, number: int) -> float:
        """The load for the capacity, of one who has any."""
        return self.loads[number] / self.agents[number].capacity

    def differ_in_idleness(self, first: int, second: int) -> bool:
        """Tell it of two in their order: what is given in the pass ends being idle."""
        return self._order.was_given(second) or (
            self.agents[first].idle_since != self.agents[second].idle_since
        )

    def standing(self, number: int, proficiency: int) -> Standing:
        agent = self.agents[number]
        return {
            "agent": self._names[number],
            "proficiency": proficiency,
            "load": self.loads[number],
            "capacity": agent.capacity,
            "idle_since": self._idle_since[number],
        }

    def passed(self, agents: Bits) -> Passed:
        """Count agents who were passed over, and name the first."""
        named = [self._names[n] for n in islice(members(agents), MAX_NAMED)]
        return {"count": agents.bit_count(), "first": named}

    def give(self, number: int, weight: int) -> None:
        """Add to an agent's load."""
        self.loads[number] += weight
        free, bit = self.free(number), 1 << number
        for size, bits in self._with_room.items():
            if free < size and bits & bit:
                self._with_room[size] = bits ^ bit
        self._order.move(number, self.ratio(number), leaves=free <= 0)

    @cached_property
    def _names(self) -> list[str]:
        return [str(agent.id) for agent in self.agents]

    @cached_property
    def _idle_since(self) -> list[str]:
        return [agent.idle_since.isoformat() for agent in self.agents]

    def _where(self, weight: int, loads: Sequence[int]) -> Bits:
        return union(
            1 << number
            for number, (agent, load) in enumerate(zip(self.agents, loads, strict=True))
            if agent.capacity - load >= weight
        )


def _graded(owned: Iterable[Mapping[Key, int]]) -> dict[Key, dict[int, Bits]]:
    found: dict[Key, dict[int, Bits]] = {}
    for number, grades in enumerate(owned):
        for key, proficiency in grades.items():
            sets = found.setdefault(key, {})
            sets[proficiency] = sets.get(proficiency, 0) | 1 << number
    return found


def _added(grades: Grades, more: Grades) -> dict[int, Bits]:
    """Sums of two proficiencies; who has not the second keeps the first."""
    found: dict[int, Bits] = defaultdict(int)
    for proficiency, those in grades.items():
        rest = those
        for extra, having in more.items():
            found[proficiency + extra] |= those & having
            rest &= ~having
        found[proficiency] |= rest
    return {proficiency: those for proficiency, those in found.items() if those}
