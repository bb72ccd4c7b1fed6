"""The order in which agents of equal proficiency are given work."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Sequence

from routing.assignment.bits import Bits, members
from routing.assignment.model import AgentState


class LoadOrder:
    """The agents who have room: by load for their capacity, who was given nothing yet, idleness.

    Those who were given something follow in the order in which they were given it last.
    """

    def __init__(self, agents: Sequence[AgentState]) -> None:
        self._ratio_of: dict[int, float] = {}
        self._idle: dict[float, Bits] = defaultdict(int)
        self._given: dict[float, dict[int, Bits]] = defaultdict(dict)
        self._have_been_given: Bits = 0
        for number, agent in enumerate(agents):
            if agent.load < agent.capacity:
                self._ratio_of[number] = ratio = agent.load / agent.capacity
                self._idle[ratio] |= 1 << number
        self._ratios = sorted(self._idle)

    def of(self, among: Bits) -> Iterator[int]:
        for ratio in self._ratios:
            if idle := self._idle[ratio] & among:
                yield from members(idle)
                among ^= idle
            if not among:
                return
            for number, bit in self._given[ratio].items():
                if bit & among:
                    yield number
                    among ^= bit

    def was_given(self, number: int) -> bool:
        return bool(self._have_been_given >> number & 1)

    def move(self, number: int, ratio: float, *, leaves: bool) -> None:
        """Put an agent behind those of the new ratio, or out of the order."""
        before, bit = self._ratio_of.pop(number), 1 << number
        self._idle[before] &= ~bit
        self._given[before].pop(number, None)
        self._have_been_given |= bit
        if not (self._idle[before] or self._given[before]):
            self._ratios.remove(before)
        if leaves:
            return
        if not (self._idle[ratio] or self._given[ratio]):
            insort(self._ratios, ratio)
        self._ratio_of[number] = ratio
        self._given[ratio][number] = bit
