"""Opening hours over zones, holidays and changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.calendars import Calendar, Span

ROME = ZoneInfo("Europe/Rome")
OFFICE = (Span(time(9), time(13)), Span(time(14), time(18)))
WEEK = (OFFICE,) * 5 + ((),) * 2
ITALIAN = Calendar(ROME, WEEK, country="IT")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T09:00", True),
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T13:00", False),
        ("2026-11-23T17:59:59", True),
        ("2026-11-22T10:00", False),  # a Sunday
        ("2026-12-08T10:00", False),  # a holiday in Italy
        ("2026-12-07T10:00", True),
    ],
)
def test_a_team_works_in_its_hours(moment: str, is_open: bool) -> None:
    assert ITALIAN.is_open(at(moment)) is is_open


def test_the_zone_is_the_teams() -> None:
    assert ITALIAN.is_open(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    assert not ITALIAN.is_open(datetime(2026, 11, 23, 17, 0, tzinfo=UTC))


def test_what_is_special_goes_before_holidays_and_the_week() -> None:
    open_, shut = date(2026, 12, 8), date(2026, 12, 9)
    calendar = Calendar(
        ROME, WEEK, country="IT", special={open_: (Span(time(10), time(12)),), shut: ()}
    )
    assert calendar.is_open(at("2026-12-08T11:00"))
    assert not calendar.is_open(at("2026-12-09T11:00"))
    assert (calendar.holiday(open_), ITALIAN.holiday(open_) is not None) == (None, True)


def test_a_subdivision_has_holidays_of_its_own() -> None:
    bavarian = Calendar(ZoneInfo("Europe/Berlin"), WEEK, country="DE", subdivision="BY")
    german = Calendar(ZoneInfo("Europe/Berlin"), WEEK, country="DE")
    epiphany = datetime(2026, 1, 6, 10, tzinfo=UTC)
    assert (german.is_open(epiphany), bavarian.is_open(epiphany)) == (True, False)


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        ("2026-11-23T08:00", "2026-11-23T09:00"),
        ("2026-11-23T09:00", "2026-11-23T13:00"),
        ("2026-11-20T18:00", "2026-11-23T09:00"),
        ("2026-12-24T18:00", "2026-12-28T09:00"),
    ],
)
def test_the_next_change(moment: str, change: str) -> None:
    assert ITALIAN.next_change(at(moment)) == at(change)


def test_days_that_meet_at_midnight_are_one_opening() -> None:
    night = (Span(time(22), None),), (Span(time(0), time(6)),)
    calendar = Calendar(ROME, (*night, *((),) * 5))
    assert calendar.next_change(at("2026-11-23T22:00")) == at("2026-11-24T06:00")


def test_always_and_never_have_no_change() -> None:
    always = Calendar(ROME, ((Span(time(0), None),),) * 7)
    never = Calendar(ROME, ((),) * 7)
    now = at("2026-11-23T22:00")
    assert (always.is_open(now), always.next_change(now)) == (True, None)
    assert (never.is_open(now), never.next_change(now)) == (False, None)


def test_a_day_is_as_long_as_it_is_when_the_clocks_change() -> None:
    sunday = Calendar(ROME, (((),) * 6) + ((Span(time(0), None),),))
    for midnight, hours in (("2026-03-29T00:00", 23), ("2026-10-25T00:00", 25)):
        opens = at(midnight)
        closes = sunday.next_change(opens)
        assert closes is not None
        assert closes.astimezone(UTC) - opens.astimezone(UTC) == timedelta(hours=hours)


def test_hours_that_the_clocks_skip_come_an_hour_later() -> None:
    early = Calendar(ROME, (((),) * 6) + ((Span(time(2, 30), time(4)),),))
    opens = early.next_change(at("2026-03-29T00:00"))
    assert opens == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


YEARS = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=730)
MOMENTS = st.timedeltas(timedelta(), YEARS[1]).map(lambda since: YEARS[0] + since)


@given(MOMENTS)
@settings(deadline=None)  # the first moment of a year makes its holidays
def test_nothing_changes_before_the_next_change(moment: datetime) -> None:
    change = ITALIAN.next_change(moment)
    assert change is not None
    now = ITALIAN.is_open(moment)
    assert ITALIAN.is_open(change) is not now
    between = moment + (change - moment) / 2
    assert ITALIAN.is_open(between) is now
    assert ITALIAN.is_open(change - timedelta(microseconds=1)) is now
