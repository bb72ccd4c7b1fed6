"""What holds of every simulated day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.assignment.pools import agent_id, conversation_id, queue, queue_id
from tests.routing.simulation.teams import START, after, arrival, memoryless, plan, worker

from routing.assignment import Mode
from routing.priority import OVERTAKING_BOUND, Priority
from routing.simulation import Arrival, Ledger, Plan, Shift, Worker, simulate

minutes = st.integers(0, 240)
shifts = st.lists(minutes, min_size=2, max_size=4, unique=True).map(
    lambda edges: [Shift(after(a), after(b)) for a, b in list(pairwise(sorted(edges)))[::2]]
)
queue_ids = st.sampled_from([queue_id(1), queue_id(2)])
skills = st.sampled_from(["it", "tax"])
workers = st.builds(
    Worker,
    id=st.integers(1, 5).map(agent_id),
    name=st.just("Agent"),
    capacity=st.integers(1, 4),
    queues=st.dictionaries(queue_ids, st.integers(0, 2), min_size=1),
    skills=st.dictionaries(skills, st.integers(0, 2)),
    shifts=shifts,
    answers_after=st.integers(0, 90).map(lambda n: timedelta(seconds=n)),
    declines=st.sampled_from([0.0, 0.3]),
)
arrivals = st.builds(
    Arrival,
    conversation_id=st.integers(1, 99).map(conversation_id),
    at=minutes.map(after),
    kind=st.sampled_from(["chat", "email"]),
    queue_id=queue_ids,
    priority=st.sampled_from(Priority),
    handling=minutes.map(lambda n: timedelta(minutes=n)),
    patience=st.none() | minutes.map(lambda n: timedelta(minutes=n)),
    weight=st.integers(1, 3),
    required_skills=st.just(frozenset()) | st.frozensets(skills, max_size=1),
    preferred_skills=st.dictionaries(skills, st.just(timedelta(minutes=5)), max_size=1),
    sticky_agent=st.none() | st.integers(1, 5).map(agent_id),
)
plans = st.builds(
    Plan,
    queues=st.sampled_from([Mode.OFFER, Mode.DIRECT]).map(
        lambda mode: {
            queue_id(1): queue(1, mode=mode, overflow=queue_id(2)),
            queue_id(2): queue(2, mode=mode),
        }
    ),
    workers=st.lists(workers, min_size=1, max_size=5, unique_by=lambda each: each.id),
    until=st.integers(100, 600).map(after),
)
days = st.lists(arrivals, max_size=30, unique_by=lambda each: each.conversation_id)


def served(ledger: Ledger) -> dict[UUID, list[tuple[datetime, datetime, int]]]:
    """By agent: from when until when they had what, and its weight."""
    found = defaultdict(list)
    for stay in ledger.stays.values():
        if stay.answered_at is not None and stay.agent_id is not None:
            ends_at = stay.answered_at + stay.arrival.handling
            found[stay.agent_id].append((stay.answered_at, ends_at, stay.arrival.weight))
    return found


@given(plans, days)
def test_nothing_is_lost_and_nothing_happens_twice(team: Plan, coming: list[Arrival]) -> None:
    ledger = simulate(team, coming)
    due = {each.conversation_id for each in coming if each.at <= team.until}
    assert ledger.stays.keys() == due
    for stay in ledger.stays.values():
        assert stay.answered_at is None or stay.gave_up_at is None
        patience, end = stay.arrival.patience, stay.answered_at or stay.gave_up_at
        left_at = team.until if end is None else end
        assert patience is None or left_at <= stay.arrival.at + patience
        assert stay.gave_up_at is None or patience == stay.gave_up_at - stay.arrival.at


@given(plans, days)
def test_nobody_has_more_than_their_capacity(team: Plan, coming: list[Arrival]) -> None:
    ledger = simulate(team, coming)
    capacities = {each.id: each.capacity for each in team.workers}
    for worker_id, spans in served(ledger).items():
        for instant, _, _ in spans:
            held = sum(weight for begin, end, weight in spans if begin <= instant < end)
            assert held <= capacities[worker_id]


@given(plans, days)
def test_work_is_given_on_shift_to_who_serves_the_queue_and_able(
    team: Plan, coming: list[Arrival]
) -> None:
    known = {each.id: each for each in team.workers}
    for stay in simulate(team, coming).stays.values():
        if stay.answered_at is None or stay.agent_id is None:
            continue
        one = known[stay.agent_id]
        given_at = stay.answered_at
        if team.queues[stay.queue_id].mode is Mode.OFFER:
            given_at -= one.answers_after
        assert any(each.begins_at <= given_at < each.ends_at for each in one.shifts)
        assert stay.queue_id in one.queues
        assert stay.arrival.required_skills <= one.skills.keys()


@given(plans, days)
def test_the_same_day_comes_out_the_same(team: Plan, coming: list[Arrival]) -> None:
    first, again = (simulate(team, each) for each in (coming, list(coming)))
    assert first == again


@given(st.lists(st.tuples(minutes, st.integers(1, 60)), min_size=1, max_size=30))
def test_one_agent_makes_wait_by_lindleys_recursion(day: Sequence[tuple[int, int]]) -> None:
    """W' = max(0, W + handling - gap) (Lindley 1952), exactly."""
    coming = [arrival(n, at, handling) for n, (at, handling) in enumerate(sorted(day))]
    found = [stay.wait for stay in simulate(plan(worker(1)), coming).stays.values()]
    wait, expected = timedelta(0), []
    for now, following in pairwise([*coming, replace(coming[-1], at=after(10_000))]):
        expected.append(wait)
        wait = max(timedelta(0), wait + now.handling - (following.at - now.at))
    assert found == expected


def test_one_who_can_do_four_at_once_serves_as_four_do() -> None:
    coming = memoryless(500, 20, 10, seed=3)
    alone, four = (
        [stay.wait for stay in simulate(plan(*team), coming).stays.values()]
        for team in ([worker(1, 4)], [worker(n) for n in range(4)])
    )
    assert alone == four
    assert any(alone)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1440), st.sampled_from(Priority)), max_size=40))
def test_overtaking_is_bounded(day: list[tuple[int, Priority]]) -> None:
    coming = [arrival(n, at, 40, priority=priority) for n, (at, priority) in enumerate(sorted(day))]
    ledger = simulate(plan(worker(1)), coming)
    assert ledger.longest_overtake < OVERTAKING_BOUND
    if len({priority for _, priority in day}) < 2:
        assert not ledger.overtakes


def test_urgent_ones_overtake_and_that_is_counted() -> None:
    coming = [arrival(0, 0), arrival(1, 1), arrival(2, 2, priority=Priority.URGENT)]
    ledger = simulate(plan(worker(1)), coming)
    assert (ledger.overtakes, ledger.longest_overtake) == (1, timedelta(minutes=1))


def test_offers_take_their_time_expire_and_are_declined() -> None:
    """The first never answers in time, the second declines, the third takes it."""
    better = {queue_id(1): 2}
    team = plan(
        worker(1, answers_after=timedelta(minutes=2), queues={queue_id(1): 3}),
        worker(2, declines=1.0, answers_after=timedelta(seconds=10), queues=better),
        worker(3, answers_after=timedelta(seconds=20)),
        mode=Mode.OFFER,
    )
    ledger = simulate(team, [arrival(1, 0)])
    [stay] = ledger.stays.values()
    assert (ledger.expired, ledger.declined) == (1, 1)
    assert stay.agent_id == agent_id(3)
    assert stay.wait == timedelta(minutes=1, seconds=30)


def test_who_gives_up_while_offered_leaves_the_agent_free() -> None:
    team = plan(worker(1, answers_after=timedelta(seconds=60)), mode=Mode.OFFER)
    coming = [arrival(1, 0, patience=timedelta(seconds=30)), arrival(2, 40 / 60)]
    first, second = simulate(team, coming).stays.values()
    assert (first.gave_up_at, first.answered_at) == (after(0.5), None)
    assert second.wait == timedelta(seconds=60)


def test_the_matcher_is_woken_when_it_asked_to_be() -> None:
    """Nothing else happens when the preferred skill is insisted on no longer."""
    preferred = {"it": timedelta(minutes=5)}
    [stay] = simulate(plan(worker(1)), [arrival(1, 0, preferred_skills=preferred)]).stays.values()
    assert stay.wait == timedelta(minutes=5)


def test_what_all_decline_overflows() -> None:
    queues = {queue_id(1): queue(overflow=queue_id(2)), queue_id(2): queue(2)}
    team = plan(worker(1, declines=1.0), worker(2, queues={queue_id(2): 1}), queues=queues)
    ledger = simulate(team, [arrival(1, 0)])
    [stay] = ledger.stays.values()
    assert (ledger.overflows, stay.queue_id, stay.agent_id) == (1, queue_id(2), agent_id(2))


def test_who_goes_home_finishes_what_they_have() -> None:
    shift = [Shift(START, after(15))]
    ledger = simulate(
        plan(worker(1, shifts=shift), until=after(60)), [arrival(1, 10), arrival(2, 12)]
    )
    first, second = ledger.stays.values()
    assert first.answered_at == after(10)
    assert (second.answered_at, second.gave_up_at) == (None, None)
    [work] = ledger.work.values()
    assert (work.at_work, work.load_time) == (timedelta(minutes=20), timedelta(minutes=10))


def test_large_ones_have_capacity_kept_and_that_is_counted() -> None:
    coming = [arrival(n, n * 5, 20) for n in range(24)]
    ledger = simulate(plan(worker(1, 4)), [*coming, arrival(99, 6, 20, weight=3)])
    assert ledger.reserved == {conversation_id(99)}
    wait = ledger.stays[conversation_id(99)].wait
    assert wait is not None
    assert wait <= timedelta(minutes=10 + 20)
