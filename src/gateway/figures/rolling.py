"""The statements that put cases in place of those before, and add the difference to the days."""

from typing import Final

from gateway.figures.buckets import GROWTH

COLUMNS: Final = (
    "workspace_id, conversation_id, figure, n, at, until, day, hour, seconds, business_s, hit,"
    " queue_id, level, channel_id, agent_id, policy_id, type, priority, language, tags"
)

_NEW = "jsonb_populate_recordset(NULL::figure_case, $3::jsonb)"

DIMENSIONS: Final = {
    "all": "''",
    "queue": "queue_id::text",
    "level": "level::text",
    "channel": "channel_id::text",
    "agent": "agent_id::text",
    "type": "type",
    "priority": "priority",
    "language": "language",
    "hour": "hour::text",
    "weekday": "extract(isodow FROM day)::text",
}
"""How all cases are told apart, besides by tag; each with its key."""

POLICY: Final = "policy_id::text"
"""The key of those that are of a policy."""

SPREAD: Final = f"""
    CROSS JOIN LATERAL (
        VALUES ('wall', seconds), ('business', business_s)) AS measured (clock, length)
    CROSS JOIN LATERAL (
        VALUES {", ".join(f"('{name}', {key})" for name, key in DIMENSIONS.items())}
        UNION ALL SELECT DISTINCT 'tag', unnest(tags)
        UNION ALL SELECT 'policy', {POLICY} WHERE policy_id IS NOT NULL) AS told (dimension, key)
"""
"""What a case counts in: twice where it is a duration, once by each dimension, once by each tag."""

COUNTED: Final = "(measured.clock = 'wall' OR length IS NOT NULL)"
BUCKET: Final = f"""
    CASE WHEN length IS NULL THEN 0 WHEN length <= 1 THEN 1
         ELSE ceil(ln(length::float8) / ln({GROWTH}::float8))::int + 1 END"""

ROLL: Final = f"""
WITH changed AS (
    SELECT {COLUMNS}, sum(sign) AS sign
      FROM (SELECT {COLUMNS}, 1 AS sign FROM {_NEW} new
             UNION ALL
            SELECT {COLUMNS}, -1 FROM figure_case
             WHERE workspace_id = $1 AND conversation_id = ANY ($2::uuid[])) each
     GROUP BY {COLUMNS} HAVING sum(sign) <> 0
)
INSERT INTO figure_rollup AS r
       (workspace_id, figure, clock, dimension, day, key, bucket, cases, hits, seconds)
SELECT workspace_id, figure, clock, dimension, day, coalesce(key, ''), {BUCKET} AS bucket,
       sum(sign), sum(sign * hit::int), coalesce(sum(sign * length), 0)
  FROM changed {SPREAD}
 WHERE {COUNTED}
 GROUP BY workspace_id, figure, clock, dimension, day, coalesce(key, ''), bucket
HAVING sum(sign) <> 0 OR sum(sign * hit::int) <> 0 OR sum(sign * length) <> 0
    ON CONFLICT (workspace_id, figure, clock, dimension, day, key, bucket) DO UPDATE
   SET cases = r.cases + excluded.cases, hits = r.hits + excluded.hits,
       seconds = r.seconds + excluded.seconds
"""  # noqa: S608 - constants
"""Arguments of this one and the next two: workspace, conversations, their cases as JSON."""

FORGET: Final = """
DELETE FROM figure_case WHERE workspace_id = $1 AND conversation_id = ANY ($2::uuid[])
"""
KEEP: Final = f"""
INSERT INTO figure_case ({COLUMNS}) SELECT {COLUMNS} FROM {_NEW} new WHERE workspace_id = $1
   AND conversation_id = ANY ($2::uuid[])
"""  # noqa: S608 - constants
DROP_EMPTY: Final = "DELETE FROM figure_rollup WHERE workspace_id = $1 AND cases = 0"
