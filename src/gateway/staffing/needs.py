"""How many agents a wanted service takes."""

from dataclasses import dataclass
from math import ceil

from gateway.staffing.erlang import Demand, Outlook, outlook

AROUND = 2
"""So many agents fewer and more are shown beside what is needed."""


@dataclass(frozen=True, slots=True)
class Aim:
    """`share` (below 1) of all who come answered within `within_s` seconds.

    Agents are busy for `occupancy` of their time at most, each with `concurrency` conversations at
    once; `shrinkage` is the share of paid time in which they are not at work: breaks, training.
    """

    share: float
    within_s: float
    occupancy: float = 1.0
    concurrency: int = 1
    shrinkage: float = 0.0

    def is_met(self, found: Outlook) -> bool:
        return found.answered >= self.share and found.occupancy <= self.occupancy


@dataclass(frozen=True, slots=True)
class Needs:
    """`agents` at work at once, `rostered` to have them; `around` is what so many others give."""

    agents: int
    rostered: int
    around: dict[int, Outlook]


def needs(demand: Demand, aim: Aim) -> Needs:
    """The fewest agents that meet an aim; seconds of work for thousands: not for the event loop."""

    def met(agents: int) -> bool:
        return aim.is_met(_with(demand, aim, agents))

    few, enough = 0, max(1, ceil(demand.load / aim.concurrency))
    while not met(enough):
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if met(middle) else (middle, enough)
    shown = range(max(1, enough - AROUND), enough + AROUND + 1)
    return Needs(
        agents=enough,
        rostered=ceil(enough / (1 - aim.shrinkage) - 1e-9),
        around={agents: _with(demand, aim, agents) for agents in shown},
    )


def _with(demand: Demand, aim: Aim, agents: int) -> Outlook:
    return outlook(demand, agents * aim.concurrency, aim.within_s)
