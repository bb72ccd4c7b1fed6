"""Simulated teams wait as theory says, within the error that the run itself shows."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import mean, stdev

from tests.routing.simulation.teams import memoryless, plan, worker

from gateway.staffing.erlang import Demand, outlook
from routing.simulation import Ledger, simulate

ARRIVALS = 12_000
FIVE_MINUTES = timedelta(minutes=5)
WARM_UP = 500
BATCHES = 20
ERRORS = 4.0
"""Standard errors that a mean may be off: by chance once in 10,000 runs, and the seed is fixed."""


def batch_means(values: Sequence[float]) -> list[float]:
    """Means of long stretches, which hardly depend on each other as their values do."""
    size = len(values) // BATCHES
    return [mean(values[n * size : (n + 1) * size]) for n in range(BATCHES)]


def assert_agrees(values: Sequence[float], theory: float, *, within: float) -> None:
    """`within` is how exact the run must be for that to say something, as a share of the theory."""
    batches = batch_means(values[WARM_UP:])
    error = stdev(batches) / BATCHES**0.5
    assert error < within * theory
    assert abs(mean(batches) - theory) < ERRORS * error


def waits(ledger: Ledger) -> list[float]:
    """In minutes, by arrival; those who gave up are left out."""
    stays = ledger.stays.values()
    return [stay.wait.total_seconds() / 60 for stay in stays if stay.wait is not None]


def test_waits_are_those_of_erlang_c() -> None:
    """Four agents, 20 an hour at 10 minutes each: a load of 3.33, or 83 %."""
    coming = memoryless(ARRIVALS, 20, 10, seed=1)
    found = waits(simulate(plan(*map(worker, range(4))), coming))
    assert len(found) == ARRIVALS
    theory = outlook(Demand(20, 600), 4, within_s=300)
    assert theory.wait_s is not None
    assert_agrees(found, theory.wait_s / 60, within=0.15)
    assert_agrees([float(wait > 0) for wait in found], theory.waiting, within=0.05)
    assert_agrees([float(wait <= 5) for wait in found], theory.answered, within=0.1)


def test_who_gives_up_is_as_many_as_erlang_a_says() -> None:
    """Four agents with more to do than they can, and customers who wait 15 minutes on average."""
    coming = memoryless(ARRIVALS, 30, 10, patience=15, seed=2)
    ledger = simulate(plan(*map(worker, range(4))), coming)
    theory = outlook(Demand(30, 600, 900), 4, within_s=300)
    assert theory.wait_s is not None
    stays = list(ledger.stays.values())
    given_up = [float(stay.gave_up_at is not None) for stay in stays]
    assert_agrees(given_up, theory.abandoned, within=0.05)
    ends = [stay.answered_at or stay.gave_up_at for stay in stays]
    spent = [
        (end - stay.arrival.at).total_seconds() / 60
        for stay, end in zip(stays, ends, strict=True)
        if end is not None
    ]
    assert_agrees(spent, theory.wait_s / 60, within=0.05)
    in_time = [float(stay.wait is not None and stay.wait <= FIVE_MINUTES) for stay in stays]
    assert_agrees(in_time, theory.answered, within=0.1)
