"""Calendars as they are kept: between rows, JSON and `routing.calendars`."""

from collections.abc import Mapping
from datetime import date, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import orjson

from gateway.database.schema import BusinessCalendar
from routing.business_time import BusinessTime
from routing.calendars import Calendar, Span, Spans

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT = "24:00"

Hours = list[dict[str, str]]
"""Parts of a day, `{"from": "09:00", "to": "18:00"}`; `24:00` is the end of the day."""


def calendar_of(row: BusinessCalendar) -> Calendar:
    return _calendar(row.timezone, row.week, row.country, row.subdivision, row.special)


@lru_cache(maxsize=128)
def business_time(
    timezone: str, week: str, country: str | None, subdivision: str | None, special: str
) -> BusinessTime:
    """The time in which a calendar is open, from its columns; what was unfolded of it is kept."""
    hours, dates = orjson.loads(week), orjson.loads(special)
    return BusinessTime(_calendar(timezone, hours, country, subdivision, dates))


def _calendar(
    timezone: str,
    week: Mapping[str, Hours],
    country: str | None,
    subdivision: str | None,
    special: Mapping[str, Hours],
) -> Calendar:
    return Calendar(
        zone=ZoneInfo(timezone),
        week=tuple(_spans(week.get(day, [])) for day in DAYS),
        country=country,
        subdivision=subdivision,
        special={date.fromisoformat(day): _spans(hours) for day, hours in special.items()},
    )


def _spans(hours: Hours) -> Spans:
    return tuple(Span(time.fromisoformat(each["from"]), _end(each["to"])) for each in hours)


def _end(text: str) -> time | None:
    return None if text == MIDNIGHT else time.fromisoformat(text)


def problems_of(hours: Hours) -> list[tuple[int, str]]:
    """What is wrong with parts of a day, by their place in the list."""
    problems: list[tuple[int, str]] = []
    before = "00:00"
    for place, each in enumerate(hours):
        if each["from"] >= each["to"]:
            what = f"must end after it begins: split it at midnight ({MIDNIGHT} is the day's end)"
            problems.append((place, what))
        elif each["from"] < before:
            problems.append((place, "must begin after the one before it has ended"))
        before = each["to"]
    return problems
