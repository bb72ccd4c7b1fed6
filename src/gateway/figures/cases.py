"""The statement that reads what conversations add to the figures off their events.

It says for each figure what a case is; docs/metrics.md says the same in words. A conversation is
always read whole: late events, reopenings and corrections need no rule of their own.
"""

from typing import Final

from gateway.feed.log import EventType
from gateway.surveys.scales import MOST_DETRACTING, SCALES

TOLD: Final = (
    EventType.OPENED,
    EventType.REOPENED,
    EventType.ASSIGNED,
    EventType.RELEASED,
    EventType.OFFERED,
    EventType.RETURNED,
    EventType.ESCALATED,
    EventType.DE_ESCALATED,
    EventType.TRANSFERRED,
    EventType.OVERFLOWED,
    EventType.LABELLED,
    EventType.PENDED,
    EventType.WOKEN,
    EventType.SOLVED,
    EventType.CLOSED,
    EventType.ERASED,
    EventType.MERGED,
    EventType.ABSORBED,
    EventType.RECEIVED,
    EventType.REPLIED,
    EventType.SLA_BREACHED,
    EventType.SURVEY_SENT,
    EventType.SURVEY_ANSWERED,
)
"""Events that can change a case; the others are passed over."""

_TYPES = ", ".join(f"'{event}'" for event in TOLD)
_MOVES = ", ".join(
    f"'{event}'"
    for event in (
        EventType.ESCALATED,
        EventType.DE_ESCALATED,
        EventType.TRANSFERRED,
        EventType.OVERFLOWED,
    )
)


def _last(field: str) -> str:
    """The last value that a field of the conversation was given."""
    return (
        f"(array_agg(item->>'{field}' ORDER BY pos DESC)"
        f" FILTER (WHERE item ? '{field}'))[1] AS {field}"
    )


# What happened when: the same as for SLA clocks, where they ran.
_EVENTS = f"""
told AS MATERIALIZED (
    SELECT e.conversation_id AS id, e.pos, e.type, e.queue_before,
           coalesce(e.queue_after, e.queue_before) AS queue, e.assignee_after AS agent,
           e.data, e.data->'conversation' AS item, e.data->'message' AS message,
           coalesce(e.data->'met', jsonb_build_array(e.data->'clock')) AS clocks,
           CASE WHEN e.type = '{EventType.OPENED}'
                THEN (e.data#>>'{{conversation,opened_at}}')::timestamptz
                ELSE coalesce((e.data->>'occurred_at')::timestamptz, e.at) END AS t
      FROM event e
     WHERE e.workspace_id = $1 AND e.conversation_id = ANY ($2::uuid[]) AND e.pos <= $3
       AND e.type IN ({_TYPES})
),
matter AS MATERIALIZED (
    SELECT id, {_last("channel")}, {_last("type")}, {_last("priority")}, {_last("language")},
           {_last("tags")}, bool_or(type = '{EventType.MERGED}') AS is_merged,
           min(t) FILTER (WHERE type = '{EventType.OPENED}') AS opened_at,
           (array_agg(queue ORDER BY pos) FILTER (WHERE type = '{EventType.OPENED}'))[1] AS queue,
           (array_agg(queue ORDER BY pos DESC))[1] AS last_queue,
           (array_agg(agent ORDER BY pos DESC)
               FILTER (WHERE type <> '{EventType.ERASED}'))[1] AS last_agent
      FROM told GROUP BY id
)"""  # noqa: S608 - constants

# A turn ends with an answer by a person; what was asked since the one before it belongs to it.
_TURNS = f"""
spoken AS (
    SELECT id, pos, t, queue, (message->>'agent')::uuid AS agent,
           type = '{EventType.REPLIED}' AS is_answer,
           CASE WHEN type = '{EventType.RECEIVED}' THEN t
                ELSE (data->>'unanswered_since')::timestamptz END AS asked_at
      FROM told
     WHERE (type = '{EventType.RECEIVED}' AND NOT message ? 'quiet')
        OR (type = '{EventType.REPLIED}' AND message->>'agent' IS NOT NULL)
        OR data->>'unanswered_since' IS NOT NULL
),
numbered AS (
    SELECT *, count(*) FILTER (WHERE is_answer) OVER (
           PARTITION BY id ORDER BY t, pos
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS n
      FROM spoken
),
turn AS MATERIALIZED (
    SELECT id, n, min(asked_at) AS asked_at, max(t) FILTER (WHERE is_answer) AS answered_at,
           (array_agg(agent) FILTER (WHERE is_answer))[1] AS agent,
           (array_agg(queue) FILTER (WHERE is_answer))[1] AS queue
      FROM numbered GROUP BY id, n
)"""  # noqa: S608 - constants

# In which state it was from when on; open is all but solved and closed.
_STATES = f"""
state AS (
    SELECT id, pos, t, queue, agent,
           CASE type WHEN '{EventType.ERASED}' THEN 'closed' ELSE item->>'status' END AS status
      FROM told WHERE item ? 'status' OR type = '{EventType.ERASED}'
),
stay AS MATERIALIZED (
    SELECT *, status NOT IN ('solved', 'closed') AS is_open, lead(t) OVER told_later AS until,
           lag(status NOT IN ('solved', 'closed')) OVER told_later AS was_open
      FROM state WINDOW told_later AS (PARTITION BY id ORDER BY t, pos)
),
turning AS MATERIALIZED (
    SELECT *, row_number() OVER told_later AS n, lead(t) OVER told_later AS next_at
      FROM stay WHERE is_open IS DISTINCT FROM coalesce(was_open, false)
    WINDOW told_later AS (PARTITION BY id ORDER BY t, pos)
),
first_end AS (
    SELECT DISTINCT ON (id) id, t, next_at, queue, agent, status
      FROM turning WHERE NOT is_open ORDER BY id, t, pos
)"""  # noqa: S608 - constants

# A clock that was met ends with an answer or solution; one that was missed, when it was due.
_CLOCKS = f"""
sign AS (
    SELECT told.id, 'sla_' || (c->>'metric') AS figure, (c->>'cycle')::int AS n, told.queue, told.agent,
           (c->>'policy')::uuid AS policy, type <> '{EventType.SLA_BREACHED}' AS hit,
           CASE type WHEN '{EventType.SLA_BREACHED}' THEN (c->>'due_at')::timestamptz
                ELSE t END AS t
      FROM told, jsonb_array_elements(clocks) AS c
     WHERE data ? 'met' OR type = '{EventType.SLA_BREACHED}'
),
clock AS MATERIALIZED (
    SELECT DISTINCT ON (id, figure, n) * FROM sign ORDER BY id, figure, n, hit, t
)"""  # noqa: S608, E501 - constants

# Of an invitation the last answer counts, when it was given and as it is.
_SURVEYS = f"""
survey AS MATERIALIZED (
    SELECT id, data#>>'{{survey,invitation}}' AS invitation, min(data#>>'{{survey,kind}}') AS kind,
           min(t) FILTER (WHERE type = '{EventType.SURVEY_SENT}') AS sent_at,
           max(t) FILTER (WHERE type = '{EventType.SURVEY_ANSWERED}') AS answered_at,
           ((array_agg(data#>>'{{survey,score}}' ORDER BY pos DESC)
               FILTER (WHERE type = '{EventType.SURVEY_ANSWERED}'))[1])::int AS score,
           (array_agg(queue ORDER BY pos))[1] AS queue, (array_agg(agent ORDER BY pos))[1] AS agent,
           row_number() OVER (PARTITION BY id ORDER BY min(pos)) AS n
      FROM told WHERE type IN ('{EventType.SURVEY_SENT}', '{EventType.SURVEY_ANSWERED}')
     GROUP BY id, invitation
)"""  # noqa: S608 - constants

# Joined once for all: asked of each conversation by itself, a page would cost its square.
_JOINED = f"""
moved AS MATERIALIZED (
    SELECT told.id, bool_or(queue_before IS DISTINCT FROM told.queue) AS is_redirected,
           bool_or(type = '{EventType.ESCALATED}' AND below.level = 1 AND above.level = 2)
               AS is_escalated
      FROM told
      LEFT JOIN queue below ON below.workspace_id = $1 AND below.id = told.queue_before
      LEFT JOIN queue above ON above.workspace_id = $1 AND above.id = told.queue
     WHERE type IN ({_MOVES})
     GROUP BY told.id
),
unanswered AS MATERIALIZED (
    SELECT turn.id, turn.n, asked_at + $5::interval AS t, least(answered_at, min(stay.t)) AS until
      FROM turn LEFT JOIN stay ON stay.id = turn.id AND NOT stay.is_open AND stay.t >= asked_at
     WHERE asked_at IS NOT NULL
     GROUP BY turn.id, turn.n, asked_at, answered_at
),
ending AS MATERIALIZED (
    SELECT f.id, f.t, f.next_at, f.queue, f.agent, f.status, count(turn.id) AS answers,
           count(turn.id) FILTER (WHERE asked_at IS NOT NULL OR turn.n = 0) AS turns
      FROM first_end f LEFT JOIN turn ON turn.id = f.id AND turn.answered_at <= f.t
     GROUP BY f.id, f.t, f.next_at, f.queue, f.agent, f.status
)"""  # noqa: S608 - constants

_NO_SPANS = "NULL::timestamptz[], NULL::timestamptz[]"


def _counted(figure: str, what: str) -> str:
    return f"SELECT id, '{figure}', n, t, NULL::timestamptz, true, queue, agent, {_NO_SPANS} {what}"


def _level(figure: str, until: str, when: str) -> str:
    """What adds to a level, or takes from it: by the queue and agent that it has now, in both."""
    return f"""SELECT id, '{figure}', n, t, {until}, true, last_queue, last_agent, {_NO_SPANS}
      FROM turning JOIN matter USING (id) WHERE {when}"""  # noqa: S608 - constants


def _unanswered(figure: str, at: str, until: str, when: str) -> str:
    """What adds to the level of those that wait too long, or takes from it."""
    return f"""SELECT id, '{figure}', n + 1, {at}, {until}, true, last_queue, last_agent,
           {_NO_SPANS}
      FROM unanswered JOIN matter USING (id)
     WHERE (until IS NULL OR until > t) AND {when}"""  # noqa: S608 - constants


def _answered(figure: str, kind: str, hit: str) -> str:
    """A share of the answers to surveys, by whom and where the matter was solved."""
    return f"""SELECT id, '{figure}', n, answered_at, NULL, {hit}, queue, agent, {_NO_SPANS}
      FROM survey WHERE kind = '{kind}' AND answered_at IS NOT NULL"""  # noqa: S608 - constants


def _opened(figure: str, hit: str) -> str:
    """A share of the conversations opened, by the queue that they were opened in."""
    return f"""SELECT id, '{figure}', 1, opened_at, NULL, coalesce({hit}, false), matter.queue,
           NULL, {_NO_SPANS}
      FROM matter LEFT JOIN moved USING (id) LEFT JOIN ending USING (id)
     WHERE NOT is_merged"""  # noqa: S608 - constants


_MESSAGES = f"""(SELECT id, row_number() OVER (PARTITION BY id, type ORDER BY pos) AS n, t, queue,
           (message->>'agent')::uuid AS agent, type FROM told
     WHERE type IN ('{EventType.RECEIVED}', '{EventType.REPLIED}')) message"""  # noqa: S608

_RESOLVED = """FROM turning JOIN matter m USING (id) WHERE status = 'solved' AND next_at IS NULL"""

_FIGURES = (
    _counted("received", f"FROM {_MESSAGES} WHERE type = '{EventType.RECEIVED}'"),
    _counted("sent", f"FROM {_MESSAGES} WHERE type = '{EventType.REPLIED}'"),
    _opened("new", "true"),
    _opened("escalated", "is_escalated"),
    _opened("redirected", "is_redirected"),
    _opened("abandoned", "answers = 0"),
    _counted("solved", "FROM turning WHERE status = 'solved'"),
    _counted("reopened", "FROM turning WHERE is_open AND n > 1"),
    _level("open", "next_at", "is_open"),
    _level("ended", "NULL", "NOT is_open"),
    _unanswered("unanswered", "t", "until", "true"),
    _unanswered("unanswered_ended", "until", "NULL", "until IS NOT NULL"),
    f"""SELECT id, 'survey_response', n, sent_at, NULL, answered_at IS NOT NULL, queue, agent,
               {_NO_SPANS}
          FROM survey WHERE sent_at IS NOT NULL""",  # noqa: S608
    _answered("csat", "csat", f"score >= {SCALES['csat'].good}"),
    _answered("nps", "nps", f"score >= {SCALES['nps'].good}"),
    _answered("nps_against", "nps", f"score <= {MOST_DETRACTING}"),
    _answered("ces", "ces", f"score >= {SCALES['ces'].good}"),
    f"SELECT id, figure, n, t, NULL, hit, queue, agent, {_NO_SPANS} FROM clock",  # noqa: S608
    f"""SELECT DISTINCT ON (id) id, 'queue_wait', 1, t, NULL, true, told.queue, told.agent,
               ARRAY[opened_at], ARRAY[t]
          FROM told JOIN matter USING (id) WHERE told.type = '{EventType.ASSIGNED}'
         ORDER BY id, t, pos""",  # noqa: S608
    """SELECT id, 'first_response', 1, answered_at, NULL, true, queue, agent,
               ARRAY[asked_at], ARRAY[answered_at]
          FROM turn WHERE n = 0 AND asked_at IS NOT NULL AND answered_at IS NOT NULL""",
    """SELECT id, 'response', n, answered_at, NULL, true, queue, agent,
               ARRAY[asked_at], ARRAY[answered_at]
          FROM turn WHERE asked_at IS NOT NULL AND answered_at IS NOT NULL""",
    """SELECT id, 'handling', row_number() OVER (PARTITION BY id ORDER BY agent), max(until), NULL,
               true, (array_agg(queue ORDER BY t DESC, pos DESC))[1], agent,
               array_agg(t ORDER BY t, pos), array_agg(until ORDER BY t, pos)
          FROM stay WHERE status = 'assigned' AND agent IS NOT NULL AND until IS NOT NULL
         GROUP BY id, agent""",
    f"""SELECT id, 'resolution', 1, t, NULL, true, turning.queue, agent,
               ARRAY[opened_at], ARRAY[t] {_RESOLVED}""",
    f"""SELECT id, 'within_24h', 1, t, NULL, t - opened_at <= interval '24 hours', turning.queue,
               agent, {_NO_SPANS} {_RESOLVED}""",
    f"""SELECT id, 'first_contact', 1, t, NULL, turns = 1
               AND (next_at IS NULL OR next_at > t + interval '7 days'), queue, agent, {_NO_SPANS}
          FROM ending WHERE status = 'solved'""",  # noqa: S608
)

CASES: Final = f"""
WITH {_EVENTS}, {_TURNS}, {_STATES}, {_CLOCKS}, {_SURVEYS}, {_JOINED},
found (id, figure, n, at, until, hit, queue, agent, begins, ends) AS (
    {" UNION ALL ".join(f"({each})" for each in _FIGURES)}
)
SELECT f.id AS conversation_id, f.figure, f.n::int AS n, f.at, f.until, f.hit,
       (f.at AT TIME ZONE $4)::date AS day,
       extract(hour FROM f.at AT TIME ZONE $4)::int AS hour,
       f.begins, f.ends, f.queue AS queue_id, q.level, m.channel AS channel_id,
       f.agent AS agent_id, c.policy AS policy_id,
       m.type, m.priority, m.language, coalesce(m.tags, '[]') AS tags
  FROM found f
  JOIN matter m ON m.id = f.id AND m.opened_at IS NOT NULL
  LEFT JOIN queue q ON q.workspace_id = $1 AND q.id = f.queue
  LEFT JOIN clock c ON c.id = f.id AND c.figure = f.figure AND c.n = f.n
 WHERE NOT m.is_merged OR f.figure IN ('received', 'sent')
"""  # noqa: S608 - constants
"""Arguments: workspace, conversations, the last position, the zone in which days begin, how long a
message may wait before it counts as unanswered."""
