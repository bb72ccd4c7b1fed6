"""Opening hours: when a team works, in its own zone, with its country's holidays.

Intervals are half open and of instants: a day on which the clocks change is as long as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import holidays

LOOK_AHEAD_DAYS: Final = 400
"""So far a change is looked for: longer than any holiday."""

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a day by the clock on the wall; `end` None is midnight."""

    start: time
    end: time | None


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Calendar:
    """A week from Monday, of seven days; `special` dates go before holidays, those before the week.

    `country` is an ISO 3166 code that `holidays` knows, or None for no holidays; `subdivision` one
    of its parts.
    """

    zone: ZoneInfo
    week: tuple[Spans, ...]
    country: str | None = None
    subdivision: str | None = None
    special: Mapping[date, Spans] = field(default_factory=dict)

    @cached_property
    def _holidays(self) -> Mapping[date, str]:
        if self.country is None:
            return {}
        known: Mapping[date, str] = holidays.country_holidays(self.country, self.subdivision)
        return known

    def holiday(self, day: date) -> str | None:
        """The name of the holiday, if the day is one and nothing special is said of it."""
        return None if day in self.special else self._holidays.get(day)

    def is_open(self, moment: datetime) -> bool:
        """Whether the team works at an aware instant."""
        local = moment.astimezone(self.zone).date()
        days = (local - DAY, local, local + DAY)
        return any(start <= moment < end for day in days for start, end in self._intervals(day))

    def next_change(self, moment: datetime) -> datetime | None:
        """When it next opens, or closes; None if that is not in sight."""
        was_open = self.is_open(moment)
        first = moment.astimezone(self.zone).date() - DAY
        for days in range(LOOK_AHEAD_DAYS):
            for start, end in self._intervals(first + days * DAY):
                for border in (start, end):
                    if border > moment and self.is_open(border) != was_open:
                        return border
        return None

    def intervals(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The opening hours of every local day from that of `begin` to that of `end`."""
        day, last = (moment.astimezone(self.zone).date() for moment in (begin, end))
        while day <= last:
            yield from self._intervals(day)
            day += DAY

    def _intervals(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        for span in self._spans(day):
            following = day + DAY if span.end is None else day
            start = datetime.combine(day, span.start, self.zone).astimezone(UTC)
            end = datetime.combine(following, span.end or time(), self.zone).astimezone(UTC)
            if start < end:
                yield start, end

    def _spans(self, day: date) -> Spans:
        if day in self.special:
            return self.special[day]
        return () if day in self._holidays else self.week[day.weekday()]
