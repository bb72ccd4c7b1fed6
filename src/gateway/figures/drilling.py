"""The conversations behind a figure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.database.connections import Fetch
from gateway.figures.definitions import Definition
from gateway.figures.reading import BEGINNING, IS_OPEN_AT, Asked, conditions_of

Place = tuple[datetime, UUID, int]
"""Of a case in the list: its instant, its conversation, and which of that conversation's it is."""


async def read_cases(
    fetch: Fetch,
    workspace_id: int,
    definition: Definition,
    asked: Asked,
    *,
    limit: int,
    after: Place | None,
    hit: bool | None = None,
) -> Sequence[Any]:
    """Cases of the period, the latest first, whose conversation is still there.

    Of a level those that make it up at the end of the period. `hit` keeps to cases that are one, or
    are none.
    """
    is_level, is_open = definition.kind == "level", IS_OPEN_AT.format(end="$4")
    counted = is_open if definition.name == "uncompleted" else "c.hit"
    conditions, values = conditions_of(asked.filters, 11)
    within = "(c.until IS NULL OR (c.until AT TIME ZONE $8)::date >= $4)"
    statement = f"""
SELECT c.conversation_id, c.n, c.at, c.until, c.seconds, c.business_s, ({counted}) AS hit,
       c.queue_id, c.level, c.channel_id, c.agent_id, c.type, c.priority, c.language, c.tags
  FROM figure_case c
 WHERE c.workspace_id = $1 AND c.figure = $2 AND c.day >= $3 AND c.day < $4
   AND ($6::timestamptz IS NULL OR (c.at, c.conversation_id, c.n) < ($6, $7::uuid, $10::int))
   AND $8::text <> '' AND ($9::bool IS NULL OR ({counted}) = $9)
   AND EXISTS (SELECT FROM conversation v
                WHERE v.workspace_id = c.workspace_id AND v.id = c.conversation_id)
   {"AND " + within if is_level else ""} {conditions}
 ORDER BY c.at DESC, c.conversation_id DESC, c.n DESC LIMIT $5
"""  # noqa: S608 - constants
    since = BEGINNING if is_level else asked.since
    at, id_, n = after or (None, None, None)
    bounds = [workspace_id, definition.cases[0], since, asked.until]
    return await fetch(statement, *bounds, limit, at, id_, asked.zone, hit, n, *values)
