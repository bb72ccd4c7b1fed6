-- The figures from the words of docs/metrics.md, for DuckDB; $events is the export of the log.

SET TimeZone = 'Europe/Rome';
CREATE TABLE ev AS
SELECT pos, type, conversation_id AS id, queue_after AS queue, queue_before,
       assignee_after AS agent,
       level_before, level_after AS level,
       coalesce(if(type = 'conversation.opened', data->>'$.conversation.opened_at', NULL),
                data->>'$.occurred_at', CAST("at" AS VARCHAR))::TIMESTAMPTZ AS t,
       data->>'$.conversation.status' AS status, data->>'$.message.agent' AS who,
       data->>'$.message.quiet' AS quiet, data AS json
  FROM read_csv($events, header = true, all_varchar = false,
                types = {'data': 'JSON', 'at': 'TIMESTAMPTZ', 'assignee_after': 'VARCHAR',
                         'queue_before': 'VARCHAR', 'queue_after': 'VARCHAR',
                         'conversation_id': 'VARCHAR', 'level_before': 'INTEGER',
                         'level_after': 'INTEGER'});

CREATE TABLE merged AS SELECT DISTINCT id FROM ev WHERE type = 'conversation.merged';
CREATE TABLE conv AS
SELECT o.id, o.t AS opened_at, o.queue, o.level, o.json->>'$.conversation.channel' AS channel,
       o.id IN (FROM merged) AS is_merged,
       (SELECT arg_max(e.json->>'$.conversation.priority', e.pos) FROM ev e WHERE e.id = o.id
         AND json_exists(e.json, '$.conversation.priority')) AS priority,
       (SELECT arg_max(coalesce(e.json->>'$.conversation.type', ''), e.pos) FROM ev e
         WHERE e.id = o.id AND json_exists(e.json, '$.conversation.type')) AS type,
       (SELECT arg_max(coalesce(e.json->>'$.conversation.language', ''), e.pos) FROM ev e
         WHERE e.id = o.id AND json_exists(e.json, '$.conversation.language')) AS language,
       (SELECT arg_max(CAST(e.json->'$.conversation.tags' AS VARCHAR[]), e.pos) FROM ev e
         WHERE e.id = o.id AND json_exists(e.json, '$.conversation.tags')) AS tags,
       (SELECT arg_max(e.queue, e.pos) FROM ev e WHERE e.id = o.id) AS last_queue,
       (SELECT arg_max(e.level, e.pos) FROM ev e WHERE e.id = o.id) AS last_level,
       (SELECT arg_max(coalesce(e.agent, ''), e.pos) FROM ev e WHERE e.id = o.id) AS last_agent
  FROM ev o WHERE o.type = 'conversation.opened';

-- each answer by a person, with the earliest question since the answer before it
CREATE TABLE answer AS
SELECT a.id, a.pos, a.t, a.queue, a.level, a.who AS agent, a.nth, (
         SELECT min(q.t) FROM ev q
          WHERE q.id = a.id AND q.type = 'message.received' AND q.quiet IS NULL
            AND (q.t, q.pos) < (a.t, a.pos)
            AND (a.before_t IS NULL OR (q.t, q.pos) > (a.before_t, a.before_pos))) AS asked_at
  FROM (SELECT *, lag(t) OVER w AS before_t, lag(pos) OVER w AS before_pos,
               row_number() OVER w AS nth
          FROM ev WHERE type = 'message.replied' AND who IS NOT NULL
        WINDOW w AS (PARTITION BY id ORDER BY t, pos)) a;

CREATE TABLE st AS
SELECT id, pos, t, queue, level, agent, status, status NOT IN ('solved', 'closed') AS is_open,
       lead(t) OVER (PARTITION BY id ORDER BY t, pos) AS until,
       lag(status) OVER (PARTITION BY id ORDER BY t, pos) AS status_before
  FROM ev WHERE status IS NOT NULL;
CREATE TABLE first_end AS
SELECT id, min_by(t, (t, pos)) AS t, min_by(status, (t, pos)) AS status, min_by(pos, (t, pos)) AS pos,
       min_by(queue, (t, pos)) AS queue, min_by(level, (t, pos)) AS level,
       min_by(coalesce(agent, ''), (t, pos)) AS agent
  FROM st WHERE NOT is_open GROUP BY id;
-- the end after which it was never open again
CREATE TABLE final AS
SELECT id, min_by(t, (t, pos)) AS t, min_by(status, (t, pos)) AS status,
       min_by(queue, (t, pos)) AS queue, min_by(level, (t, pos)) AS level,
       min_by(coalesce(agent, ''), (t, pos)) AS agent
  FROM st WHERE NOT is_open AND (t, pos) > (
       SELECT max((o.t, o.pos)) FROM st o WHERE o.id = st.id AND o.is_open)
 GROUP BY id;

CREATE TABLE open_hours AS
SELECT timezone('Europe/Rome', d + INTERVAL 9 HOUR) AS opens,
       timezone('Europe/Rome', d + INTERVAL 18 HOUR) AS closes
  FROM (SELECT unnest(generate_series(TIMESTAMP '2026-03-01', TIMESTAMP '2027-06-30',
                                      INTERVAL 1 DAY)) AS d) WHERE isodow(d) <= 5;
CREATE MACRO within(a, b) AS (
    SELECT coalesce(sum(greatest(0, epoch(least(b, closes)) - epoch(greatest(a, opens)))), 0)
      FROM open_hours WHERE closes > a AND opens < b);

CREATE VIEW received AS
SELECT id, t, queue, level, '' AS agent, NULL AS wall, NULL AS business, true AS hit FROM ev
  WHERE type = 'message.received';

CREATE VIEW sent AS
SELECT id, t, queue, level, coalesce(who, '') AS agent, NULL AS wall, NULL AS business, true AS
  hit FROM ev WHERE type = 'message.replied';

CREATE VIEW new AS
SELECT id, opened_at AS t, queue, level, '' AS agent, NULL AS wall, NULL AS business, true AS
  hit FROM conv;

CREATE VIEW solved AS
SELECT id, t, queue, level, coalesce(agent, '') AS agent, NULL AS wall, NULL AS business, true
  AS hit FROM st WHERE status = 'solved' AND NOT EXISTS (FROM first_end f WHERE f.id = st.id AND
  (f.t, f.pos) < (st.t, st.pos) AND st.status_before IN ('solved', 'closed'));

CREATE VIEW reopened AS
SELECT id, t, queue, level, coalesce(agent, '') AS agent, NULL AS wall, NULL AS business, true
  AS hit FROM st WHERE is_open AND status_before IN ('solved', 'closed');

CREATE VIEW redirected AS
SELECT id, opened_at AS t, queue, level, '' AS agent, NULL AS wall, NULL AS business, EXISTS
  (FROM ev WHERE ev.id = conv.id AND type IN ('conversation.escalated',
  'conversation.de_escalated', 'conversation.transferred', 'conversation.overflowed') AND
  queue_before <> ev.queue) AS hit FROM conv;

CREATE VIEW escalated AS
SELECT id, opened_at AS t, queue, level, '' AS agent, NULL AS wall, NULL AS business, EXISTS
  (FROM ev WHERE ev.id = conv.id AND type = 'conversation.escalated' AND level_before = 1 AND
  ev.level = 2) AS hit FROM conv;

CREATE VIEW abandoned AS
SELECT id, opened_at AS t, queue, level, '' AS agent, NULL AS wall, NULL AS business, EXISTS
  (FROM first_end f WHERE f.id = conv.id AND NOT EXISTS (FROM answer a WHERE a.id = f.id AND a.t
  <= f.t)) AS hit FROM conv;

CREATE VIEW queue_wait AS
SELECT e.id, e.t, e.queue, e.level, e.agent, epoch(e.t) - epoch(c.opened_at) AS wall,
  within(c.opened_at, e.t) AS business, true AS hit FROM ev e JOIN conv c USING (id) WHERE
  e.type = 'conversation.assigned' AND (e.t, e.pos) = (SELECT min((f.t, f.pos)) FROM ev f WHERE
  f.id = e.id AND f.type = e.type);

CREATE VIEW first_response AS
SELECT id, t, queue, level, agent, epoch(t) - epoch(asked_at) AS wall, within(asked_at, t) AS
  business, true AS hit FROM answer WHERE asked_at IS NOT NULL AND nth = 1;

CREATE VIEW response AS
SELECT id, t, queue, level, agent, epoch(t) - epoch(asked_at) AS wall, within(asked_at, t) AS
  business, true AS hit FROM answer WHERE asked_at IS NOT NULL;

CREATE VIEW handling AS
SELECT id, max(until) AS t, max_by(queue, (t, pos)) AS queue, max_by(level, (t, pos)) AS level,
  agent, sum(epoch(until) - epoch(t)) AS wall, sum(within(t, until)) AS business, true AS hit
  FROM st WHERE status = 'assigned' AND until IS NOT NULL GROUP BY id, agent;

CREATE VIEW resolution AS
SELECT id, t, f.queue, f.level, agent, epoch(t) - epoch(opened_at) AS wall, within(opened_at, t)
  AS business, true AS hit FROM final f JOIN conv c USING (id) WHERE status = 'solved';

CREATE VIEW within_24h AS
SELECT id, t, f.queue, f.level, agent, NULL AS wall, NULL AS business, epoch(t) -
  epoch(opened_at) <= 86400 AS hit FROM final f JOIN conv c USING (id) WHERE status = 'solved';

CREATE VIEW first_contact AS
SELECT id, t, queue, level, agent, NULL AS wall, NULL AS business, (SELECT count(*) FROM answer
  a WHERE a.id = f.id AND a.t <= f.t AND (asked_at IS NOT NULL OR nth = 1)) = 1 AND NOT EXISTS
  (FROM st o WHERE o.id = f.id AND is_open AND (o.t, o.pos) > (f.t, f.pos) AND o.t <= f.t +
  INTERVAL 168 HOURS) AS hit FROM first_end f WHERE status = 'solved';

-- a clock whose breach was told is missed, whatever comes after
CREATE TABLE sign AS
SELECT id, pos, queue, level, coalesce(agent, '') AS agent, false AS hit, json->'$.clock' AS clock,
       (json->>'$.clock.due_at')::TIMESTAMPTZ AS t FROM ev WHERE type = 'sla.breached'
UNION ALL
SELECT id, pos, queue, level, coalesce(agent, ''), true, unnest(CAST(json->'$.met' AS JSON[])), t
  FROM ev WHERE json_exists(json, '$.met');
CREATE VIEW clocks AS
SELECT id, 'sla_' || (clock->>'$.metric') AS figure, clock->>'$.cycle' AS cycle,
       min_by({'t': t, 'queue': queue, 'level': level, 'agent': agent, 'hit': hit,
               'policy': clock->>'$.policy'}, (hit, t, pos)) AS first
  FROM sign GROUP BY ALL;
CREATE VIEW sla AS
SELECT figure, id, first.t, first.queue, first.level, first.agent, NULL AS wall, NULL AS business,
       first.hit, first.policy FROM clocks;

-- the earliest question after each answer, or after none; how long it waited
CREATE TABLE asked AS
SELECT id, t, answered_at, least(answered_at, (
         SELECT min(e.t) FROM st e WHERE e.id = a.id AND NOT e.is_open AND e.t >= a.t)) AS until
  FROM (SELECT id, asked_at AS t, t AS answered_at FROM answer WHERE asked_at IS NOT NULL
        UNION ALL
        SELECT q.id, min(q.t), NULL FROM ev q
          LEFT JOIN (SELECT id, max((t, pos)) AS last FROM answer GROUP BY id) l USING (id)
         WHERE q.type = 'message.received' AND q.quiet IS NULL
           AND (l.last IS NULL OR (q.t, q.pos) > l.last)
         GROUP BY q.id) a;

CREATE TABLE invited AS
SELECT id, json->>'$.survey.invitation' AS invitation, min(json->>'$.survey.kind') AS kind,
       min_by(queue, pos) AS queue, min_by(level, pos) AS level,
       coalesce(arg_min_null(agent, pos), '') AS agent,
       min(t) FILTER (type = 'survey.sent') AS sent_at,
       max(t) FILTER (type = 'survey.answered') AS answered_at,
       max_by(CAST(json->>'$.survey.score' AS INTEGER), pos)
           FILTER (type = 'survey.answered') AS score
  FROM ev WHERE type IN ('survey.sent', 'survey.answered') GROUP BY id, invitation;
CREATE VIEW surveyed AS
SELECT 'survey_response' AS figure, id, sent_at AS t, queue, level, agent, NULL AS wall,
       NULL AS business, CAST(answered_at IS NOT NULL AS INTEGER) AS hit, NULL AS policy FROM invited
UNION ALL
SELECT kind, id, answered_at, queue, level, agent, NULL, NULL,
       CASE kind WHEN 'csat' THEN CAST(score IN (4, 5) AS INTEGER)
                 WHEN 'nps' THEN CAST(score IN (9, 10) AS INTEGER) - CAST(score < 7 AS INTEGER)
                 ELSE CAST(score IN (5, 6, 7) AS INTEGER) END, NULL
  FROM invited
 WHERE answered_at IS NOT NULL;

CREATE TABLE told AS
SELECT figure, id, CAST(timezone('Europe/Rome', t) AS DATE) AS day,
       hour(timezone('Europe/Rome', t))::VARCHAR AS hour, f.queue, f.level::VARCHAR AS level, agent,
       channel, type, priority, language, tags, policy, floor(wall) AS wall, floor(business) AS business,
       CAST(hit AS INTEGER) AS hit
  FROM (
            SELECT *, NULL FROM (
            SELECT 'received', id, t, queue, level, agent, wall, business, hit FROM received
  UNION ALL SELECT 'sent', id, t, queue, level, agent, wall, business, hit FROM sent
  UNION ALL SELECT 'new', id, t, queue, level, agent, wall, business, hit FROM new
  UNION ALL SELECT 'solved', id, t, queue, level, agent, wall, business, hit FROM solved
  UNION ALL SELECT 'reopened', id, t, queue, level, agent, wall, business, hit FROM reopened
  UNION ALL SELECT 'redirected', id, t, queue, level, agent, wall, business, hit FROM redirected
  UNION ALL SELECT 'escalated', id, t, queue, level, agent, wall, business, hit FROM escalated
  UNION ALL SELECT 'abandoned', id, t, queue, level, agent, wall, business, hit FROM abandoned
  UNION ALL SELECT 'queue_wait', id, t, queue, level, agent, wall, business, hit FROM queue_wait
  UNION ALL SELECT 'first_response', id, t, queue, level, agent, wall, business, hit FROM first_response
  UNION ALL SELECT 'response', id, t, queue, level, agent, wall, business, hit FROM response
  UNION ALL SELECT 'handling', id, t, queue, level, agent, wall, business, hit FROM handling
  UNION ALL SELECT 'resolution', id, t, queue, level, agent, wall, business, hit FROM resolution
  UNION ALL SELECT 'within_24h', id, t, queue, level, agent, wall, business, hit FROM within_24h
  UNION ALL SELECT 'first_contact', id, t, queue, level, agent, wall, business, hit FROM first_contact)
  UNION ALL SELECT * REPLACE (CAST(hit AS INTEGER) AS hit) FROM sla UNION ALL SELECT * FROM surveyed) f (figure, id, t, queue, level, agent, wall, business, hit, policy)
  JOIN conv c USING (id) WHERE NOT is_merged OR figure IN ('received', 'sent');
