"""How fast stored decisions are taken again by a draft of 100 rules, and in how much memory.

The process is the one that the API starts, reading from a real PostgreSQL. Rules that ask for texts
join every decision with its message; they are measured beside rules that do not.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from benchmarks.ingest import mixed_rules
from benchmarks.results import compared, publish
from sqlalchemy import select

from gateway.access.secret_box import SecretBox, new_key
from gateway.database.connections import Database
from gateway.database.embedded import EmbeddedPostgres
from gateway.database.migrations import migrate
from gateway.database.schema import Channel, Queue, Workspace
from gateway.first_start import first_start

RUNS = int(os.environ.get("BACKTEST_RUNS", "3"))
DECISIONS = int(os.environ.get("BACKTEST_DECISIONS", "100000"))
RULES = 100
TARGET = 1_000_000 / 120
"""Decisions a second: a million in two minutes."""

FILL = (
    """
    INSERT INTO contact (workspace_id, id, attributes)
    SELECT $1, gen_random_uuid(), '{}' FROM generate_series(1, $2::int)
    """,
    """
    INSERT INTO identity (workspace_id, id, contact_id, space, address, last_seen_at)
    SELECT workspace_id, id, id, 'email', id || '@example.com', now() FROM contact
     WHERE workspace_id = $1 AND $2::int > 0
    """,
    """
    INSERT INTO conversation (workspace_id, id, channel_id, identity_id, subject, status, queue_id,
                              priority, version, message_count, opened_at, last_message_at)
    SELECT workspace_id, id, $3, id, 'About my order', 'queued', $4, 'normal', 1, 1, now(), now()
      FROM contact WHERE workspace_id = $1 AND $2::int > 0
    """,
    """
    INSERT INTO message (workspace_id, id, conversation_id, seq, direction, channel_id, identity_id,
                         subject, text)
    SELECT workspace_id, id, id, 1, 'inbound', channel_id, identity_id, subject,
           repeat('Where is my parcel? It should have come last week. ', 10)
      FROM conversation WHERE workspace_id = $1 AND $2::int > 0
    """,
    """
    INSERT INTO decision (workspace_id, conversation_id, id, message_id, rule_set_version, facts,
                          outcome, decided_at)
    SELECT workspace_id, id, id, id, 1,
           json_build_object('kind', 'web_form', 'channel', channel_id, 'is_new', true,
                             'is_automatic', false, 'message_count', 1, 'attachment_count', 0,
                             'received_at', '2026-11-22T10:00:00+00:00', 'tags', '[]'::json),
           json_build_object('queue', queue_id, 'level', 1, 'priority', 'normal',
                             'tags', '[]'::json, 'type', null, 'language', null),
           now()
      FROM conversation WHERE workspace_id = $1 AND $2::int > 0
    """,
)


async def fill(dsn: str) -> dict[str, Any]:
    """Store the decisions; returns what a backtest is told, but for its rules."""
    database = Database(dsn)
    await migrate(database)
    async with database.transaction() as session:
        await first_start(session, SecretBox(new_key()))
        [workspace] = await session.scalars(select(Workspace.id))
        queues = (await session.scalars(select(Queue))).all()
        channel = await session.scalar(select(Channel.id).where(Channel.kind == "web_form"))
    connection = await asyncpg.connect(dsn)
    values = (workspace, DECISIONS, channel, queues[0].id)
    for number, statement in enumerate(FILL):
        await connection.execute(statement, *values[: 4 if number == 2 else 2])
    await connection.execute("ANALYZE")
    await connection.close()
    await database.close()
    return {
        "dsn": dsn,
        "workspace": workspace,
        "queues": [{"id": str(q.id), "name": q.name, "level": q.level} for q in queues],
        "default_queue": str(queues[0].id),
        "limit": DECISIONS,
        "since": "2000-01-01T00:00:00+00:00",
        "until": "9999-01-01T00:00:00+00:00",
    }


def backtest(told: dict[str, Any], rules: list[dict[str, Any]]) -> tuple[float, float]:
    """Decisions a second, and the most memory that the process had, in MB."""
    command = (sys.executable, "-m", "gateway.rulebook.backtesting")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({**told, "rules": rules}).encode())
        process.stdin.close()
        most, seen = 0, psutil.Process(process.pid)
        line: dict[str, Any] = {}
        for text in process.stdout:
            line = json.loads(text)
            most = max(most, seen.memory_info().rss)
    assert line["decisions"] == DECISIONS, line
    return DECISIONS / line["seconds"], most / 2**20


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sportello-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - PostgreSQL runs as another user
        server = EmbeddedPostgres(Path(folder) / "postgresql")
        told = await fill(await server.start())
        queues = [queue["id"] for queue in told["queues"]]
        asking = mixed_rules(queues, RULES)
        kind = {"field": "kind", "op": "equals", "value": "chat"}
        plain = [{**rule, "when": kind} for rule in asking]
        runs = [
            [await asyncio.to_thread(backtest, told, rules) for rules in (asking, plain)]
            for _ in range(RUNS)
        ]
        await server.stop()
    rates, memory = zip(*(each[0] for each in runs), strict=True)
    publish(
        "backtest",
        [
            compared("decisions by rules that ask for texts", "1/s", list(rates), target=TARGET),
            compared(
                "decisions by rules that ask for none",
                "1/s",
                [each[1][0] for each in runs],
                target=TARGET,
            ),
            compared("memory", "MB", list(memory), target=300, better="less"),
        ],
    )


if __name__ == "__main__":
    asyncio.run(main())
