"""Which changes of figures are more than chance, and bad: what to look at first. Pure.

Two periods are compared by the usual tests for what they are: shares by the difference of two
proportions, lengths by ranks (Mann and Whitney, 1947, with ties, since lengths come in classes),
numbers as Poisson counts. Each gives how many standard deviations the change is away from none.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from channels.records import record
from gateway.figures.definitions import Definition
from gateway.figures.reading import Reading
from gateway.figures.targets import is_met

SURE: Final = 2.5
"""Standard deviations from which a change is told: by chance alone, once in eighty for each."""

FEWEST: Final = 5
"""Cases below which nothing is said of a period."""


@record
class Candidate:
    """A figure, whole or of one group: `by` and `key` as figures are told apart, None of all."""

    figure: Definition
    now: Reading
    before: Reading
    by: str | None = None
    key: str | None = None
    target: float | None = None


@record
class Finding:
    """Why something is worth attention: it became worse by `deviations`, or misses its target."""

    candidate: Candidate
    deviations: float
    misses_target: bool


def most_worth(candidates: Iterable[Candidate], most: int) -> list[Finding]:
    """The surest first, each figure once: where a group explains it, the group."""
    found = sorted(filter(None, map(_finding, candidates)), key=_weight, reverse=True)
    firsts: dict[str, Finding] = {}
    for each in found:
        firsts.setdefault(each.candidate.figure.name, each)
    return list(firsts.values())[:most]


def _weight(finding: Finding) -> float:
    return finding.deviations + SURE * finding.misses_target


def _finding(candidate: Candidate) -> Finding | None:
    figure, now = candidate.figure, candidate.now
    if figure.better is None or now.cases < FEWEST:
        return None
    misses = is_met(figure, now.value(figure), candidate.target) is False
    grown = deviations(figure, now, candidate.before)
    worse = -grown if figure.better == "more" else grown
    if worse < SURE and not misses:
        return None
    return Finding(candidate=candidate, deviations=max(worse, 0.0), misses_target=misses)


def deviations(figure: Definition, now: Reading, before: Reading) -> float:
    """By how many standard deviations a figure has grown; 0 where too little is known."""
    if figure.kind in {"count", "level"}:
        total = now.cases + before.cases
        return (now.cases - before.cases) / math.sqrt(total) if total else 0.0
    if min(now.cases, before.cases) < FEWEST:
        return 0.0
    if figure.kind == "duration":
        return _by_ranks(now, before)
    return _by_shares(figure, now, before)


def _by_shares(figure: Definition, now: Reading, before: Reading) -> float:
    """For a balance its cases count as +1, 0 or -1."""
    variance = sum(_variance(each) / each.cases for each in (now, before))
    new, old = now.value(figure) or 0.0, before.value(figure) or 0.0
    return (new - old) / math.sqrt(variance)


def _variance(reading: Reading) -> float:
    """Of one case, with one more of each kind: a share of none or all is not sure to be that."""
    hits, against, cases = reading.hits + 1, reading.against, reading.cases + 2
    mean = (hits - against) / cases
    return (hits + against) / cases - mean**2


def _by_ranks(now: Reading, before: Reading) -> float:
    """The rank sum of the lengths now, against what it would be if both were alike."""
    rank, ranks_now, ties = 0, 0.0, 0
    for length in sorted(now.lengths.keys() | before.lengths.keys()):
        new, both = now.lengths[length], now.lengths[length] + before.lengths[length]
        ranks_now += new * (rank + (both + 1) / 2)
        rank += both
        ties += both**3 - both
    n, m, total = now.cases, before.cases, rank
    spread = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    return (ranks_now - n * (total + 1) / 2) / math.sqrt(spread) if spread > 0 else 0.0


def rising(figure: Definition, groups: Sequence[Candidate], most: int) -> list[Finding]:
    """Groups of a count that have grown beyond chance, the surest first; new ones among them."""
    grown = (
        Finding(
            candidate=each,
            deviations=deviations(figure, each.now, each.before),
            misses_target=False,
        )
        for each in groups
        if each.now.cases >= FEWEST
    )
    sure = [each for each in grown if each.deviations >= SURE]
    return sorted(sure, key=lambda each: each.deviations, reverse=True)[:most]
