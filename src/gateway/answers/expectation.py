"""When somebody will look at a message, as far as it can be said honestly. Pure: time is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.answers.phrases import phrases_of
from routing.business_time import BusinessTime

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

STEPS: Final = (
    *(MINUTE * n for n in (5, 10, 15, 20, 30, 45)),
    *(HOUR * n for n in (1, 2, 3, 4, 5, 6, 8, 12)),
    *(DAY * n for n in (1, 2, 3, 4, 5, 7)),
)
"""What a wait is rounded up to: nobody is promised more than was measured."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What may be said: one of the three, or nothing.

    `closed_until` is when the team opens again, `within` a rounded wait that ends before it closes,
    `by` when a longer one ends. Instants are local.
    """

    now: datetime
    closed_until: datetime | None = None
    within: timedelta | None = None
    by: datetime | None = None

    def values(self, language: str) -> dict[str, str | None]:
        """The variables that say it in a language."""
        phrases = phrases_of(language)
        if self.closed_until is not None:
            when = phrases.moment(self.closed_until, self.now)
            return {
                "opens_at": when,
                "expected_wait": None,
                "expectation": phrases.closed.format(when=when),
            }
        wait = phrases.duration(self.within) if self.within else None
        sentence = phrases.within.format(wait=wait) if wait else None
        if self.by is not None:
            sentence = phrases.by.format(when=phrases.moment(self.by, self.now))
        return {"opens_at": None, "expected_wait": wait, "expectation": sentence}


def expect(now: datetime, wait: timedelta | None, hours: BusinessTime | None) -> Expectation:
    """What to say at `now`, where a message waits `wait` of the time that the team works."""
    if hours is None:
        return Expectation(now, within=rounded(wait))
    calendar = hours.calendar
    now = now.astimezone(calendar.zone)
    change = calendar.next_change(now)
    if not calendar.is_open(now):
        return Expectation(now, closed_until=change and change.astimezone(calendar.zone))
    within = rounded(wait)
    if within is None or change is None or now + within <= change:
        return Expectation(now, within=within)
    end = hours.add(now, within)
    return Expectation(now, by=end and _full_hour(end.astimezone(calendar.zone)))


def rounded(wait: timedelta | None) -> timedelta | None:
    """The next step; None beyond the last, where a figure would only discourage."""
    return None if wait is None else next((step for step in STEPS if step >= wait), None)


def _full_hour(moment: datetime) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour if hour == moment else hour + HOUR
