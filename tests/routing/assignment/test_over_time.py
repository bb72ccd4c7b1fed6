"""What holds over many passes: bounds of overtaking and waiting, nothing lost."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.assignment.office import Office
from tests.routing.assignment.pools import (
    NOW,
    agent,
    agent_id,
    conversation_id,
    minutes,
    queue,
    queue_id,
    waiting,
)

from routing.priority import OVERTAKING_BOUND, Priority, effective_at

MAX_HANDLING = minutes(30)
handlings = st.timedeltas(minutes(1), MAX_HANDLING)
arrivals = st.lists(
    st.tuples(
        st.timedeltas(timedelta(0), OVERTAKING_BOUND * 1.5),
        st.sampled_from(Priority),
        st.timedeltas(minutes(30), minutes(240)),
    ),
    min_size=2,
    max_size=30,
)


@given(arrivals, st.integers(1, 3))
def test_overtaking_is_bounded(
    coming: list[tuple[timedelta, Priority, timedelta]], capacity: int
) -> None:
    waits, handling = [], {}
    for number, (after, priority, held) in enumerate(sorted(coming)):
        at = NOW + after
        waits.append(waiting(number, queued_at=at, effective_at=effective_at(at, priority)))
        handling[conversation_id(number)] = held
    office = Office({queue_id(1): queue()}, [agent(1, capacity)], handling)
    office.run(waits)
    assert len(office.given) == len(waits)
    for first, later in ((a, b) for n, a in enumerate(office.given) for b in office.given[n + 1 :]):
        if first.at < later.at:  # `first` went before `later`, perhaps out of turn
            assert first.waiting.queued_at - later.waiting.queued_at < OVERTAKING_BOUND
            here = later.waiting.queued_at <= first.at
            assert not here or first.waiting.effective_at <= later.waiting.effective_at


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.timedeltas(minutes(0.1), minutes(4)), handlings), min_size=100, max_size=100
    ),
    st.lists(st.integers(3, 5), min_size=1, max_size=3),
)
def test_a_large_one_is_served_in_bounded_time(
    small: list[tuple[timedelta, timedelta]], capacities: list[int]
) -> None:
    """However small ones rush in, whoever lacks least is left alone until it fits."""
    at, waits, handling = NOW, [], {}
    for number, (gap, held) in enumerate(small, 1):
        at += gap
        waits.append(waiting(number, queued_at=at, effective_at=at))
        handling[conversation_id(number)] = held
    large = waiting(0, queued_at=NOW + minutes(30), effective_at=NOW + minutes(30), weight=3)
    handling[large.conversation_id] = minutes(1)
    waits = sorted([*waits, large], key=lambda each: each.queued_at)
    office = Office(
        {queue_id(1): queue()},
        [agent(n, capacity) for n, capacity in enumerate(capacities)],
        handling,
    )
    office.run(waits)
    assert len(office.given) == len(waits)
    [served_at] = [each.at for each in office.given if each.waiting is large]
    assert served_at <= large.queued_at + queue().reserve_after + large.weight * MAX_HANDLING


@given(
    st.lists(st.tuples(st.timedeltas(minutes(0), minutes(20)), handlings), min_size=2, max_size=20)
)
def test_stickiness_delays_by_its_bound_at_most(coming: list[tuple[timedelta, timedelta]]) -> None:
    """Another agent has room all the time, and gets what has waited long enough for its own."""
    waits, handling = [], {}
    for number, (after, held) in enumerate(sorted(coming)):
        at = NOW + after
        waits.append(waiting(number, queued_at=at, effective_at=at, sticky_agent=agent_id(1)))
        handling[conversation_id(number)] = held
    office = Office({queue_id(1): queue()}, [agent(1), agent(2, len(waits))], handling)
    office.run(waits)
    assert len(office.given) == len(waits)
    for each in office.given:
        assert each.at <= each.waiting.queued_at + queue().sticky_for
        assert (
            each.agent_id == agent_id(1) or each.at == each.waiting.queued_at + queue().sticky_for
        )
