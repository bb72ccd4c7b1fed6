"""Every figure by another engine: DuckDB over the raw events, from the words of docs/metrics.md.

It knows no cases, no days and no cursor of the gateway's; business time is its own, too: Monday to
Friday, 9 to 18, in Rome.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from tests.api.team import Team

EXPORT = """
SELECT e.pos, e.at, e.type, e.conversation_id, e.queue_before, e.queue_after, e.assignee_after,
       e.data::text AS data, before.level AS level_before, after.level AS level_after
  FROM event e
  LEFT JOIN queue before ON before.workspace_id = e.workspace_id AND before.id = e.queue_before
  LEFT JOIN queue after ON after.workspace_id = e.workspace_id AND after.id = e.queue_after
 WHERE e.workspace_id = {workspace} ORDER BY e.pos
"""

SQL = Path(__file__).parent / "oracle.sql"

KEYS = {
    "all": "''",
    "weekday": "isodow(day)::VARCHAR",
    "tag": "unnest(tags)",
    "policy": "unnest([policy])",
    **{
        name: f"coalesce({name}, '')"
        for name in (
            "queue", "level", "channel", "agent", "type", "priority", "language", "hour"
        )
    },
}  # fmt: skip

SUM = """
SELECT figure, key, count(*), sum(hit), coalesce(sum({clock}), 0),
       quantile_disc({clock}, 0.5), quantile_disc({clock}, 0.9)
  FROM (SELECT *, {key} AS key FROM told WHERE day >= ? AND day < ?)
 WHERE key IS NOT NULL GROUP BY figure, key
"""

OPEN_AT = """
SELECT s.id FROM st s JOIN conv c ON c.id = s.id AND NOT c.is_merged
 WHERE s.t < timezone('Europe/Rome', CAST(? AS TIMESTAMP))
 GROUP BY s.id HAVING max_by(s.is_open, (s.t, s.pos))
"""
TOO_LONG_AT = """
SELECT key, count(*) FROM (
    SELECT {key} AS key FROM asked a JOIN conv c ON c.id = a.id AND NOT c.is_merged
     WHERE a.t + INTERVAL 24 HOUR < timezone('Europe/Rome', CAST($end AS TIMESTAMP))
       AND (a.until IS NULL OR a.until > a.t + INTERVAL 24 HOUR
            AND a.until >= timezone('Europe/Rome', CAST($end AS TIMESTAMP)))) GROUP BY key
"""
LEVELS = {"agent": "last_agent", "queue": "last_queue", "level": "last_level::VARCHAR"}
IN_TIME = ("hour", "weekday")
"""Of a level there is no hour: what is open was opened at many."""

Sum = tuple[int, int, int, float | None, float | None]
"""Cases, hits, seconds, median, ninth decile."""


class Oracle:
    """Knows the events of a workspace, and nothing else."""

    def __init__(self, events: Path) -> None:
        self._duck = duckdb.connect()
        self._duck.execute(SQL.read_text().replace("$events", f"'{events}'"))

    def sums(self, dimension: str, clock: str, since: date, until: date) -> dict[Any, Sum]:
        """By figure and key."""
        statement = SUM.format(clock=clock, key=KEYS[dimension])
        rows = self._duck.execute(statement, [since, until]).fetchall()
        told = {(row[0], row[1]): (row[2], row[3], int(row[4]), row[5], row[6]) for row in rows}
        return told | dict(self._levels(dimension, since, until))

    def _levels(self, dimension: str, since: date, until: date) -> Iterator[Any]:
        key = KEYS[dimension]
        if dimension == "policy":
            return
        if dimension not in IN_TIME:
            last = LEVELS.get(dimension, key)
            late = self._duck.execute(TOO_LONG_AT.format(key=last), {"end": until})
            for each, number in late.fetchall():
                yield ("unanswered", each), (number, number, 0, None, None)
            rows = self._duck.execute(
                f"SELECT key, count(*) FROM (SELECT {last} AS key FROM conv"  # noqa: S608
                f" WHERE id IN ({OPEN_AT})) GROUP BY key",
                [until],
            )
            for each, number in rows.fetchall():
                yield ("backlog", each), (number, number, 0, None, None)
        rows = self._duck.execute(
            f"SELECT key, count(*), count(*) FILTER (is_open) FROM (SELECT {key} AS key,"  # noqa: S608
            f" id IN ({OPEN_AT}) AS is_open FROM told"
            " WHERE figure = 'new' AND day >= ? AND day < ?) GROUP BY key",
            [until, since, until],
        )
        for each, cases, hits in rows.fetchall():
            yield ("uncompleted", each), (cases, hits, 0, None, None)


async def consult(team: Team, folder: Path) -> Oracle:
    """Export a workspace's log, and ask the oracle of it."""
    file = folder / "events.csv"
    connection = await team.gateway.database.connect()
    try:
        await connection.copy_from_query(
            EXPORT.format(workspace=team.workspace_id), output=file, format="csv", header=True
        )
    finally:
        await connection.close()
    return Oracle(file)
