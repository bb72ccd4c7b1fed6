"""What is said of a wait: never less than was measured, never while the team is away."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.answers.expectation import STEPS, Expectation, expect, rounded
from gateway.answers.phrases import PHRASES
from gateway.answers.waits import SHARE, typical
from routing.business_time import BusinessTime
from routing.calendars import Calendar, Span

HOUR = timedelta(hours=1)
ROME = ZoneInfo("Europe/Rome")
OFFICE = (Span(time(9), time(18)),)
HOURS = BusinessTime(Calendar(ROME, (*([OFFICE] * 5), (), ())))
MONDAY = datetime(2026, 11, 2, 10, tzinfo=ROME)
WAITS = st.timedeltas(timedelta(0), timedelta(days=10))


def said(expectation: Expectation, language: str = "en") -> str | None:
    return expectation.values(language)["expectation"]


@pytest.mark.parametrize(
    ("now", "wait", "sentence"),
    [
        (MONDAY, None, None),
        (MONDAY, timedelta(minutes=62), "Most messages are looked at within about 2 hours."),
        (MONDAY, timedelta(seconds=1), "Most messages are looked at within about 5 minutes."),
        (MONDAY, 8 * HOUR, "Most messages are looked at within about 8 hours."),
        (MONDAY + 6 * HOUR, 3 * HOUR, "We expect to look at it by Tuesday 10:00."),
        (MONDAY + 6 * HOUR, HOUR * 2.5, "We expect to look at it by Tuesday 10:00."),
        (MONDAY + 9 * HOUR, HOUR, "We are closed until Tuesday 9:00."),
        (MONDAY + 5 * 24 * HOUR, None, "We are closed until Monday 9:00."),
    ],
)
def test_what_is_said(now: datetime, wait: timedelta | None, sentence: str | None) -> None:
    assert said(expect(now.astimezone(UTC), wait, HOURS)) == sentence


def test_a_day_that_is_far_has_its_date() -> None:
    days = {(MONDAY + n * timedelta(days=1)).date(): () for n in range(1, 10)}
    hours = BusinessTime(Calendar(ROME, HOURS.calendar.week, special=days))
    expectation = expect(MONDAY + 9 * HOUR, None, hours)
    assert said(expectation) == "We are closed until Thursday 9:00 (2026-11-12)."
    assert expectation.values("it")["opens_at"] == "giovedì 9:00 (2026-11-12)"


def test_without_a_calendar_the_team_is_always_there() -> None:
    expectation = expect(MONDAY, 2 * HOUR, None)
    assert expectation.values("de")["expected_wait"] == "etwa 2 Stunden"
    assert said(expect(MONDAY, timedelta(days=8), None)) is None


@given(WAITS)
def test_nobody_is_promised_more_than_was_measured(wait: timedelta) -> None:
    step = rounded(wait)
    assert (step is None) == (wait > STEPS[-1])
    assert step is None or step >= wait


@given(st.timedeltas(timedelta(0), timedelta(days=365)), st.none() | WAITS)
def test_one_thing_is_said_in_every_language(later: timedelta, wait: timedelta | None) -> None:
    now = MONDAY.astimezone(UTC) + later
    expectation = expect(now, wait, HOURS)
    for language in PHRASES:
        values = expectation.values(language)
        assert (values["opens_at"] is not None) == (not HOURS.calendar.is_open(now))
        assert "{" not in (values["expectation"] or "")
        assert not (values["expected_wait"] and values["opens_at"])
    if expectation.within is not None:
        assert HOURS.between(now, now + expectation.within) == expectation.within
    if expectation.by is not None:
        assert wait is not None
        assert HOURS.between(now, expectation.by) >= wait


@given(st.lists(WAITS, min_size=1))
def test_most_keep_to_the_typical_wait(waits: list[timedelta]) -> None:
    kept = typical(waits)
    assert kept in waits
    assert sum(wait <= kept for wait in waits) >= SHARE * len(waits)
    assert sum(wait < kept for wait in waits) < SHARE * len(waits)
