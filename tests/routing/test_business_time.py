"""Business time beside an oracle that walks minute by minute."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.business_time import BLOCK, EPOCH, HORIZON, AroundTheClock, BusinessTime
from routing.calendars import Calendar, Span, Spans

ROME = ZoneInfo("Europe/Rome")
OFFICE = (Span(time(9), time(13)), Span(time(14), time(18)))
ITALIAN = BusinessTime(Calendar(ROME, ((OFFICE,) * 5) + ((),) * 2, country="IT"))
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SOME_DAY = datetime(2020, 1, 1, tzinfo=UTC)

ZONES = (
    "Europe/Rome",
    "America/New_York",
    "America/St_Johns",  # offsets of half hours
    "America/Havana",  # clocks change at midnight
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
)
BORDER = EPOCH + 324 * BLOCK
CHANGES = (
    BORDER,
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 4, 5, tzinfo=UTC),
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 12, 24, tzinfo=UTC),
    datetime(2011, 12, 30, tzinfo=UTC),  # a day that Samoa left out
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


def _spans(minutes: Sequence[int]) -> Spans:
    """Parts of a day, of an even number of its minutes; 1440 is its end."""
    edges = sorted(set(minutes))
    clock = [None if edge == 1440 else time(*divmod(edge, 60)) for edge in edges]
    pairs = zip(clock[::2], clock[1::2], strict=False)
    return tuple(Span(start, end) for start, end in pairs if start is not None)


HOURS = st.lists(st.integers(0, 1440), max_size=6).map(_spans)


@st.composite
def calendars(draw: st.DrawFn, near: date) -> Calendar:
    special = st.dictionaries(st.integers(-3, 6), HOURS, max_size=3)
    return Calendar(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        week=tuple(draw(HOURS) for _ in range(7)),
        country=draw(st.sampled_from((None, "IT", "US"))),
        special={near + timedelta(days=days): hours for days, hours in draw(special).items()},
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Calendar, datetime, int]:
    """A calendar, an instant near a change of clocks, and some days' minutes."""
    near = draw(st.sampled_from(CHANGES))
    start = near + draw(st.integers(-1440, 1440)) * MINUTE
    return draw(calendars(near.date())), start, draw(st.integers(0, 4 * 1440))


def counted(calendar: Calendar, start: datetime, minutes: int) -> int:
    return sum(calendar.is_open(start + each * MINUTE) for each in range(minutes))


@given(questions())
@settings(deadline=None, max_examples=60)
def test_between_counts_the_minutes_that_are_open(asked: tuple[Calendar, datetime, int]) -> None:
    calendar, start, minutes = asked
    found = BusinessTime(calendar).between(start, start + minutes * MINUTE)
    assert found == counted(calendar, start, minutes) * MINUTE


@given(questions(), st.integers(1, 2 * 1440))
@settings(deadline=None, max_examples=60)
def test_add_finds_the_first_minute_by_which_it_has_passed(
    asked: tuple[Calendar, datetime, int], amount: int
) -> None:
    calendar, start, minutes = asked
    found = BusinessTime(calendar).add(start, amount * MINUTE)
    walked = passed = 0
    while passed < amount and walked < minutes:
        passed += calendar.is_open(start + walked * MINUTE)
        walked += 1
    if passed == amount:
        assert found == start + walked * MINUTE
    else:
        assert found is None or found > start + minutes * MINUTE


@given(
    st.timedeltas(timedelta(), timedelta(days=5_000)).map(lambda since: SOME_DAY + since),
    st.timedeltas(timedelta(), timedelta(days=800)),
)
@settings(deadline=None, max_examples=100)
def test_what_is_added_lies_between(start: datetime, amount: timedelta) -> None:
    end = ITALIAN.add(start, amount)
    assert end is not None
    assert ITALIAN.between(start, end) == amount
    if amount:
        assert ITALIAN.between(start, end - timedelta(microseconds=1)) < amount


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=3, max_size=3))
@settings(deadline=None, max_examples=50)
def test_parts_add_up(moments: list[datetime]) -> None:
    first, second, third = sorted(moment.replace(year=2026) for moment in moments[:3])
    whole = ITALIAN.between(first, third)
    assert ITALIAN.between(first, second) + ITALIAN.between(second, third) == whole
    assert ITALIAN.between(third, first) == timedelta()


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23T09:00", 1, "2026-11-23T10:00"),
        ("2026-11-23T12:30", 1, "2026-11-23T14:30"),
        ("2026-11-20T17:00", 1, "2026-11-20T18:00"),  # the end of Friday, not Monday's beginning
        ("2026-11-20T17:00", 2, "2026-11-23T10:00"),
        ("2026-12-24T17:00", 2, "2026-12-28T10:00"),  # Christmas, a Saturday, a Sunday
        ("2026-11-21T00:00", 8, "2026-11-23T18:00"),
        ("2026-03-27T17:00", 9, "2026-03-30T18:00"),  # the clocks go forward in between
    ],
)
def test_hours_of_an_office(start: str, hours: int, end: str) -> None:
    assert ITALIAN.add(at(start), hours * HOUR) == at(end)
    assert ITALIAN.between(at(start), at(end)) == hours * HOUR


def test_a_night_is_as_long_as_the_clocks_make_it() -> None:
    always = BusinessTime(Calendar(ROME, ((Span(time(0), None),),) * 7))
    assert always.between(at("2026-03-29T00:00"), at("2026-03-30T00:00")) == 23 * HOUR
    assert always.between(at("2026-10-25T00:00"), at("2026-10-26T00:00")) == 25 * HOUR


def test_hours_that_a_change_of_clocks_lays_over_each_other_count_once() -> None:
    """02:45 is skipped in spring: what should end then ends after the next part has begun."""
    parts = (Span(time(1), time(2, 45)), Span(time(3), time(5)))
    sundays = BusinessTime(Calendar(ROME, (((),) * 6) + (parts,)))
    assert sundays.between(at("2026-03-29T00:00"), at("2026-03-30T00:00")) == 3 * HOUR


def test_a_calendar_that_never_opens_has_no_end() -> None:
    never = BusinessTime(Calendar(ROME, ((),) * 7))
    assert never.add(at("2026-11-23T09:00"), HOUR) is None
    assert never.between(at("2026-11-23T09:00"), at("2036-11-23T09:00")) == timedelta()


@pytest.mark.parametrize("zone", ["Pacific/Apia", "America/Los_Angeles"])
def test_blocks_leave_no_gap_between_them(zone: str) -> None:
    always = BusinessTime(Calendar(ZoneInfo(zone), ((Span(time(0), None),),) * 7))
    assert always.add(BORDER - HOUR, HOUR) == BORDER
    assert always.add(BORDER - HOUR, 2 * HOUR) == BORDER + HOUR
    assert always.between(BORDER - HOUR, BORDER + HOUR) == 2 * HOUR


def test_long_spans_are_unfolded_once() -> None:
    calendar = BusinessTime(Calendar(ROME, ((OFFICE,) * 5) + ((),) * 2, country="IT"))
    start, amount = at("2026-01-01T00:00"), timedelta(days=2_000)
    end = calendar.add(start, amount)
    unfolded = len(calendar._blocks)
    assert (calendar.add(start, amount), len(calendar._blocks)) == (end, unfolded)
    assert unfolded <= HORIZON // timedelta(days=64)


def test_around_the_clock_all_time_counts() -> None:
    start = at("2026-12-24T17:00")
    assert AroundTheClock().add(start, 30 * HOUR) == start + 30 * HOUR
    assert AroundTheClock().between(start, start + HOUR) == HOUR
    assert AroundTheClock().between(start, start - HOUR) == timedelta()
    assert AroundTheClock().between(at("2026-03-29T00:00"), at("2026-03-30T00:00")) == 23 * HOUR
