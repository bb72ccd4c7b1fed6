"""Sportello as it is run: two `serve` and a `worker`, processes that an init keeps alive."""

import asyncio
import os
import secrets
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import asyncpg
import httpx
from tests.faults.ledger import PATIENCE

from gateway.access.secret_box import SecretBox, new_key
from gateway.database.binaries import TRAMPOLINE
from gateway.database.cluster import Cluster, is_free
from gateway.database.connections import is_database_away
from gateway.database.embedded import EmbeddedPostgres

PORTS = range(10_000, 15_000)  # below those that PostgreSQL and the kernel choose from
LOG_TAIL = 4_000  # characters
SIGNS_OF_WORK = ("Sportello is open", "delivery.attempted")
DATABASE_AWAY = "cannot reach the database"
DEFECTS = (
    "Exception in ASGI application",
    "background.failed",
    "delivery.unexpected",
    "feed.connection_failed",
    "ingest.failed",
    "request.failed",
    "smtp.failed",
)

# Seconds.
POLL = 0.05
STOP_LIMIT = 20.0
RESTART_PAUSE = 0.1

HURRIED = {
    "SPORTELLO_POLL_INTERVAL_S": "0.2",
    "SPORTELLO_RETRY_BASE_S": "0.1",
    "SPORTELLO_SEND_TIMEOUT_S": "2",
    "SPORTELLO_INLINE_PAYLOAD_BYTES": "2048",
    "SPORTELLO_LOG_FORMAT": "json",
}


class KeptProcess:
    """`sportello <command>`, started again whenever it has ended; `name` is `<command>-<which>`.

    It may end when it is killed by `kill`, or while it starts and finds its database away; any
    other end is a defect, which `check` raises.
    """

    def __init__(self, name: str, environment: Mapping[str, str], place: Path) -> None:
        self._name = name
        self._environment = environment
        self._place = place
        self._log = place / f"{name}.log"
        self._process: Process | None = None
        self._said_before = 0
        self._is_struck = False
        self._defect: str | None = None

    def check(self) -> None:
        assert self._defect is None, self._defect

    def check_log(self) -> None:
        """A lost database is foreseen everywhere: nobody may be surprised by it."""
        defects = [line for line in self._lines() if any(sign in line for sign in DEFECTS)]
        assert not defects, f"{self._name} said {len(defects)} times: {defects[0][-LOG_TAIL:]}"

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._is_struck = True
            self._process.kill()

    async def keep(self) -> None:
        """Run until cancelled; the process is then asked to stop, and waited for."""
        try:
            while self._defect is None:
                self._process = await self._spawn()
                self._judge(await self._process.wait())
                await asyncio.sleep(RESTART_PAUSE)
        finally:
            await self._stop()

    async def _spawn(self) -> Process:
        """It is interrupted when the tests' own process dies."""
        sportello = Path(sys.executable).with_name("sportello")
        parent_and_user = map(str, (os.getpid(), os.geteuid(), os.getegid()))
        with self._log.open("ab") as log:
            self._said_before = log.tell()
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(TRAMPOLINE), *parent_and_user),
                *(str(sportello), self._name.partition("-")[0]),
                cwd=self._place,
                env=self._environment,
                start_new_session=True,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
            )

    def _judge(self, status: int) -> None:
        was_struck, self._is_struck = self._is_struck, False
        said = self._log.read_bytes()[self._said_before :].decode(errors="replace")
        was_at_work = any(sign in said for sign in SIGNS_OF_WORK)
        is_excused = was_struck or (DATABASE_AWAY in said and not was_at_work)
        if not is_excused:
            self._defect = f"{self._name} ended with {status}:\n{said[-LOG_TAIL:]}"

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_LIMIT)
        except TimeoutError:
            process.kill()
            await process.wait()

    def said(self) -> str:
        return f"{self._name} said:\n" + "\n".join(self._lines())[-LOG_TAIL:]

    def _lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []


@dataclass(frozen=True)
class Front:
    """A process that serves, at ports of its own."""

    process: KeptProcess
    port: int
    smtp_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Installation:
    """One running Sportello; `cluster` holds the files of its PostgreSQL, whoever runs that."""

    cluster: Cluster
    box: SecretBox
    fronts: Sequence[Front]
    worker: KeptProcess

    @property
    def processes(self) -> list[KeptProcess]:
        return [*(front.process for front in self.fronts), self.worker]

    @property
    def dsn(self) -> str:
        dsn = self.cluster.read_dsn()
        assert dsn is not None, "there is no database yet"
        return dsn

    @property
    def postmaster(self) -> int:
        return int((self.cluster.data / "postmaster.pid").read_text().split()[0])

    def check(self) -> None:
        for process in self.processes:
            process.check()

    def check_logs(self) -> None:
        for process in self.processes:
            process.check_log()

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait for a condition; fails at once if a process has failed, or when patience ends."""
        since = monotonic()
        while not await condition():
            self.check()
            assert monotonic() - since < PATIENCE, f"waited in vain {what}\n{self.said()}"
            await asyncio.sleep(POLL)

    async def until_open(self, fronts: Sequence[Front]) -> None:
        async with httpx.AsyncClient() as http:

            async def are_open() -> bool:
                with suppress(httpx.TransportError):
                    answers = [await http.get(f"{front.url}/health/ready") for front in fronts]
                    return all(answer.is_success for answer in answers)
                return False

            await self.until(are_open, "for the doors to open")

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A connection of the test's own, as soon as PostgreSQL gives one."""
        connection = None
        async with asyncio.timeout(PATIENCE):
            while connection is None:
                try:
                    connection = await asyncpg.connect(self.dsn, timeout=PATIENCE, ssl=False)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    if not is_database_away(error):
                        raise
                    await asyncio.sleep(POLL)
        try:
            yield connection
        finally:
            connection.terminate()

    def said(self) -> str:
        return "\n".join(process.said() for process in self.processes)


@asynccontextmanager
async def embedded(place: Path) -> AsyncIterator[Installation]:
    """One `serve` runs PostgreSQL, both run a worker; whoever finds no PostgreSQL starts it."""
    cluster = Cluster.at(place / "data" / "postgresql")
    try:
        async with _running(place, cluster, new_key(), {}) as installation:
            yield installation
    finally:
        await _until_vacated(cluster)


async def _until_vacated(cluster: Cluster) -> None:
    """Wait for a PostgreSQL whose owner was killed: it ends by itself, not at once."""
    async with asyncio.timeout(STOP_LIMIT):
        while cluster.residents():  # noqa: ASYNC110 - other processes, without an event
            await asyncio.sleep(POLL)


@asynccontextmanager
async def with_own_database(place: Path) -> AsyncIterator[Installation]:
    """PostgreSQL is run by another process, this one; `serve` sends nothing by itself."""
    server = EmbeddedPostgres(place / "postgresql")
    dsn = await server.start()
    supervision = asyncio.create_task(server.supervise())
    try:
        cluster = Cluster.at(place / "postgresql")
        async with _running(place, cluster, new_key(), {"DATABASE_URL": dsn}) as installation:
            yield installation
    finally:
        await server.stop()
        await supervision


@asynccontextmanager
async def _running(
    place: Path, cluster: Cluster, key: str, more: dict[str, str]
) -> AsyncIterator[Installation]:
    ours = {"SPORTELLO_DATA_FOLDER": str(place / "data"), "SPORTELLO_SECRET_KEY": key}
    environment = _bare_environment() | HURRIED | ours | more
    fronts = [_front(f"serve-{which}", environment, place) for which in ("first", "second")]
    worker = KeptProcess("worker", environment, place)
    async with AsyncExitStack() as stack:
        installation = Installation(cluster, SecretBox(key), fronts, worker)
        for front in fronts:  # the first one makes the database
            await stack.enter_async_context(_kept(front.process))
            await installation.until_open([front])
        await stack.enter_async_context(_kept(worker))
        yield installation


def _front(name: str, environment: Mapping[str, str], place: Path) -> Front:
    port, smtp_port = free_port(), free_port()
    ports = {"SPORTELLO_PORT": str(port), "SPORTELLO_SMTP_PORT": str(smtp_port)}
    return Front(KeptProcess(name, {**environment, **ports}, place), port, smtp_port)


def _bare_environment() -> dict[str, str]:
    """Nothing of a developer's own settings; and restarts need not compile all modules anew."""
    strange = ("SPORTELLO_", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(strange)}


@asynccontextmanager
async def _kept(process: KeptProcess) -> AsyncIterator[None]:
    keeping = asyncio.create_task(process.keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def free_port() -> int:
    tries = (secrets.choice(PORTS) for _ in PORTS)
    return next(filter(is_free, tries))


def end(pid: int, by: signal.Signals = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, by)
