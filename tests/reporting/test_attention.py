"""What stands out does so by the usual tests, and chance alone seldom does."""

import math
from collections import Counter
from itertools import product
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gateway.figures.definitions import DEFINITIONS
from gateway.figures.reading import Reading
from gateway.reporting.attention import SURE, Candidate, deviations, most_worth, rising

RESPONSE, CSAT, BACKLOG, NEW, NPS = (
    DEFINITIONS[name] for name in ("response", "csat", "backlog", "new", "nps")
)


def lengths(buckets: list[int]) -> Reading:
    return Reading(cases=len(buckets), hits=len(buckets), lengths=Counter(buckets))


def share(hits: int, cases: int) -> Reading:
    return Reading(cases=cases, hits=hits, lengths=Counter({0: cases}))


BUCKETS = st.lists(st.integers(1, 12), min_size=5, max_size=25)


@given(BUCKETS, BUCKETS)
def test_lengths_are_compared_as_mann_and_whitney_have_it(
    now: list[int], before: list[int]
) -> None:
    """Their U, counted pair by pair, with the variance for ties."""
    u = sum((a > b) + (a == b) / 2 for a, b in product(now, before))
    n, m = len(now), len(before)
    total = n + m
    ties = sum(number**3 - number for number in Counter(now + before).values())
    variance = n * m / 12 * ((total + 1) - ties / (total * (total - 1)))
    expected = (u - n * m / 2) / math.sqrt(variance) if variance > 0 else 0.0
    assert math.isclose(deviations(RESPONSE, lengths(now), lengths(before)), expected, abs_tol=1e-9)


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_change_back_is_as_large(one: int, other: int) -> None:
    first, second = share(one, 40), share(other, 40)
    there, back = deviations(CSAT, first, second), deviations(CSAT, second, first)
    assert math.isclose(there, -back, abs_tol=1e-9)
    assert (there > 0) == (one > other)


def test_chance_alone_seldom_stands_out() -> None:
    draw = Random(7)

    def drawn() -> Reading:
        return share(sum(draw.random() < 0.8 for _ in range(60)), 60)

    found = sum(abs(deviations(CSAT, drawn(), drawn())) >= SURE for _ in range(2_000))
    assert found < 2_000 * 0.03


def test_a_balance_counts_those_against() -> None:
    now, before = share(20, 100), share(20, 100)
    now.against = 60
    assert deviations(NPS, now, before) < -SURE


def test_what_became_better_or_is_too_little_is_passed_over() -> None:
    quick, slow = lengths([3] * 50), lengths([9] * 50)
    assert most_worth([Candidate(RESPONSE, quick, slow)], 3) == []
    assert most_worth([Candidate(RESPONSE, lengths([9] * 4), quick)], 3) == []
    [found] = most_worth([Candidate(RESPONSE, slow, quick)], 3)
    assert found.deviations > SURE


def test_each_figure_is_told_once_where_it_is_worst() -> None:
    calm = Candidate(RESPONSE, lengths([3] * 100 + [9] * 20), lengths([3] * 120))
    cause = Candidate(RESPONSE, lengths([9] * 60), lengths([3] * 60), "queue", "billing")
    piled = Candidate(BACKLOG, share(90, 90), share(20, 20))
    found = most_worth([calm, cause, piled], 3)
    assert {each.candidate.key for each in found} == {"billing", None}
    assert len(found) == 2


def test_a_missed_target_is_told_though_nothing_has_changed() -> None:
    same = share(60, 100)
    [found] = most_worth([Candidate(CSAT, same, same, target=0.9)], 3)
    assert (found.misses_target, found.deviations) == (True, 0.0)
    assert most_worth([Candidate(CSAT, same, same, target=0.5)], 3) == []


def test_types_that_rise_are_told_new_ones_among_them() -> None:
    groups = [
        Candidate(NEW, share(30, 30), share(0, 0), "type", "recall"),
        Candidate(NEW, share(31, 31), share(30, 30), "type", "order"),
        Candidate(NEW, share(3, 3), share(0, 0), "type", "typo"),
    ]
    assert [each.candidate.key for each in rising(NEW, groups, 3)] == ["recall"]
