"""Business time: how much of it lies between two instants, and when an amount of it has passed.

A calendar's open intervals are unfolded block by block, merged, and kept with running totals.
Over years an answer costs a sum over blocks and one binary search, whatever the hours are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from routing.calendars import DAY, Calendar

BLOCK: Final = 64 * DAY
HORIZON: Final = timedelta(days=50 * 366)
"""So far ahead an instant is looked for; what would come later never comes."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING: Final = timedelta()


class WorkingTime(Protocol):
    """Time as it counts for a target; instants are aware."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much time counts from `start` until `end`; nothing if that is earlier."""
        ...

    def add(self, start: datetime, amount: timedelta) -> datetime | None:
        """The first instant by which `amount` has passed since `start`; None if it never has."""
        ...


class AroundTheClock:
    """All time counts."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        return max(end.astimezone(UTC) - start.astimezone(UTC), NOTHING)

    def add(self, start: datetime, amount: timedelta) -> datetime | None:
        return start.astimezone(UTC) + max(amount, NOTHING)


@dataclass(frozen=True, slots=True)
class _Block:
    """The open intervals in one stretch of days: `before[i]` is what the first `i` add up to."""

    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    before: tuple[timedelta, ...]

    @property
    def total(self) -> timedelta:
        return self.before[-1]

    def until(self, moment: datetime) -> timedelta:
        """What is open from the beginning of the block to `moment`."""
        begun = bisect_right(self.starts, moment)
        if begun == 0:
            return NOTHING
        return self.before[begun] - max(self.ends[begun - 1] - moment, NOTHING)

    def when(self, amount: timedelta) -> datetime:
        """The first instant until which `amount` was open: above nothing, at most the total."""
        filled = bisect_left(self.before, amount)
        return self.ends[filled - 1] - (self.before[filled] - amount)


@dataclass(frozen=True)
class BusinessTime:
    """Only the time counts in which a calendar is open."""

    calendar: Calendar
    _blocks: dict[int, _Block] = field(default_factory=dict, repr=False, compare=False)

    def between(self, start: datetime, end: datetime) -> timedelta:
        start, end = start.astimezone(UTC), end.astimezone(UTC)  # in one zone they compare by walls
        if end <= start:
            return NOTHING
        first, last = (start - EPOCH) // BLOCK, (end - EPOCH) // BLOCK
        whole = sum((self._block(number).total for number in range(first, last)), NOTHING)
        return whole + self._block(last).until(end) - self._block(first).until(start)

    def add(self, start: datetime, amount: timedelta) -> datetime | None:
        start = start.astimezone(UTC)
        if amount <= NOTHING:
            return start
        number = (start - EPOCH) // BLOCK
        left = amount + self._block(number).until(start)
        for ahead in range(number, number + HORIZON // BLOCK):
            block = self._block(ahead)
            if left <= block.total:
                return block.when(left)
            left -= block.total
        return None

    def _block(self, number: int) -> _Block:
        known = self._blocks.get(number)
        if known is None:
            begin = EPOCH + number * BLOCK
            known = self._blocks[number] = _unfolded(self.calendar, begin, begin + BLOCK)
        return known


def _unfolded(calendar: Calendar, begin: datetime, end: datetime) -> _Block:
    starts: list[datetime] = []
    ends: list[datetime] = []
    before = [NOTHING]
    for opens, closes in _clipped(calendar, begin, end):
        if ends and opens <= ends[-1]:  # hours that meet, or overlap where the clocks change
            before[-1] += max(closes - ends[-1], NOTHING)
            ends[-1] = max(closes, ends[-1])
        else:
            starts.append(opens)
            ends.append(closes)
            before.append(before[-1] + (closes - opens))
    return _Block(tuple(starts), tuple(ends), tuple(before))


def _clipped(
    calendar: Calendar, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The intervals that touch the block, in order, cut to it; found as `is_open` finds them."""
    for opens, closes in sorted(calendar.intervals(begin - DAY, end + DAY)):
        if closes > begin and opens < end:
            yield max(opens, begin), min(closes, end)
