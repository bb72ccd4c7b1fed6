"""A PostgreSQL server of our own, for installations that name no other."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import MappingProxyType

import structlog

from gateway.database.binaries import EmbeddedPostgresError, barrier, find_binaries, server_user
from gateway.database.cluster import Cluster
from gateway.database.postmaster import START_TIMEOUT, Postmaster, answers, vacate

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "attach", "start_or_attach"]

SETTINGS = MappingProxyType(
    {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
    }
)
NO_OPTIONS: Mapping[str, str] = MappingProxyType({})

# Seconds.
STEADY = 10  # a server that lived this long is restarted without a pause
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5
ATTACH_POLL = 0.1


class EmbeddedPostgres:
    """The one server on a data folder, a child of this process, which owns the folder.

    If this process dies in whatever way, so does the server. `options` are server settings to
    add or override. Start it in the main thread: the server ends with the thread that started it.
    What fails raises EmbeddedPostgresError.
    """

    def __init__(self, folder: Path, *, options: Mapping[str, str] = NO_OPTIONS) -> None:
        self._cluster = Cluster.at(folder)
        self._settings = {**SETTINGS, **options}
        self._changing = asyncio.Lock()
        self._wanted = False
        self._ownership: int | None = None
        self._postmaster: Postmaster | None = None

    @property
    def dsn(self) -> str:
        """`postgresql://user:password@127.0.0.1:port/database`."""
        if self._postmaster is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL is not started: await start()")
        return self._postmaster.dsn

    async def start(self) -> str:
        """Make the cluster if need be, start the server, wait until it accepts; return the DSN."""
        if not await self.start_if_unowned():
            raise EmbeddedPostgresError(
                f"{self._cluster.folder} is in use by process {self._cluster.owner()}: attach to "
                "its server, stop that process, or choose another data folder"
            )
        return self.dsn

    async def start_if_unowned(self) -> bool:
        """Start the server; False, with nothing done, where another process owns the folder."""
        async with self._changing:
            if not self._own_folder():
                return False
            self._wanted = True
            try:
                await vacate(self._cluster)
                self._postmaster = await self._prepare()
                await self._postmaster.launch()
            except BaseException:
                self._wanted = False
                await self._give_up_folder()
                raise
            _log().info("embedded_postgres_started", folder=str(self._cluster.folder))
            return True

    async def stop(self) -> None:
        """End all sessions, shut the server down cleanly and give the folder up."""
        self._wanted = False
        if self._postmaster is not None:
            self._postmaster.interrupt()
        async with self._changing:
            await self._give_up_folder()

    async def supervise(self) -> None:
        """Restart the server whenever it dies, on the same port, until cancelled or stopped."""
        pause = 0.0
        while (postmaster := self._postmaster) is not None:
            since = monotonic()
            status = await postmaster.death()
            if not self._wanted:
                return
            steady = monotonic() - since > STEADY
            pause = 0.0 if steady else min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
            _log().error("embedded_postgres_died", status=status, restart_in_s=pause)
            await asyncio.sleep(pause)
            await self._restart(postmaster)

    async def _restart(self, postmaster: Postmaster) -> None:
        async with self._changing:
            if not self._wanted:
                return
            try:
                await postmaster.launch()
            except (EmbeddedPostgresError, OSError) as error:
                _log().error("embedded_postgres_restart_failed", reason=str(error))
            else:
                _log().info("embedded_postgres_restarted", folder=str(self._cluster.folder))

    def _own_folder(self) -> bool:
        with _explained(self._cluster.folder):
            self._cluster.make_folder()
            ownership = self._cluster.take_ownership()
        if ownership is not None:
            self._ownership = ownership
        return ownership is not None

    async def _prepare(self) -> Postmaster:
        folder = self._cluster.folder
        with _explained(folder):
            user = server_user(self._cluster.data)
            if (barred := barrier(folder, user)) is not None:
                raise EmbeddedPostgresError(
                    f"PostgreSQL refuses to run as root, and user id {user.uid}, who runs it "
                    f"instead, may not pass through {barred} to {folder}: choose a data folder "
                    f"such as /var/lib/sportello, allow it by `chmod o+x {barred}`, or start as "
                    "an ordinary user"
                )
            binaries = await asyncio.to_thread(find_binaries, folder, user)
            durable = self._settings.get("fsync") != "off"
            dsn = await self._cluster.prepare(binaries, durable=durable)
        return Postmaster(self._cluster, binaries, dsn, self._settings)

    async def _give_up_folder(self) -> None:
        postmaster, self._postmaster = self._postmaster, None
        ownership, self._ownership = self._ownership, None
        try:
            if postmaster is not None:
                await postmaster.shut_down()
        finally:
            if ownership is not None:
                os.close(ownership)


async def attach(folder: Path) -> str | None:
    """Return the DSN of the server that another process runs on `folder`, None if none answers."""
    cluster = Cluster.at(folder)
    with _explained(cluster.folder):
        dsn = cluster.read_dsn()
    return dsn if dsn and await answers(dsn, cluster) else None


async def start_or_attach(
    folder: Path, *, options: Mapping[str, str] = NO_OPTIONS
) -> tuple[str, EmbeddedPostgres | None]:
    """Return a DSN, and the server where this process now owns it: to supervise and to stop.

    Of several processes that start at once one owns the server; the others wait for it.
    """
    server = EmbeddedPostgres(folder, options=options)
    since = monotonic()
    while not await server.start_if_unowned():
        if dsn := await attach(folder):
            return dsn, None
        if monotonic() - since > START_TIMEOUT:
            await server.start()
        await asyncio.sleep(ATTACH_POLL)
    return server.dsn, server


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedPostgresError(
            f"cannot keep a database in {folder} ({error}): run as the user who owns it, make "
            "room if its disk is full, or choose another data folder"
        ) from error


def _log() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("gateway.database")
    return logger
