"""Clocks beside an oracle that lives through a conversation minute by minute."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.business_time import AroundTheClock, BusinessTime
from routing.calendars import Calendar, Span
from routing.clocks import Clock, Clocks, End, Metric, Occurrence, Sign, Turn, folded, follow
from routing.priority import Priority
from routing.sla import Due, Policy, State, WarningRule, due, elapsed, next_sign, reached, state

FRIDAY = datetime(2026, 11, 27, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFFICE = BusinessTime(
    Calendar(ZoneInfo("Europe/Rome"), ((Span(time(9), time(18)),),) * 5 + ((),) * 2)
)
WARNS = WarningRule(percent=80)


def at(minutes: float) -> datetime:
    return FRIDAY + minutes * MINUTE


def lived(*turns: tuple[Turn, float]) -> Clocks:
    return folded(Occurrence(turn, at(minutes)) for turn, minutes in turns)


def spans(clocks: Clocks, metric: Metric) -> list[tuple[float, ...]]:
    """Of each clock of a metric the minutes at which it began and ceased to count."""
    return [
        tuple((moment - FRIDAY) / MINUTE for moment in clock.spans)
        for clock in clocks
        if clock.metric is metric
    ]


def test_the_first_question_starts_the_first_response_and_the_resolution() -> None:
    clocks = lived((Turn.ASKED, 0), (Turn.ASKED, 5), (Turn.ANSWERED, 9), (Turn.SOLVED, 20))
    assert spans(clocks, Metric.FIRST_RESPONSE) == [(0, 9)]
    assert spans(clocks, Metric.RESOLUTION) == [(0, 20)]
    assert spans(clocks, Metric.NEXT_RESPONSE) == []


def test_each_later_question_that_is_unanswered_is_measured_from_its_beginning() -> None:
    clocks = lived(
        (Turn.ASKED, 0),
        (Turn.ANSWERED, 1),
        (Turn.ASKED, 10),
        (Turn.ASKED, 15),
        (Turn.ANSWERED, 20),
        (Turn.ANSWERED, 25),
        (Turn.ASKED, 30),
    )
    assert spans(clocks, Metric.NEXT_RESPONSE) == [(10, 20), (30,)]


def test_a_reopened_matter_is_resolved_a_second_time() -> None:
    clocks = lived(
        (Turn.ASKED, 0), (Turn.SOLVED, 10), (Turn.ASKED, 50), (Turn.SOLVED, 60), (Turn.REARMED, 70)
    )
    assert spans(clocks, Metric.RESOLUTION) == [(0, 10), (50, 60), (70,)]
    assert [clock.cycle for clock in clocks if clock.metric is Metric.RESOLUTION] == [1, 2, 3]


def test_who_solves_without_an_answer_has_not_answered() -> None:
    clocks = lived((Turn.ASKED, 0), (Turn.SOLVED, 10), (Turn.ASKED, 20))
    [first] = [clock for clock in clocks if clock.metric is Metric.FIRST_RESPONSE]
    assert (first.end, first.ended_at) == (End.DROPPED, at(10))
    assert spans(clocks, Metric.NEXT_RESPONSE) == [(20,)]


def test_no_time_counts_while_paused() -> None:
    clocks = lived(
        (Turn.ASKED, 0), (Turn.PAUSED, 5), (Turn.PAUSED, 6), (Turn.RESUMED, 9), (Turn.PAUSED, 12)
    )
    assert spans(clocks, Metric.RESOLUTION) == [(0, 5, 9, 12)]
    assert spans(folded([Occurrence(Turn.ASKED, at(20))], clocks), Metric.FIRST_RESPONSE) == [
        (0, 5, 9, 12, 20)
    ]


def test_a_question_from_another_conversation_keeps_its_age() -> None:
    brought = Occurrence(Turn.ASKED, at(30), since=at(-20))
    clocks = folded([brought], lived((Turn.ASKED, 0), (Turn.ANSWERED, 10)))
    assert spans(clocks, Metric.NEXT_RESPONSE) == [(-20,)]
    assert spans(clocks, Metric.RESOLUTION) == [(0,)]


def test_what_comes_late_counts_as_of_the_latest_before() -> None:
    clocks = lived((Turn.ASKED, 0), (Turn.SOLVED, 10), (Turn.ASKED, 8))
    assert spans(clocks, Metric.RESOLUTION) == [(0, 10), (10,)]


def test_a_clock_tells_each_sign_once() -> None:
    [resolution, _] = lived((Turn.ASKED, 0))
    for sign in Sign:
        told = [
            Occurrence(Turn.TOLD, at(minutes), clock=resolution.key, sign=sign)
            for minutes in (3, 4)
        ]
        [once, other] = folded(told, lived((Turn.ASKED, 0)))
        found = once.warned_at if sign is Sign.WARNING else once.breached_at
        assert (found, other.warned_at, other.breached_at) == (at(3), None, None)


HISTORIES = st.lists(
    st.tuples(st.sampled_from([turn for turn in Turn if turn is not Turn.TOLD]), st.integers(0, 9)),
    max_size=14,
)


EFFECTS: dict[Turn, dict[str, bool]] = {
    Turn.ASKED: {"asked": True, "waits": True, "solved": False, "paused": False},
    Turn.ANSWERED: {"waits": False},
    Turn.SOLVED: {"waits": False, "solved": True, "paused": False},
    Turn.DROPPED: {"waits": False, "solved": True, "paused": False},
    Turn.PAUSED: {"paused": True},
    Turn.RESUMED: {"paused": False},
    Turn.REARMED: {"solved": False},
}


def oracle(turns: Sequence[tuple[Turn, int]], end: int) -> dict[str, int]:
    """Minutes that count, by living through them."""
    minutes = {"response": 0, "resolution": 0}
    now = dict.fromkeys(("asked", "waits", "solved", "paused"), False)
    happening = {minute: [turn for turn, when in turns if when == minute] for minute in range(end)}
    for minute in range(end):
        for turn in happening[minute]:
            is_idle = turn is Turn.PAUSED and now["solved"]
            if not is_idle and (now["asked"] or turn is Turn.ASKED):
                now |= EFFECTS[turn]
        minutes["resolution"] += now["asked"] and not (now["solved"] or now["paused"])
        minutes["response"] += now["waits"] and not now["paused"]
    return minutes


@given(HISTORIES)
@settings(max_examples=300)
def test_clocks_count_the_minutes_that_were_lived_through(
    pauses: list[tuple[Turn, int]],
) -> None:
    now, turns = 0, []
    for turn, pause in pauses:
        now += pause
        turns.append((turn, now))
    clocks = lived(*turns)
    counted = {"response": timedelta(), "resolution": timedelta()}
    for clock in clocks:
        name = "resolution" if clock.metric is Metric.RESOLUTION else "response"
        counted[name] += elapsed(clock, at(now + 5), AroundTheClock())
    expected = oracle(turns, now + 5)
    assert counted == {name: minutes * MINUTE for name, minutes in expected.items()}
    open_clocks = [clock.metric for clock in clocks if clock.is_open]
    assert open_clocks.count(Metric.RESOLUTION) <= 1
    assert len(open_clocks) - open_clocks.count(Metric.RESOLUTION) <= 1


EDGES = st.lists(st.integers(0, 4000), min_size=1, max_size=7, unique=True).map(sorted)


@given(EDGES, st.integers(1, 900))
@settings(max_examples=100, deadline=None)
def test_a_clock_is_due_when_it_has_counted_its_target(edges: list[int], amount: int) -> None:
    clock = Clock(Metric.RESOLUTION, 1, tuple(at(edge) for edge in edges))
    found = reached(clock, amount * MINUTE, OFFICE)
    counted = 0
    horizon = 9000
    for minute in range(edges[0], horizon):
        inside = sum(edge <= minute for edge in edges) % 2 == 1
        counted += inside and OFFICE.calendar.is_open(at(minute))
        if counted == amount:
            assert found == at(minute + 1)
            return
    assert found is None


def policy(**targets: int) -> Policy:
    """Targets of the resolution by priority, in minutes."""
    by_priority = {Priority(name): minutes * MINUTE for name, minutes in targets.items()}
    return Policy("p", "P", 1, {Metric.RESOLUTION: by_priority}, WARNS, AroundTheClock())


def resolution(*turns: tuple[Turn, float]) -> Clock:
    return next(clock for clock in lived(*turns) if clock.metric is Metric.RESOLUTION)


def test_another_priority_has_another_target() -> None:
    clock = resolution((Turn.ASKED, 0))
    policies = policy(normal=100, urgent=10)
    assert due(clock, policies, Priority.NORMAL) == Due(100 * MINUTE, at(100), at(80))
    assert due(clock, policies, Priority.URGENT) == Due(10 * MINUTE, at(10), at(8))
    assert due(clock, policies, Priority.LOW) == Due(None, None, None)


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([(Turn.ASKED, 0)], State.RUNNING),
        ([(Turn.ASKED, 0), (Turn.PAUSED, 3)], State.PAUSED),
        ([(Turn.ASKED, 0), (Turn.SOLVED, 10)], State.MET),
        ([(Turn.ASKED, 0), (Turn.SOLVED, 10.1)], State.BREACHED),
        ([(Turn.ASKED, 0), (Turn.PAUSED, 3), (Turn.SOLVED, 60)], State.MET),
        ([(Turn.ASKED, 0), (Turn.PAUSED, 11), (Turn.SOLVED, 60)], State.BREACHED),
        ([(Turn.ASKED, 0), (Turn.DROPPED, 5)], State.CANCELLED),
        ([(Turn.ASKED, 0), (Turn.DROPPED, 15)], State.BREACHED),
    ],
)
def test_what_becomes_of_a_clock(turns: list[tuple[Turn, float]], expected: State) -> None:
    clock = resolution(*turns)
    assert state(clock, due(clock, policy(normal=10), Priority.NORMAL).due_at) is expected


def test_a_breach_that_was_told_stays_one() -> None:
    told = Occurrence(Turn.TOLD, at(10), clock=(Metric.RESOLUTION, 1), sign=Sign.BREACHED)
    clocks = follow(lived((Turn.ASKED, 0)), told)
    [clock, _] = follow(clocks, Occurrence(Turn.SOLVED, at(20)))
    assert state(clock, at(500)) is State.BREACHED


def test_a_clock_warns_before_it_is_due_and_not_after() -> None:
    clock = resolution((Turn.ASKED, 0))
    measured = due(clock, policy(normal=100), Priority.NORMAL)
    assert next_sign(clock, measured) == (Sign.WARNING, at(80))
    warned = follow((clock,), Occurrence(Turn.TOLD, at(81), None, clock.key, Sign.WARNING))[0]
    assert next_sign(warned, measured) == (Sign.BREACHED, at(100))
    breached = follow((clock,), Occurrence(Turn.TOLD, at(101), None, clock.key, Sign.BREACHED))[0]
    assert next_sign(breached, measured) is None


def test_a_warning_may_be_so_long_before_the_end() -> None:
    assert WarningRule(before=30 * MINUTE).after(100 * MINUTE) == 70 * MINUTE
    assert WarningRule(before=30 * MINUTE).after(10 * MINUTE) == timedelta()
    assert WarningRule().after(10 * MINUTE) is None


def test_a_paused_clock_tells_what_was_due_before_the_pause() -> None:
    clock = resolution((Turn.ASKED, 0), (Turn.PAUSED, 85))
    assert next_sign(clock, due(clock, policy(normal=100), Priority.NORMAL)) == (
        Sign.WARNING,
        at(80),
    )
    early = resolution((Turn.ASKED, 0), (Turn.PAUSED, 5))
    assert next_sign(early, due(early, policy(normal=100), Priority.NORMAL)) is None
