"""What theory says of queues: Poisson arrivals, exponential handling, servers that are alike."""

from itertools import accumulate


def erlang_c(servers: int, load: float) -> float:
    """The probability to wait (Erlang 1917), where the load, in servers, is less than these."""
    blocked = 1.0  # Erlang B, by its recursion
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(servers: int, load: float, handling: float) -> float:
    """The mean wait of all, those who do not wait included, in the unit of `handling`."""
    return erlang_c(servers, load) * handling / (servers - load)


def erlang_a(servers: int, load: float, handling: float, patience: float) -> tuple[float, float]:
    """The share who give up, and how many wait on average, with exponential patience (Palm 1957).

    From the balance of the birth-death process, whose far end has no weight.
    """
    per_arrival = load / handling  # arrivals in a unit of time

    def departures(there: int) -> float:
        return min(there, servers) / handling + max(there - servers, 0) / patience

    states = range(1, servers + 2000)
    ratios = (per_arrival / departures(there) for there in states)
    weights = [1.0, *accumulate(ratios, lambda weight, ratio: weight * ratio)]
    whole = sum(weights)
    waiting = sum(max(n - servers, 0) * weight for n, weight in enumerate(weights)) / whole
    return waiting / patience / per_arrival, waiting
