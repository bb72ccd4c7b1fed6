"""The server process of an embedded PostgreSQL, and the connection that proves it answers."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import asyncpg

from gateway.database.binaries import Binaries, EmbeddedPostgresError, last_lines
from gateway.database.cluster import Cluster
from gateway.database.connections import CONNECTION_ERRORS

# Seconds.
POLL = 0.01
START_TIMEOUT = 300  # recovery after a crash may have a gigabyte of log to replay
STOP_TIMEOUT = 30
VACATE_TIMEOUT = 60
ORPHAN_GRACE = 2
CONNECT_TIMEOUT = 5
LOG_CHECK = 60


@dataclass
class Postmaster:
    """A server for `cluster`, reached by `dsn`; launched again after each death."""

    cluster: Cluster
    binaries: Binaries
    dsn: str
    settings: Mapping[str, str]
    _process: Process | None = field(default=None, init=False)

    async def launch(self) -> None:
        """Start the server and wait until it lets us in; EmbeddedPostgresError if it does not."""
        await vacate(self.cluster)
        self.cluster.trim_log()
        said_before = self.cluster.log_size()
        process = self._process = await self._spawn()
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._until_ready(process, said_before)
        except TimeoutError as error:
            await self.shut_down()
            raise self._start_error(f"was not ready in {START_TIMEOUT} s", said_before) from error
        except BaseException:
            await self.shut_down()
            raise

    async def death(self) -> int | None:
        """Wait for the server's end, keeping its log short; return its exit status, if any."""
        while self._process is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOG_CHECK):
                    return await self._process.wait()
            self.cluster.trim_log()
        return None

    def interrupt(self) -> None:
        """Ask for a fast shutdown: sessions end, what is committed is written."""
        self._signal(signal.SIGINT)

    async def shut_down(self) -> None:
        """End the server cleanly; one that cannot is stopped at once and recovers next time."""
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._signal(request)
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT):
                    await self.death()
                    return

    def _signal(self, request: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(request)

    async def _spawn(self) -> Process:
        settings = {**self.settings, "port": str(urlsplit(self.dsn).port)}
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        log = self.cluster.open_log()
        try:
            return await self.binaries.start(
                *("postgres", "-D", str(self.cluster.data), *arguments),
                cwd=self.cluster.folder,
                stdin=DEVNULL,
                stdout=log,
            )
        finally:
            os.close(log)

    async def _until_ready(self, process: Process, said_before: int) -> None:
        while not self.cluster.is_ready(process.pid):
            if process.returncode is not None:
                raise self._start_error(f"ended with status {process.returncode}", said_before)
            await asyncio.sleep(POLL)
        if not await answers(self.dsn, self.cluster):
            raise self._start_error("is ready but refuses the login in `dsn`", said_before)

    def _start_error(self, what: str, said_before: int) -> EmbeddedPostgresError:
        said = last_lines(self.cluster.log_since(said_before))
        return EmbeddedPostgresError(
            f"PostgreSQL in {self.cluster.data} {what}. Mend what its log names and start "
            f"again; {self.cluster.log} ends:\n{said}"
        )


async def vacate(cluster: Cluster) -> None:
    """Wait until nothing of an earlier server is left; backends it orphaned are sent off.

    For the folder's owner only. EmbeddedPostgresError if some process stays.
    """
    since = monotonic()
    while residents := cluster.residents():
        waited = monotonic() - since
        if waited > VACATE_TIMEOUT:
            raise EmbeddedPostgresError(
                f"an earlier PostgreSQL still works in {cluster.data} after {VACATE_TIMEOUT} s, "
                f"in processes {residents}: end them (kill -QUIT) and start again"
            )
        if waited > ORPHAN_GRACE:
            _send_off(cluster.orphans())
        await asyncio.sleep(5 * POLL)
    cluster.forget_postmaster()


def _send_off(orphans: list[int]) -> None:
    for orphan in orphans:
        with suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGQUIT)


async def answers(dsn: str, cluster: Cluster) -> bool:
    """Whether the server at `dsn` lets us in and works on `cluster`, not on a copy's original."""
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT, ssl=False)
        try:
            place = await connection.fetchval("SELECT current_setting('data_directory')")
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT)
    except (*CONNECTION_ERRORS, asyncpg.PostgresError):
        return False
    return Path(place) == cluster.data
