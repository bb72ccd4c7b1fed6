"""Urgent goes first, but nothing waits for ever."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from routing.priority import OVERTAKING_BOUND, Priority, effective_at

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)
PRIORITIES = st.sampled_from(Priority)
GAPS = st.timedeltas(timedelta(microseconds=1), timedelta(days=2))


def test_priorities_compare_by_urgency_not_by_name() -> None:
    ordered = [Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT]
    assert sorted(Priority, key=str) != ordered
    assert sorted(ordered) == ordered
    for lower, higher in pairwise(ordered):
        assert lower < higher
        assert lower <= higher
        assert higher > lower
        assert higher >= lower
        assert not lower > higher


def test_of_two_at_once_the_more_urgent_goes_first() -> None:
    ordered = sorted(Priority, key=lambda priority: effective_at(NOW, priority))
    assert ordered == [Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW]


@given(PRIORITIES, GAPS)
def test_equal_priorities_are_served_first_come_first_served(
    priority: Priority, gap: timedelta
) -> None:
    assert effective_at(NOW, priority) < effective_at(NOW + gap, priority)


@given(PRIORITIES, PRIORITIES, GAPS)
def test_overtaking_is_bounded(waiting: Priority, later: Priority, gap: timedelta) -> None:
    overtakes = effective_at(NOW + gap, later) < effective_at(NOW, waiting)
    assert overtakes == (gap < later.boost - waiting.boost)
    assert not (overtakes and gap >= OVERTAKING_BOUND)


def test_the_bound_is_sharp() -> None:
    arrival = NOW + OVERTAKING_BOUND - timedelta(microseconds=1)
    assert effective_at(arrival, Priority.URGENT) < effective_at(NOW, Priority.LOW)
