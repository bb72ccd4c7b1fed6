"""What an embedded PostgreSQL keeps on disk, in one folder.

data/            the PostgreSQL cluster, owned by the user who runs the server
dsn              how to reach it, password included; mode 0600
owner.lock       held by the process that runs the server, with its id inside
postgresql.log   what the server said, and postgresql.log.1 before that
postgresql-*/    the server's programs, only where its user cannot reach the installed ones
"""

import fcntl
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from gateway.database.binaries import Binaries, EmbeddedPostgresError, ServerUser, shipped_major

NAME = "sportello"  # of the role and of its database
PORTS = range(15_000, 32_000)  # below those that the kernel lends to clients
LONGEST_LOG = 16 * 1024 * 1024  # bytes
STATUS_LINE = 7  # of postmaster.pid, from 0


@dataclass(frozen=True)
class Cluster:
    """The files in `folder`, an absolute path without symbolic links."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Self:
        return cls(folder.resolve())

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgresql.log"

    def make_folder(self) -> None:
        """Make the folder and what is missing above it, passable by the server's user."""
        missing = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def take_ownership(self) -> int | None:
        """Return a descriptor that keeps everybody else out until closed; None: another has it.

        The kernel closes it when we die, and no child inherits it.
        """
        lock = os.open(self.folder / "owner.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        return lock

    def owner(self) -> str:
        return (self.folder / "owner.lock").read_text().strip()

    def read_dsn(self) -> str | None:
        try:
            return (self.folder / "dsn").read_text().strip()
        except FileNotFoundError:
            return None

    def write_dsn(self, dsn: str) -> None:
        """Replace the file in one step; it belongs to whom the folder belongs."""
        partial = self.folder / ".dsn.partial"
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{dsn}\n")
            file.flush()
            os.fsync(descriptor)
            if os.geteuid() == 0:
                owner = self.folder.stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        partial.rename(self.folder / "dsn")

    async def prepare(self, binaries: Binaries, *, durable: bool) -> str:
        """Make the cluster unless it exists, choose its port and return its DSN.

        A cluster appears under its name only when complete. Only `durable` ones survive a power
        cut during their making.
        """
        kept = self.read_dsn()
        password = (urlsplit(kept).password if kept else None) or secrets.token_urlsafe(32)
        dsn = f"postgresql://{NAME}:{password}@127.0.0.1:{_port(kept)}/{NAME}"
        if self.data.exists():
            self._check_data(binaries.user)
            if kept is None:
                await _set_password(self.data, binaries, password)
            self.write_dsn(dsn)
        else:
            partial = await self._make_data(binaries, durable=durable)
            await _set_password(partial, binaries, password)
            self.write_dsn(dsn)
            partial.rename(self.data)
        return dsn

    def _check_data(self, user: ServerUser) -> None:
        major = (self.data / "PG_VERSION").read_text().strip()
        if major != shipped_major():
            raise EmbeddedPostgresError(
                f"{self.data} was made by PostgreSQL {major}, and this release brings "
                f"{shipped_major()}: with the release that made it, save the database by "
                f"pg_dump; then move {self.data} away, start again and load it with psql"
            )
        if self.data.stat().st_uid == user.uid:
            return
        if os.geteuid() != 0:
            raise EmbeddedPostgresError(
                f"{self.data} belongs to user id {self.data.stat().st_uid} and not to you "
                f"({user.uid}): start as that user or as root, or chown the folder"
            )
        for path in (self.data, *self.data.rglob("*")):
            os.chown(path, *user, follow_symlinks=False)

    async def _make_data(self, binaries: Binaries, *, durable: bool) -> Path:
        partial = self.folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        os.chown(partial, *binaries.user)
        arguments = [
            f"--pgdata={partial}",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        unsynced = [] if durable else ["--no-sync"]
        await binaries.run("initdb", *arguments, *unsynced, cwd=self.folder, stdin=())
        (partial / "pg_hba.conf").write_text(f"host all {NAME} 127.0.0.1/32 scram-sha-256\n")
        await _execute(
            partial,
            binaries,
            f"CREATE ROLE {NAME} LOGIN CREATEDB IN ROLE pg_monitor",
            f"CREATE DATABASE {NAME} OWNER {NAME}",
        )
        return partial

    def is_ready(self, postmaster: int) -> bool:
        """Whether the server with that process id accepts connections."""
        lines = self._pid_file()
        ready = len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
        return ready and lines[0] == str(postmaster)

    def residents(self) -> list[int]:
        """Ids of all PostgreSQL processes that work on the data (Linux; elsewhere none)."""
        return [int(p.name) for p in Path("/proc").glob("[0-9]*") if _works_in(p, self.data)]

    def orphans(self) -> list[int]:
        """Ids of those that outlived their postmaster."""
        residents = self.residents()
        postmaster_lives = any([str(pid)] == self._pid_file()[:1] for pid in residents)
        return [] if postmaster_lives else residents

    def forget_postmaster(self) -> None:
        """Remove the id of a postmaster known to be gone, lest another process now carry it."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def open_log(self) -> int:
        return os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def log_since(self, offset: int) -> bytes:
        with self.log.open("rb") as file:
            file.seek(offset)
            return file.read()

    def trim_log(self) -> None:
        """Set a long log aside, over the last one; the server goes on writing to the same file."""
        if self.log_size() > LONGEST_LOG:
            shutil.copy(self.log, self.log.with_name("postgresql.log.1"))
            os.truncate(self.log, 0)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _port(dsn: str | None) -> int:
    """Return the port of `dsn` if it is free, else any free one."""
    kept = urlsplit(dsn).port if dsn else None
    if kept and is_free(kept):
        return kept
    tries = (secrets.choice(PORTS) for _ in PORTS)
    if (port := next(filter(is_free, tries), None)) is None:
        raise EmbeddedPostgresError(
            f"no TCP port from {PORTS.start} to {PORTS.stop - 1} is free on 127.0.0.1 for "
            "PostgreSQL: end some programs that listen there"
        )
    return port


def _works_in(process: Path, data: Path) -> bool:
    try:
        at_home = (process / "cwd").readlink() == data
        return at_home and (process / "comm").read_text() == "postgres\n"
    except OSError:
        return False


async def _set_password(data: Path, binaries: Binaries, password: str) -> None:
    await _execute(data, binaries, f"ALTER ROLE {NAME} PASSWORD '{password}'")


async def _execute(data: Path, binaries: Binaries, *statements: str) -> None:
    """Run SQL as superuser, which no connection can be, while no server runs."""
    options = ("--exit_on_error=on", "--log_min_error_statement=panic")  # no password in errors
    single = ("--single", "-D", str(data), *options, "postgres")
    await binaries.run("postgres", *single, cwd=data.parent, stdin=statements)
