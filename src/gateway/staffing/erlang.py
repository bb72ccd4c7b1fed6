"""What customers meet who come to so many servers, by queueing theory.

Arrivals are Poisson, handling and patience exponential, servers alike, the first who came the first
served. Without patience this is Erlang C (A. K. Erlang 1917), with it Erlang A (C. Palm 1957).
"""

from dataclasses import dataclass
from math import exp, expm1, inf, log

NEGLIGIBLE = 1e-16
LARGE = 1e200


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes: `arrivals` an hour that take `handling_s` seconds each, on average.

    `patience_s` is after how many seconds who waits gives up, on average; None: nobody does.
    """

    arrivals: float
    handling_s: float
    patience_s: float | None = None

    @property
    def load(self) -> float:
        """How many servers it keeps busy (erlangs)."""
        return self.arrivals / 3600 * self.handling_s


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to expect in the long run; the shares are of all who come.

    `answered` within the time asked about; `waiting`, those who wait at all; `abandoned`, those who
    give up. `wait_s` is the mean wait in seconds of all, also of those who do not wait or give up;
    None where the queue only grows. `occupancy` is the share of time that servers are busy.
    """

    answered: float
    waiting: float
    wait_s: float | None
    abandoned: float
    occupancy: float


def outlook(demand: Demand, servers: int, within_s: float) -> Outlook:
    """What who comes to `servers` (1 or more) meets; `within_s` is more than 0."""
    if demand.load == 0:
        return Outlook(answered=1.0, waiting=0.0, wait_s=0.0, abandoned=0.0, occupancy=0.0)
    if demand.patience_s is None:
        return _erlang_c(demand, servers, within_s)
    return _erlang_a(demand, servers, within_s, demand.patience_s)


def _erlang_c(demand: Demand, servers: int, within_s: float) -> Outlook:
    load = demand.load
    if servers <= load:
        return Outlook(answered=0.0, waiting=1.0, wait_s=None, abandoned=0.0, occupancy=1.0)
    spare = servers - load
    waiting = 1 / (1 + (_idle_over_full(load, servers) - 1) * spare / servers)
    return Outlook(
        answered=1 - waiting * exp(-spare * within_s / demand.handling_s),
        waiting=waiting,
        wait_s=waiting * demand.handling_s / spare,
        abandoned=0.0,
        occupancy=load / servers,
    )


def _idle_over_full(load: float, servers: int) -> float:
    """All states up to `servers` busy over that last one: one over Erlang B, by its recursion."""
    ratio = 1.0
    for busy in range(1, servers + 1):
        ratio = 1 + ratio * busy / load
    return ratio


def _erlang_a(demand: Demand, servers: int, within_s: float, patience_s: float) -> Outlook:
    """Sum over how many wait when a customer comes and finds every server busy.

    Who comes behind `queued` others and has endless patience waits a time W for which
    exp(-W / patience) has the Beta distribution of (rate of service * patience, queued + 1): a sum
    of exponential times whose rates rise by one step each. Patience ends before W with
    probability 1 - E exp(-W / patience).
    """
    if (less := _idle_over_full(demand.load, servers) - 1) == inf:
        return Outlook(1.0, 0.0, 0.0, 0.0, demand.load / servers)
    arriving = demand.arrivals / 3600 * patience_s
    served = servers / demand.handling_s * patience_s
    within = _Within(served + 1, within_s / patience_s)
    full = queue = answered = 0.0
    weight, unit, queued = 1.0, 1.0, 0  # unit: what the weight of nobody queued has become
    while True:
        full += weight
        queue += weight * queued
        answered += weight * served / (served + queued + 1) * within.share(queued)
        queued += 1
        weight *= arriving / (served + queued)
        if weight > LARGE:
            weight, unit, full, queue, answered = (
                value / LARGE for value in (weight, unit, full, queue, answered)
            )
        if arriving < served + queued and weight < NEGLIGIBLE * full:
            break
    whole = unit * less + full
    abandoned = queue / whole / arriving
    return Outlook(
        answered=min(1.0, (unit * less + answered) / whole),
        waiting=full / whole,
        wait_s=abandoned * patience_s,
        abandoned=abandoned,
        occupancy=min(1.0, demand.load * (1 - abandoned) / servers),
    )


class _Within:
    """The share of those who keep waiting that is served in time, for 0, 1, 2... before them.

    One less the regularised incomplete beta function I_x(p, queued + 1), x = exp(-time / patience):
    a sum whose terms are taken as logarithms, since the first may be too small for a float.
    """

    def __init__(self, p: float, patiences: float) -> None:
        self._p = p
        self._term = -p * patiences
        self._step = log(-expm1(-patiences))
        self._late = exp(self._term)

    def share(self, queued: int) -> float:
        """Asked in the order of `queued`."""
        if queued:
            self._term += self._step + log((self._p + queued - 1) / queued)
            self._late += exp(self._term)
        return max(0.0, 1 - self._late)
