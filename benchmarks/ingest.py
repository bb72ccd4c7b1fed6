"""Durable, routed messages by the form door against the limits of the machine, in turn.

A message here is the full row set: receipt, contact, identity, conversation, queue entry, message,
raw payload, decision with its explanation, and feed events; 100 mixed rules; 2 % duplicates.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import psutil
import uvloop
from benchmarks.results import compared, publish
from sqlalchemy import select

from gateway.access.secret_box import SecretBox, new_key
from gateway.database.binaries import find_binaries, server_user
from gateway.database.connections import Database
from gateway.database.embedded import EmbeddedPostgres
from gateway.database.migrations import migrate
from gateway.database.schema import Channel, Queue, RuleSetVersion, Workspace
from gateway.first_start import first_start

RUNS = 5
MESSAGES = 8_000
CLIENTS = 256
"""Of both sides alike: so many that a batch is bounded by the work, not by who waits."""
COMMIT_S = 2
RULES = 100
BATCH = 100
"""Rows per transaction of the batched inserts."""


def mixed_rules(queues: list[str], number: int) -> list[dict[str, Any]]:
    """Keywords, senders, attributes, kinds: most do not match, as in life."""
    subjects = ("invoice", "refund", "outage", "parcel", "password", "contract", "warranty")
    rules = []
    for n in range(number):
        word = f"{subjects[n % len(subjects)]}{n // len(subjects) or ''}"
        leaves: list[dict[str, Any]] = [
            {"field": "subject", "op": "contains_any", "value": [word]},
            {"field": "text", "op": "contains_any", "value": [f"{word}s", f"my {word}"]},
            {"field": "sender", "op": "equals", "value": f"vip{n}@example.com"},
            {"field": "attribute.tier", "op": "equals", "value": f"tier{n}"},
        ]
        when = {"all": [{"field": "kind", "op": "equals", "value": "web_form"}, leaves[n % 4]]}
        is_route = n % 2
        then = {"queue": queues[n % len(queues)]} if is_route else {"add_tags": [word]}
        rules.append(
            {
                "id": f"r{n}",
                "name": f"Rule {n}",
                "order": n,
                "stage": "route" if is_route else "classify",
                "when": when,
                "then": then,
            }
        )
    return rules


@dataclass(frozen=True, slots=True)
class Setting:
    """A prepared database, what opens its form door, and the programs to measure it by."""

    dsn: str
    form_key: str
    secret_key: str
    pgbench: str
    postmaster: int


async def prepare(dsn: str) -> tuple[str, str]:
    """Returns the form's public key and the secret key."""
    key = new_key()
    database = Database(dsn)
    await migrate(database)
    async with database.transaction() as session:
        await first_start(session, SecretBox(key))
        [workspace] = await session.scalars(select(Workspace))
        queues = [str(queue.id) for queue in await session.scalars(select(Queue))]
        rules = mixed_rules(queues, RULES)
        session.add(
            RuleSetVersion(
                workspace_id=workspace.id, version=1, rules=rules, created_by="benchmark"
            )
        )
        workspace.rule_set_version = 1
        form = await session.scalar(select(Channel.public_key).where(Channel.kind == "web_form"))
    await database.close()
    assert form is not None
    return form, key


@contextmanager
def server(*command: str, port: int, path: str, **environment: str) -> Iterator[psutil.Process]:
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}{path}", process)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(url)
        except httpx.TransportError:
            assert process.poll() is None, "the server died"
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def load(port: int, key: str, *, number: int = MESSAGES, rate: float = 0.0) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.load", "--port", str(port)]
    command += ["--path", f"/in/forms/{key}", "--number", str(number), "--rate", str(rate)]
    command += ["--clients", str(CLIENTS), "--seed", uuid4().hex[:12]]
    answer: dict[str, float] = json.loads(subprocess.check_output(command, timeout=120))
    assert answer["failures"] == 0, answer
    return answer


def cpu_of(*processes: psutil.Process) -> float:
    """CPU seconds of the processes, their living children and those that have ended."""
    total = 0.0
    for process in processes:
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
        for child in process.children(recursive=True):
            own = child.cpu_times()
            total += own.user + own.system
    return total


def commits(setting: Setting) -> tuple[float, float]:
    """Single-row commits per second by one connection, and the latency of one in seconds."""
    script = Path(tempfile.gettempdir()) / "sportello-commit.sql"
    script.write_text("INSERT INTO benchmark_commit VALUES (1);\n")
    command = [setting.pgbench, "-n", "-M", "prepared", "-c", "1", "-T", str(COMMIT_S)]
    output = subprocess.check_output(
        [*command, "-f", str(script), setting.dsn], stderr=subprocess.DEVNULL, text=True
    )
    rate = next(float(line.split()[2]) for line in output.splitlines() if line.startswith("tps"))
    return rate, 1 / rate


async def batched_inserts(dsn: str) -> float:
    """Message rows per second by asyncpg alone: one table, batches, nothing decided."""
    connection = await asyncpg.connect(dsn)
    texts = ["x" * 1_000] * BATCH
    statement = "INSERT INTO benchmark_row SELECT * FROM unnest($1::uuid[], $2::text[])"
    began = time.perf_counter()
    number = 0
    while time.perf_counter() - began < COMMIT_S:
        await connection.execute(statement, [uuid4() for _ in texts], texts)
        number += BATCH
    rate = number / (time.perf_counter() - began)
    await connection.close()
    return rate


@asynccontextmanager
async def prepared(folder: Path) -> AsyncIterator[Setting]:
    postgres = EmbeddedPostgres(folder)
    dsn = await postgres.start()
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE benchmark_commit (n int)")
    await connection.execute("CREATE TABLE benchmark_row (id uuid PRIMARY KEY, words text)")
    await connection.close()
    form, key = await prepare(dsn)
    try:
        yield Setting(dsn, form, key, *programs(folder))
    finally:
        await postgres.stop()


def programs(folder: Path) -> tuple[str, int]:
    """Where pgbench is, and the process id of the postmaster."""
    data = folder / "data"
    binaries = find_binaries(folder, server_user(data))
    postmaster = int((data / "postmaster.pid").read_text().split()[0])
    return str(binaries.folder / "pgbench"), postmaster


def measure(setting: Setting) -> None:
    ours, reference = free_port(), free_port()
    environment = {
        "DATABASE_URL": setting.dsn,
        "SPORTELLO_SECRET_KEY": setting.secret_key,
        "SPORTELLO_PORT": str(ours),
        "SPORTELLO_SMTP_ENABLED": "false",
        "SPORTELLO_LOG_LEVEL": "warning",
    }
    serve = (str(Path(sys.executable).with_name("sportello")), "serve")
    route = (sys.executable, "-m", "benchmarks.reference_route", str(reference))
    rates, limits, singles, batched, p50s, latencies, cpus = ([] for _ in range(7))
    with (
        server(*serve, port=ours, path="/health/ready", **environment) as gateway,
        server(*route, port=reference, path="/openapi.json"),
    ):
        database = psutil.Process(setting.postmaster)
        load(ours, setting.form_key, number=2_000)
        load(reference, setting.form_key, number=2_000)
        for _ in range(RUNS):
            limits.append(load(reference, setting.form_key)["rate"])
            before = cpu_of(gateway, database)
            rates.append(load(ours, setting.form_key)["rate"])
            cpus.append((cpu_of(gateway, database) - before) / MESSAGES * 1_000)
            single, latency = commits(setting)
            singles.append(single)
            latencies.append(latency)
            batched.append(uvloop.run(batched_inserts(setting.dsn)))
            half = load(ours, setting.form_key, number=MESSAGES // 4, rate=rates[-1] / 2)
            p50s.append(half["p50_s"])
    publish(
        "ingest",
        [
            compared("messages by form door / reference route", "1/s", rates, limits, target=0.8),
            compared("messages by form door / single commits", "1/s", rates, singles, target=1.5),
            compared("messages by form door / batched inserts", "1/s", rates, batched),
            compared(
                "p50 at half load / one commit", "s", p50s, latencies, target=10, better="less"
            ),
            compared(
                "CPU per 1,000 messages, server and database", "s", cpus, target=0.35, better="less"
            ),
        ],
    )


async def main(folder: Path) -> None:
    async with prepared(folder / "postgresql") as setting:
        await asyncio.to_thread(measure, setting)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="sportello-benchmark-") as name:
        Path(name).chmod(0o755)  # the server's unprivileged user must get in
        asyncio.run(main(Path(name)))
