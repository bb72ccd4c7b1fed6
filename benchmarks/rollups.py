"""What figures cost where the log is short and where it is long, in one run.

Workspaces with logs of 100,000 and of 10,000,000 events lie in one PostgreSQL
(`ROLLUPS_EVENTS=1000000` makes the long one shorter). The short one is counted by the worker's
code; the long one is as many copies of it under other ids, as the full count would leave them. Then
1,000 events are appended to each and counted, in turn: half of new conversations, half of old ones.
Beside it, the overview of four weeks of the long one and a query for a single row.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import date
from statistics import median

from benchmarks.fresh_database import fresh_database
from benchmarks.results import Figure, compared, publish

from gateway.access.secret_box import SecretBox, new_key
from gateway.database.connections import Database, fetch_in
from gateway.database.schema import Agent, Workspace
from gateway.figures.counting import count_all, count_page
from gateway.figures.definitions import DEFINITIONS
from gateway.figures.reading import Asked, read
from gateway.first_start import create_workspace, starting_channels
from gateway.ids import new_id

RUNS = 5
SMALL = 100_000
LARGE = int(os.environ.get("ROLLUPS_EVENTS", "10000000"))
PER_CONVERSATION = 8
APPENDED = 1_000
TIMES_SMALL, TIMES_ROW = 3.0, 10.0
ASKED_AT_ONCE = 20
SINCE, UNTIL = date(2025, 9, 1), date(2025, 9, 29)

CONVERSATIONS = """
WITH parts AS (
    SELECT (SELECT id FROM queue WHERE workspace_id = $1::int ORDER BY level LIMIT 1) AS queue,
           (SELECT array_agg(id) FROM channel WHERE workspace_id = $1) AS channels,
           (SELECT array_agg(id) FROM agent WHERE workspace_id = $1) AS agents
), matter AS (
    SELECT n, md5($1::int || '.' || n)::uuid AS id, queue,
           channels[1 + n % array_length(channels, 1)] AS channel,
           agents[1 + n % array_length(agents, 1)] AS agent,
           timestamptz '2025-01-01' + interval '365 days' * (n * 0.6180339887 % 1) AS at,
           interval '1 second' * (30 + (n * 7919::bigint) % 20000) AS pace,
           (ARRAY['order', 'refund', 'parcel'])[1 + n % 3] AS type
      FROM parts, generate_series($2::bigint, $3::bigint) AS n
)
"""
APPEND = f"""
{CONVERSATIONS}
INSERT INTO event (workspace_id, pos, at, type, conversation_id, version, queue_before, queue_after,
                   assignee_before, assignee_after, data)
SELECT $1, $4 + row_number() OVER (ORDER BY n, step.k), m.at + m.pace * step.k,
       step.type, m.id, step.k, queue, queue, NULL,
       CASE WHEN step.k BETWEEN 3 AND 8 THEN m.agent END,
       CASE step.k
       WHEN 1 THEN jsonb_build_object('conversation', jsonb_build_object('status', 'queued',
              'channel', m.channel, 'queue', queue, 'level', 1, 'priority', 'normal', 'type', m.type,
              'language', 'it', 'tags', ARRAY['vip'], 'opened_at', m.at))
       WHEN 3 THEN jsonb_build_object('conversation', jsonb_build_object('status', 'assigned'))
       WHEN 8 THEN jsonb_build_object('conversation', jsonb_build_object('status', 'solved'))
       ELSE jsonb_build_object('conversation', jsonb_build_object(), 'message', jsonb_build_object(
              'id', m.id, 'agent', CASE WHEN step.type = 'message.replied' THEN m.agent END)) END
  FROM matter m, (VALUES (1, 'conversation.opened'), (2, 'message.received'),
       (3, 'conversation.assigned'), (4, 'message.replied'), (5, 'message.received'),
       (6, 'message.replied'), (7, 'message.received'), (8, 'conversation.solved')) AS step (k, type)
"""  # noqa: S608, E501 - constants
GO_ON = f"""
{CONVERSATIONS}
INSERT INTO event (workspace_id, pos, at, type, conversation_id, version, queue_before, queue_after,
                   assignee_before, assignee_after, data)
SELECT $1, $4 + row_number() OVER (), now(), 'message.received', m.id, 9, queue, queue, m.agent,
       m.agent, jsonb_build_object('conversation', jsonb_build_object(), 'message',
                                   jsonb_build_object('id', m.id))
  FROM matter m
"""  # noqa: S608 - constants
COPY_EVENTS = """
INSERT INTO event (workspace_id, pos, at, type, conversation_id, version, queue_before, queue_after,
                   assignee_before, assignee_after, data)
SELECT workspace_id, pos + $2::bigint, at, type, md5(conversation_id::text || $3::text)::uuid,
       version, queue_before, queue_after, assignee_before, assignee_after, data
  FROM event WHERE workspace_id = $1 AND pos <= $4
"""
COPY_CASES = """
INSERT INTO figure_case
SELECT workspace_id, md5(conversation_id::text || copy)::uuid, figure, n, at, until, day, hour,
       seconds, business_s, hit, queue_id, level, channel_id, agent_id, type, priority, language,
       tags
  FROM figure_case, unnest($2::text[]) AS copy WHERE workspace_id = $1
"""
MULTIPLY = """
UPDATE figure_rollup SET cases = cases * $2, hits = hits * $2, seconds = seconds * $2
 WHERE workspace_id = $1
"""
HEAD = "UPDATE feed_head SET pos = $2 WHERE workspace_id = $1"
CURSOR = "UPDATE figure_cursor SET pos = $2 WHERE workspace_id = $1"


class Log:
    """A workspace with so many events, all of them counted."""

    def __init__(self, database: Database, workspace_id: int, events: int) -> None:
        self.database = database
        self.workspace_id = workspace_id
        self._pos = 0
        self._events = events
        self._next = SMALL // PER_CONVERSATION

    async def fill(self) -> None:
        """Count a short log, then have as many copies of it as are wanted."""
        await self._append(APPEND, 0, self._next - 1, SMALL)
        await count_all(self.database, self.workspace_id, 10_000)
        copies = [str(n) for n in range(1, self._events // SMALL)]
        if not copies:
            return
        for number, copy in enumerate(copies, 1):
            async with self.database.transaction() as session:
                fetch = await fetch_in(session)
                await fetch(COPY_EVENTS, self.workspace_id, number * SMALL, copy, SMALL)
        self._pos = self._events
        async with self.database.transaction() as session:
            fetch = await fetch_in(session)
            await fetch(COPY_CASES, self.workspace_id, copies)
            await fetch(MULTIPLY, self.workspace_id, len(copies) + 1)
            await fetch(HEAD, self.workspace_id, self._pos)
            await fetch(CURSOR, self.workspace_id, self._pos)

    async def go_on(self) -> None:
        """Half of the events are of old conversations, one each."""
        old = APPENDED // 2
        await self._append(GO_ON, 0, old - 1, old)
        new = old // PER_CONVERSATION
        await self._append(APPEND, self._next, self._next + new - 1, new * PER_CONVERSATION)
        self._next += new

    async def _append(self, statement: str, first: int, last: int, events: int) -> None:
        async with self.database.transaction() as session:
            fetch = await fetch_in(session)
            await fetch(statement, self.workspace_id, first, last, self._pos)
            self._pos += events
            await fetch(HEAD, self.workspace_id, self._pos)

    async def count(self) -> None:
        while await count_page(self.database, self.workspace_id, APPENDED):
            pass


async def founded(database: Database, events: int) -> Log:
    async with database.transaction() as session:
        workspace = await create_workspace(session, f"of {events}")
        channels = starting_channels(workspace.id, SecretBox(new_key()))
        session.add_all(each for each in channels if each.kind != "email")  # its address is one
        for n in range(20):
            email = f"{n}@{events}.test"
            agent = Agent(workspace_id=workspace.id, id=new_id(), name=f"{n}", email=email)
            session.add(agent)
    log = Log(database, workspace.id, events)
    await log.fill()
    return log


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return 1_000 * (time.perf_counter() - began)


async def middle(work: Callable[[], Awaitable[object]]) -> float:
    return median([await timed(work) for _ in range(ASKED_AT_ONCE)])


async def overview(log: Log) -> None:
    shown = [each for each in DEFINITIONS.values() if each.name != "uncompleted"]
    asked = Asked(since=SINCE, until=UNTIL, clock="wall", zone="UTC")
    async with log.database.transaction() as session:
        await read(await fetch_in(session), log.workspace_id, shown, asked)


async def single_row(log: Log) -> None:
    async with log.database.transaction() as session:
        await session.get(Workspace, log.workspace_id)


async def measure(database: Database) -> list[Figure]:
    small, large = [await founded(database, events) for events in (SMALL, LARGE)]
    connection = await database.connect()
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    counted: list[tuple[float, float]] = []
    asked: list[tuple[float, float]] = []
    for _ in range(RUNS):
        for log in (small, large):
            await log.go_on()
        counted.append((await timed(large.count), await timed(small.count)))
        asked.append(
            (await middle(lambda: overview(large)), await middle(lambda: single_row(large)))
        )
    return [
        compared(
            f"1,000 events counted: after {LARGE:,} / after {SMALL:,}",
            "ms",
            [of_many for of_many, _ in counted],
            [of_few for _, of_few in counted],
            target=TIMES_SMALL,
            better="less",
        ),
        compared(
            f"overview of four weeks of {LARGE:,} events / a single row",
            "ms",
            [of_all for of_all, _ in asked],
            [of_one for _, of_one in asked],
            target=TIMES_ROW,
            better="less",
        ),
    ]


async def main() -> None:
    async with fresh_database() as database:
        publish("rollups", await measure(database))


if __name__ == "__main__":
    asyncio.run(main())
