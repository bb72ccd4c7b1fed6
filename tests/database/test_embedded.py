import asyncio
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog

import gateway.database.embedded
from gateway.database.binaries import PACKAGE
from gateway.database.cluster import LONGEST_LOG, Cluster
from gateway.database.embedded import (
    EmbeddedPostgres,
    EmbeddedPostgresError,
    attach,
    start_or_attach,
)

IS_ROOT = os.geteuid() == 0
UNSYNCED = {"fsync": "off"}
PATIENCE_S = 20
READ_MATTER = "SELECT id FROM matter"
EXPECTED_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "server_encoding": "UTF8",
    "timezone": "UTC",
    "jit": "off",
}

# Says whether it owns the server or attached to it, and the DSN; ends with its standard input.
PARTICIPANT = """
import asyncio, sys
from pathlib import Path
import structlog
from gateway.database.embedded import start_or_attach

async def main():
    dsn, server = await start_or_attach(Path(sys.argv[1]), options={"fsync": "off"})
    print("owner" if server else "attached", dsn, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    if server:
        await server.stop()

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main())
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """Return an empty folder that any user may pass through."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name).resolve()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Return a folder whose server is stopped between tests; its first start was a second try."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        made = Path(name).resolve() / "folder"
        (made / "data.partial" / "base").mkdir(parents=True)
        asyncio.run(_make(made))
        yield made


async def _make(folder: Path) -> None:
    async with running(folder):
        pass


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, options=UNSYNCED)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def supervised(server: EmbeddedPostgres) -> AsyncIterator[asyncio.Task[None]]:
    supervision = asyncio.create_task(server.supervise())
    await asyncio.sleep(0)
    try:
        yield supervision
    finally:
        supervision.cancel()
        with suppress(asyncio.CancelledError):
            await supervision


@asynccontextmanager
async def participant(
    folder: Path, *, python: str = sys.executable, **popen: object
) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(python, "-c", PARTICIPANT, str(folder)),
        stdin=pipe,
        stdout=pipe,
        **popen,  # type: ignore[arg-type]
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def role_and_dsn(process: asyncio.subprocess.Process) -> tuple[str, str]:
    assert process.stdout is not None
    role, dsn = (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode().split()
    return role, dsn


async def query(dsn: str, sql: str, *arguments: object) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql, *arguments)
    finally:
        await connection.close()


async def query_when_back(dsn: str, sql: str) -> object:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(OSError, asyncpg.PostgresError):
                return await query(dsn, sql)
            await asyncio.sleep(0.05)


async def save_matter(dsn: str) -> int:
    """Commit a new number, to be read by READ_MATTER, and return it."""
    number = secrets.randbelow(1_000_000)
    await query(dsn, "CREATE TABLE IF NOT EXISTS matter (id int)")
    await query(dsn, "WITH old AS (DELETE FROM matter) INSERT INTO matter VALUES ($1)", number)
    return number


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def user_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def program_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()


def open_files(pid: int) -> set[Path]:
    return {link.resolve() for link in Path(f"/proc/{pid}/fd").iterdir()}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def until_dead(pid: int) -> None:
    await until(lambda: not is_alive(pid))


async def test_keeps_data_dsn_and_port_over_a_restart(place: Path) -> None:
    server = EmbeddedPostgres(place / "new" / "folder")
    dsn = await server.start()
    number = await save_matter(dsn)
    await server.stop()
    assert not server._cluster.residents()

    assert await server.start() == dsn == server.dsn
    assert await query(dsn, READ_MATTER) == number
    await server.stop()


async def test_settings_are_durable_and_local(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    dsn = await server.start()
    settings = {name: await query(dsn, f"SHOW {name}") for name in EXPECTED_SETTINGS}
    await server.stop()
    assert settings == EXPECTED_SETTINGS


async def test_case_and_accents_follow_unicode(folder: Path) -> None:
    async with running(folder) as server:
        assert await query(server.dsn, "SELECT lower('ÈȘ')") == "èș"


async def test_dsn_is_readable_by_its_owner_alone(folder: Path) -> None:
    async with running(folder) as server:
        assert (folder / "dsn").stat().st_mode & 0o777 == 0o600
        assert (folder / "dsn").read_text().strip() == server.dsn


async def test_nobody_logs_in_without_the_password_or_as_superuser(folder: Path) -> None:
    async with running(folder) as server:
        parts = urlsplit(server.dsn)
        for user in (f"{parts.username}:guessed", f"postgres:{parts.password}"):
            with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
                await query(f"postgresql://{user}@127.0.0.1:{parts.port}/postgres", "SELECT 1")


async def test_application_may_make_databases_and_trusted_extensions(folder: Path) -> None:
    async with running(folder) as server:
        await query(server.dsn, "CREATE EXTENSION pg_trgm")
        await query(server.dsn, "CREATE DATABASE copy TEMPLATE sportello")
        copy = server.dsn.removesuffix("sportello") + "copy"
        assert await query(copy, "SELECT similarity('matter', 'matter')") == 1


async def test_a_lost_dsn_file_is_made_anew(folder: Path) -> None:
    (folder / "dsn").unlink()
    async with running(folder) as server:
        assert await query(server.dsn, "SELECT 1") == 1


async def test_a_taken_port_is_given_up_for_a_free_one(folder: Path) -> None:
    port = urlsplit((folder / "dsn").read_text().strip()).port
    with socket.create_server(("127.0.0.1", port or 0)):
        async with running(folder) as server:
            assert urlsplit(server.dsn).port != port
            assert await attach(folder) == server.dsn


async def test_another_process_attaches_and_leaves_the_server_running(folder: Path) -> None:
    async with running(folder) as server:
        async with participant(folder) as other:
            assert await role_and_dsn(other) == ("attached", server.dsn)
        assert await query(server.dsn, "SELECT 1") == 1


async def test_nothing_to_attach_to(folder: Path, place: Path) -> None:
    assert await attach(folder) is None
    assert await attach(place / "absent") is None


async def test_a_copied_folder_does_not_attach_to_its_original(folder: Path, place: Path) -> None:
    async with running(folder):
        shutil.copy(folder / "dsn", place)
        assert await attach(place) is None


async def test_a_second_owner_is_refused(folder: Path) -> None:
    async with running(folder):
        with pytest.raises(EmbeddedPostgresError, match=f"in use by process {os.getpid()}"):
            await EmbeddedPostgres(folder).start()


async def test_of_two_processes_that_start_at_once_one_owns_the_server(place: Path) -> None:
    folder = place / "folder"
    async with participant(folder) as one, participant(folder) as other:
        (role, dsn), (other_role, other_dsn) = await asyncio.gather(
            role_and_dsn(one), role_and_dsn(other)
        )
        assert {role, other_role} == {"owner", "attached"}
        assert dsn == other_dsn


async def test_the_server_goes_with_its_killed_owner(folder: Path) -> None:
    async with participant(folder) as owner:
        role, dsn = await role_and_dsn(owner)
        assert role == "owner"
        assert await query(dsn, "SELECT 1") == 1
        server = postmaster(folder)
        owner.kill()
        await owner.wait()
        await until_dead(server)


async def test_the_server_does_not_hold_its_owners_lock(folder: Path) -> None:
    async with running(folder):
        assert folder / "owner.lock" in open_files(os.getpid())
        assert folder / "owner.lock" not in open_files(postmaster(folder))


async def test_a_new_owner_follows_a_killed_one_at_once(folder: Path) -> None:
    async with participant(folder) as owner:
        _, dsn = await role_and_dsn(owner)
        number = await save_matter(dsn)
        owner.kill()
        await owner.wait()
    new_dsn, server = await start_or_attach(folder, options=UNSYNCED)
    assert server is not None
    try:
        assert await query(new_dsn, READ_MATTER) == number
    finally:
        await server.stop()


async def test_a_killed_server_comes_back_with_what_was_committed(folder: Path) -> None:
    async with running(folder) as server, supervised(server):
        number = await save_matter(server.dsn)
        killed = postmaster(folder)
        os.kill(killed, signal.SIGKILL)
        assert await query_when_back(server.dsn, READ_MATTER) == number
        assert postmaster(folder) != killed


async def test_a_killed_server_comes_back_though_a_backend_computes_on(folder: Path) -> None:
    async with running(folder) as server, supervised(server):
        connection = await asyncpg.connect(server.dsn)
        orphan = connection.get_server_pid()
        endless = asyncio.create_task(connection.execute("DO 'BEGIN LOOP END LOOP; END'"))
        await asyncio.sleep(0.1)
        os.kill(postmaster(folder), signal.SIGKILL)
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await endless
        assert await query_when_back(server.dsn, "SELECT 1") == 1
        assert not is_alive(orphan)
        connection.terminate()


async def test_supervision_tries_again_until_the_server_starts(folder: Path) -> None:
    async with running(folder) as server:
        port = urlsplit(server.dsn).port
        os.kill(postmaster(folder), signal.SIGKILL)
        await until_dead(postmaster(folder))
        with (
            socket.create_server(("127.0.0.1", port or 0)),
            structlog.testing.capture_logs() as log,
        ):
            async with supervised(server):
                await until(lambda: "embedded_postgres_restart_failed" in str(log))
        async with supervised(server):
            assert await query_when_back(server.dsn, "SELECT 1") == 1


async def test_stop_ends_supervision_without_a_restart(folder: Path) -> None:
    async with running(folder) as server, supervised(server) as supervision:
        stopped = postmaster(folder)
        with structlog.testing.capture_logs() as log:
            await server.stop()
            await asyncio.wait_for(supervision, PATIENCE_S)
        assert log == []
        assert not is_alive(stopped)
        assert not Cluster.at(folder).residents()
        with pytest.raises(EmbeddedPostgresError, match="not started"):
            _ = server.dsn


@pytest.mark.parametrize("delay", [0.1, 0.25], ids=["in its pause", "in its start"])
async def test_stop_during_a_restart_wins(folder: Path, delay: float) -> None:
    async with running(folder) as server, supervised(server) as supervision:
        os.kill(postmaster(folder), signal.SIGKILL)
        await asyncio.sleep(delay)
        await server.stop()
        await asyncio.wait_for(supervision, PATIENCE_S)
        assert not Cluster.at(folder).residents()


async def test_the_id_of_a_dead_server_may_belong_to_another_process(folder: Path) -> None:
    async with running(folder):
        owner = (folder / "data").stat().st_uid
    bystander = await asyncio.create_subprocess_exec("sleep", "60", user=owner)
    try:
        (folder / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n{folder}/data\n")
        async with running(folder) as server:
            assert await query(server.dsn, "SELECT 1") == 1
    finally:
        bystander.kill()
        await bystander.wait()


async def test_a_failed_start_shows_the_log_and_gives_the_folder_up(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match='invalid value for parameter "work_mem"'):
        await EmbeddedPostgres(folder, options={"work_mem": "plenty"}).start()
    async with running(folder) as server:
        assert await query(server.dsn, "SELECT 1") == 1


async def test_data_of_another_major_release_is_refused(place: Path) -> None:
    data = place / "folder" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 17.*pg_dump"):
        await EmbeddedPostgres(place / "folder").start()


def test_an_unfinished_first_start_is_begun_again(folder: Path) -> None:
    assert (folder / "data" / "PG_VERSION").exists()
    assert not (folder / "data.partial").exists()


def test_a_long_log_is_set_aside(place: Path) -> None:
    cluster = Cluster.at(place)
    with os.fdopen(cluster.open_log(), "wb", buffering=0) as said:
        said.write(b"last words")
        cluster.trim_log()
        assert cluster.log.read_bytes() == b"last words"
        said.truncate(LONGEST_LOG + 1)
        cluster.trim_log()
        said.write(b"new")
    assert cluster.log.read_bytes() == b"new"
    assert (place / "postgresql.log.1").stat().st_size == LONGEST_LOG + 1


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another user")
class TestAsRoot:
    async def test_the_server_runs_as_another_user(self, folder: Path) -> None:
        async with running(folder):
            assert user_of(postmaster(folder)) != 0

    async def test_an_unreachable_folder_is_named_with_its_remedy(self, place: Path) -> None:
        closed = place / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(EmbeddedPostgresError, match=f"chmod o\\+x {closed}`"):
            await EmbeddedPostgres(closed / "folder").start()
        assert closed.stat().st_mode & 0o777 == 0o700

    async def test_unreachable_programs_are_copied_to_the_folder(
        self, place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = place / "closed"
        closed.mkdir(mode=0o700)
        shipped = next(Path(p) for p in sys.path if (Path(p) / PACKAGE).is_dir())
        for name in (PACKAGE, f"{PACKAGE}.libs"):
            unneeded = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(shipped / name, closed / name, ignore=unneeded)
        monkeypatch.syspath_prepend(closed)
        async with running(folder):
            program = program_of(postmaster(folder))
        assert program.is_relative_to(folder)

    async def test_an_ordinary_user_runs_it_as_itself(self, place: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
        options = {
            "user": nobody.pw_uid,
            "group": nobody.pw_gid,
            "extra_groups": [],
            "cwd": place,
            "env": _python_path(),
        }
        async with participant(place / "own", python=_python_of_nobody(), **options) as other:
            role, dsn = await role_and_dsn(other)
            assert role == "owner"
            assert await query(dsn, "SELECT 1") == 1
            server = postmaster(place / "own")
            assert user_of(server) == nobody.pw_uid
            other.kill()
            await other.wait()
            await until_dead(server)


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_folder_one_may_not_write_to_is_named(place: Path) -> None:
    place.chmod(0o500)
    with pytest.raises(EmbeddedPostgresError, match=f"cannot keep a database in {place}/folder"):
        asyncio.run(EmbeddedPostgres(place / "folder").start())


def _python_path() -> dict[str, str]:
    sources = Path(gateway.database.embedded.__file__).parents[2]
    return {"PYTHONPATH": os.pathsep.join([str(sources), *filter(None, sys.path)])}


def _python_of_nobody() -> str:
    """Return this Python, or the system's where this one lies in a home that nobody may enter."""
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        with suppress(OSError):
            probe = [python, "-c", "import gateway.database.embedded"]
            env = _python_path()
            tried = subprocess.run(
                probe, check=False, user="nobody", cwd="/", env=env, capture_output=True
            )
            if tried.returncode == 0:
                return python
    pytest.skip("no Python here that the user nobody can run with our packages")
