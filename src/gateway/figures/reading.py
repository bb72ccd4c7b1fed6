"""Figures of a period and the period before it, from the days where these tell them.

Days hold one dimension at a time. What asks for two, or for what was open at an instant, is
counted from the cases themselves, by the same statement.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from channels.records import record
from gateway.database.connections import Fetch
from gateway.figures.buckets import percentile
from gateway.figures.definitions import Definition
from gateway.figures.rolling import BUCKET, COUNTED, DIMENSIONS, POLICY, SPREAD

Clock = Literal["wall", "business"]
BY_TIME: Final = {"day": "day::text", "month": "to_char(day, 'YYYY-MM')"}
USUAL_DAYS: Final = 28
Z95: Final = 1.959964
BEGINNING: Final = date(1970, 1, 1)

SUMS: Final = "sum(cases) AS cases, sum(hits) AS hits, sum(seconds) AS seconds"
IS_OPEN_AT: Final = """
EXISTS (SELECT FROM figure_case o
         WHERE o.workspace_id = c.workspace_id AND o.conversation_id = c.conversation_id
           AND o.figure = 'open' AND o.day < {end} AND (o.until IS NULL OR
               (o.until AT TIME ZONE $8)::date >= {end}))
"""


@record
class Asked:
    """Days from `since` until before `until`, and as many before; `by` None is all at once.

    `filters` are values by dimension, empty for cases that have none there.
    """

    since: date
    until: date
    clock: Clock
    zone: str
    by: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def before(self) -> date:
        return self.since - (self.until - self.since)

    @property
    def dimension(self) -> str:
        return "all" if self.by is None or self.by in BY_TIME else self.by


@dataclass(slots=True)
class Reading:
    """What cases add up to: `seconds` of all, and their lengths in classes.

    `against` are hits that are taken off in a balance.
    """

    cases: int = 0
    hits: int = 0
    against: int = 0
    seconds: int = 0
    lengths: Counter[int] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any], sign: int = 1) -> None:
        self.cases += sign * int(row["cases"])
        self.hits += sign * int(row["hits"])
        self.seconds += sign * int(row["seconds"])
        self.lengths[row["bucket"]] += sign * int(row["cases"])

    def percentile(self, share: float) -> float | None:
        return percentile(self.lengths, share)

    def value(self, definition: Definition) -> float | None:
        """The figure: cases, a share of them, or the median of their seconds; None of nothing."""
        if definition.unit == "cases":
            return self.cases
        if not self.cases:
            return None
        if definition.unit == "share":
            return (self.hits - self.against) / self.cases
        return self.percentile(0.5)

    def interval(self, definition: Definition) -> tuple[float, float] | None:
        """Where a share or balance lies with 95 % confidence, were these cases a sample.

        By Wilson's score interval (1927) for shares, by the normal one for balances, whose
        variance is that of +1, 0 and -1.
        """
        if definition.unit != "share" or not self.cases:
            return None
        if definition.kind == "balance":
            value = (self.hits - self.against) / self.cases
            spread = (self.hits + self.against) / self.cases - value**2
            half = Z95 * math.sqrt(max(spread, 0) / self.cases)
            return max(value - half, -1.0), min(value + half, 1.0)
        return _wilson(self.hits, self.cases)


def _wilson(hits: int, cases: int) -> tuple[float, float]:
    share, square = hits / cases, Z95**2 / cases
    middle = (share + square / 2) / (1 + square)
    half = Z95 / (1 + square) * math.sqrt(share * (1 - share) / cases + square / cases / 4)
    return max(middle - half, 0.0), min(middle + half, 1.0)


Readings = dict[str, dict[str, tuple[Reading, Reading]]]
"""By figure and key: of the period, and of the one before."""


async def read(
    fetch: Fetch, workspace_id: int, definitions: Sequence[Definition], asked: Asked
) -> Readings:
    """The figures that have cases, of those that were asked for: one statement, or two."""
    readings: Readings = {each.name: {} for each in definitions}
    parts = [part for each in definitions for part in _parts(each, asked)]
    for is_open_at_end in (False, True):
        told = {each.cases: each for each in parts if each.is_open_at_end == is_open_at_end}
        for row in await _rows(fetch, workspace_id, list(told.values()), asked):
            _add(readings, told[row["figure"]], row)
    return readings


@record
class _Part:
    """Cases that make up a figure, or are taken off it, from a day on.

    Those of a level that began before the period count in it, too.
    """

    figure: Definition
    cases: str
    clock: Clock
    since: date
    sign: int = 1

    @property
    def is_open_at_end(self) -> bool:
        """Whether a case is a hit if its conversation is open then: no day tells that."""
        return self.figure.name == "uncompleted"


def _parts(figure: Definition, asked: Asked) -> list[_Part]:
    """What is no duration knows one clock alone."""
    clock = asked.clock if figure.kind == "duration" else "wall"
    since = BEGINNING if figure.kind == "level" else asked.before
    signs = zip(figure.cases, (1, -1), strict=False)
    return [_Part(figure, cases, clock, since, sign) for cases, sign in signs]


def _add(readings: Readings, part: _Part, row: Mapping[str, Any]) -> None:
    groups = readings[part.figure.name]
    if row["key"] not in groups:
        groups[row["key"]] = Reading(), Reading()
    now, before = groups[row["key"]]
    if part.figure.kind == "balance" and part.sign < 0:
        (now if row["is_now"] else before).against += int(row["hits"])
        return
    if row["is_now"] or part.figure.kind == "level":
        now.add(row, part.sign)
    if not row["is_now"]:
        before.add(row, part.sign)


WANTED: Final = """
unnest($2::text[], $3::text[], $4::date[]) AS wanted (figure, clock, since)"""


async def _rows(
    fetch: Fetch, workspace_id: int, parts: Sequence[_Part], asked: Asked
) -> Sequence[Any]:
    if not parts:
        return []
    wanted = list(zip(*((each.cases, each.clock, each.since) for each in parts), strict=True))
    needs_cases = bool(asked.filters) and (asked.by is not None or len(asked.filters) > 1)
    if needs_cases or parts[0].is_open_at_end:
        bounds = [workspace_id, *wanted, asked.since, asked.until]
        return await _from_cases(fetch, bounds, asked, is_open_at_end=parts[0].is_open_at_end)
    [(dimension, key)] = asked.filters.items() or [(asked.dimension, None)]
    told_by = "''" if asked.by is None else BY_TIME.get(asked.by, "key")
    statement = f"""
SELECT figure, is_now, key, bucket, cases, hits, seconds FROM {WANTED} CROSS JOIN LATERAL (
    SELECT day >= $5 AS is_now, {told_by} AS key, bucket, {SUMS}
      FROM figure_rollup r
     WHERE workspace_id = $1 AND r.figure = wanted.figure AND r.clock = wanted.clock
       AND dimension = $7 AND day >= since AND day < $6 {"AND key = $8" if key is not None else ""}
     GROUP BY 1, 2, 3) each
"""  # noqa: S608 - constants
    keys = [] if key is None else [key]
    return await fetch(statement, workspace_id, *wanted, asked.since, asked.until, dimension, *keys)


async def _from_cases(
    fetch: Fetch, bounds: Sequence[Any], asked: Asked, *, is_open_at_end: bool
) -> Sequence[Any]:
    end = "CASE WHEN c.day >= $5 THEN $6 ELSE $5 END"
    hit = IS_OPEN_AT.format(end=end) if is_open_at_end else "c.hit"
    conditions, values = conditions_of(asked.filters, 9)
    statement = f"""
SELECT figure, is_now, key, bucket, {SUMS} FROM (
    SELECT c.figure, c.day >= $5 AS is_now, {BY_TIME.get(asked.by or "", "coalesce(key, '')")} AS key,
           {BUCKET} AS bucket, 1 AS cases, ({hit})::int AS hits, coalesce(length, 0) AS seconds
      FROM {WANTED} JOIN figure_case c USING (figure) {SPREAD}
     WHERE c.workspace_id = $1 AND measured.clock = wanted.clock AND {COUNTED}
       AND dimension = $7 AND c.day >= since AND c.day < $6 AND $8::text <> '' {conditions}
) each GROUP BY 1, 2, 3, 4
"""  # noqa: S608, E501 - constants
    return await fetch(statement, *bounds, asked.dimension, asked.zone, *values)


def conditions_of(filters: Mapping[str, str], first: int) -> tuple[str, list[str]]:
    """What keeps to the filters among cases `c`; their values are parameters from `first` on."""
    told = []
    for place, name in enumerate(filters, first):
        if name == "tag":
            told.append(f"AND ${place}::text = ANY (c.tags)")
        else:
            key = POLICY if name == "policy" else DIMENSIONS[name]
            told.append(f"AND coalesce({key}, '') = ${place}::text")
    return " ".join(told), list(filters.values())
