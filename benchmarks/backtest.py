"""How fast stored decisions are taken again by a draft of 100 rules, and in how much memory.

The process is the one that the API starts, reading from a real PostgreSQL. Rules that ask for texts
join every decision with its message; they are measured beside rules that do not. Figures are for a
million decisions, from `BACKTEST_DECISIONS` that are stored (`BACKTEST_DECISIONS=1000000
BACKTEST_RUNS=1` measures the million itself). The seconds of the processors are those of the
process and of PostgreSQL, and vary less than the clock's where other work goes on.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from benchmarks.ingest import cpu_of, mixed_rules, programs
from benchmarks.results import Figure, compared, publish
from sqlalchemy import select

from gateway import references
from gateway.access.secret_box import SecretBox, new_key
from gateway.database.connections import Database
from gateway.database.embedded import EmbeddedPostgres
from gateway.database.migrations import migrate
from gateway.database.schema import Channel, Workspace
from gateway.first_start import first_start
from gateway.rulebook.backtests import references_told

RUNS = int(os.environ.get("BACKTEST_RUNS", "3"))
DECISIONS = int(os.environ.get("BACKTEST_DECISIONS", "100000"))
RULES = 100
MILLION = 1_000_000
TARGET_S = 120
TARGET_MB = 300

FILL = (
    """
    INSERT INTO contact (workspace_id, id, attributes)
    SELECT $1, uuidv7(), '{}' FROM generate_series(1, $2::int)
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
        there = await references.present(session, workspace)
        channel = await session.scalar(select(Channel.id).where(Channel.kind == "web_form"))
    connection = await asyncpg.connect(dsn)
    values = (workspace, DECISIONS, channel, there.default_queue)
    for number, statement in enumerate(FILL):
        await connection.execute(statement, *values[: 4 if number == 2 else 2])
    await connection.execute("ANALYZE")
    await connection.close()
    await database.close()
    return {
        "dsn": dsn,
        "workspace": workspace,
        **references_told(there),
        "limit": DECISIONS,
        "since": "2000-01-01T00:00:00+00:00",
        "until": "9999-01-01T00:00:00+00:00",
    }


@dataclass(frozen=True, slots=True)
class Run:
    """What one backtest took: seconds a million decisions by the clock and of the processors.

    The latter of its process and of PostgreSQL; `memory` is the most that the process had, in MB.
    """

    seconds: float
    cpu_seconds: float
    memory: float


def backtest(told: dict[str, Any], rules: list[dict[str, Any]], postmaster: int) -> Run:
    command = (sys.executable, "-m", "gateway.rulebook.backtesting")
    began = cpu_of(psutil.Process(postmaster)) + own_children()
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
    spent = cpu_of(psutil.Process(postmaster)) + own_children() - began
    scale = MILLION / DECISIONS
    return Run(line["seconds"] * scale, spent * scale, most / 2**20)


def own_children() -> float:
    """CPU seconds of the processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sportello-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - PostgreSQL runs as another user
        data = Path(folder) / "postgresql"
        server = EmbeddedPostgres(data)
        told = await fill(await server.start())
        _, postmaster = programs(data)
        queues = [queue["id"] for queue in told["queues"]]
        asking = mixed_rules(queues, RULES)
        kind = {"field": "kind", "op": "equals", "value": "chat"}
        plain = [{**rule, "when": kind} for rule in asking]
        runs = [
            [
                await asyncio.to_thread(backtest, told, rules, postmaster)
                for rules in (asking, plain)
            ]
            for _ in range(RUNS)
        ]
        await server.stop()
    publish(
        "backtest",
        [
            *figures("rules that ask for texts", [each[0] for each in runs]),
            *figures("rules that ask for none", [each[1] for each in runs]),
        ],
    )


def figures(what: str, runs: list[Run]) -> list[Figure]:
    time, cpu, memory = (
        [getattr(run, name) for run in runs] for name in ("seconds", "cpu_seconds", "memory")
    )
    return [
        compared(f"{what}: a million decisions", "s", time, target=TARGET_S, better="less"),
        compared(f"{what}: of the processors", "s", cpu),
        compared(f"{what}: memory", "MB", memory, target=TARGET_MB, better="less"),
    ]


if __name__ == "__main__":
    asyncio.run(main())
