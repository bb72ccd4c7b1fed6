"""Figures of a period and the period before it, from the days where these tell them.

Days hold one dimension at a time. What asks for two, or for what was open at an instant, is
counted from the cases themselves, by the same statement.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """What cases add up to: `seconds` of all, and their lengths in classes."""

    cases: int = 0
    hits: int = 0
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
        return self.hits / self.cases if definition.unit == "share" else self.percentile(0.5)


Readings = dict[str, dict[str, tuple[Reading, Reading]]]
"""By figure and key: of the period, and of the one before."""


async def read(
    fetch: Fetch, workspace_id: int, definitions: Sequence[Definition], asked: Asked
) -> Readings:
    """The figures that have cases, of those that were asked for."""
    readings: Readings = {each.name: {} for each in definitions}
    plain = replace(asked, clock="wall")
    clocks: set[Clock] = {asked.clock, "wall"}
    for clock in clocks:
        names = [each.name for each in definitions if _is_summed(each, asked.clock, clock)]
        for row in await _rows(fetch, workspace_id, names, replace(asked, clock=clock)):
            _add(readings[row["figure"]], [row])
    for definition in definitions:
        if definition.kind == "level":
            readings[definition.name] = await _levels(fetch, workspace_id, definition, plain)
        elif definition.name == "uncompleted":
            rows = await _from_cases(fetch, workspace_id, ["new"], plain, open_at_end=True)
            _add(readings[definition.name], rows)
    return readings


def _is_summed(definition: Definition, asked: Clock, clock: Clock) -> bool:
    """Whether the days tell it by this clock: what is no duration knows only one."""
    return not definition.counts and clock == (asked if definition.kind == "duration" else "wall")


def _add(
    groups: dict[str, tuple[Reading, Reading]], rows: Sequence[Mapping[str, Any]], sign: int = 1
) -> None:
    for row in rows:
        now, before = groups.setdefault(row["key"], (Reading(), Reading()))
        (now if row["is_now"] else before).add(row, sign)


async def _levels(
    fetch: Fetch, workspace_id: int, definition: Definition, asked: Asked
) -> dict[str, tuple[Reading, Reading]]:
    """What had begun less what had ended, by the end of each period."""
    added, taken = definition.cases
    groups: dict[str, tuple[Reading, Reading]] = {}
    for row in await _rows(fetch, workspace_id, [added, taken], asked, since=BEGINNING):
        sign = 1 if row["figure"] == added else -1
        now, before = groups.setdefault(row["key"], (Reading(), Reading()))
        now.add(row, sign)
        if not row["is_now"]:
            before.add(row, sign)
    return groups


async def _rows(
    fetch: Fetch,
    workspace_id: int,
    figures: Sequence[str],
    asked: Asked,
    since: date | None = None,
) -> Sequence[Any]:
    if not figures:
        return []
    if asked.filters and (asked.by is not None or len(asked.filters) > 1):
        return await _from_cases(fetch, workspace_id, figures, asked, since=since)
    [(dimension, key)] = asked.filters.items() or [(asked.dimension, None)]
    told_by = "''" if asked.by is None else BY_TIME.get(asked.by, "key")
    statement = f"""
SELECT figure, day >= $6 AS is_now, {told_by} AS key, bucket, {SUMS}
  FROM figure_rollup
 WHERE workspace_id = $1 AND figure = ANY ($2::text[]) AND clock = $3 AND dimension = $4
   AND day >= $5 AND day < $7 {"AND key = $8" if key is not None else ""}
 GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - constants
    first = asked.before if since is None else since
    bounds = [workspace_id, figures, asked.clock, dimension, first, asked.since, asked.until]
    return await fetch(statement, *bounds, *([] if key is None else [key]))


async def _from_cases(
    fetch: Fetch,
    workspace_id: int,
    figures: Sequence[str],
    asked: Asked,
    *,
    since: date | None = None,
    open_at_end: bool = False,
) -> Sequence[Any]:
    end = "CASE WHEN c.day >= $6 THEN $7 ELSE $6 END"
    hit = IS_OPEN_AT.format(end=end) if open_at_end else "c.hit"
    conditions, values = conditions_of(asked.filters, 9)
    statement = f"""
SELECT figure, is_now, key, bucket, {SUMS} FROM (
    SELECT c.figure, c.day >= $6 AS is_now, {BY_TIME.get(asked.by or "", "coalesce(key, '')")} AS key,
           {BUCKET} AS bucket, 1 AS cases, ({hit})::int AS hits, coalesce(length, 0) AS seconds
      FROM figure_case c {SPREAD}
     WHERE c.workspace_id = $1 AND c.figure = ANY ($2::text[]) AND clock = $3 AND {COUNTED}
       AND dimension = $4 AND c.day >= $5 AND c.day < $7 AND $8::text <> '' {conditions}
) each GROUP BY 1, 2, 3, 4
"""  # noqa: S608, E501 - constants
    first = asked.before if since is None else since
    bounds = [workspace_id, figures, asked.clock, asked.dimension, first, asked.since, asked.until]
    return await fetch(statement, *bounds, asked.zone, *values)


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
