"""What tests stand on: a real PostgreSQL, and a database of its own for each test.

`SPORTELLO_TEST_POSTGRES` names a server to use in place of the embedded one.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from tests.house import House, serving

from gateway.database.connections import Database
from gateway.database.embedded import EmbeddedPostgres
from gateway.database.migrations import migrate

TEMPLATE = f"sportello_template_{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}"
QUICK = {"fsync": "off", "full_page_writes": "off"}  # a test's database need not survive a crash


def on_server(dsn: str, database: str) -> str:
    return make_url(dsn).set(database=database).render_as_string(hide_password=False)


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def make_template(dsn: str) -> None:
    await execute(dsn, f"DROP DATABASE IF EXISTS {TEMPLATE}")
    await execute(dsn, f"CREATE DATABASE {TEMPLATE}")
    database = Database(on_server(dsn, TEMPLATE))
    await migrate(database)
    await database.close()


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that the unprivileged user of PostgreSQL can reach, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="sportello-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(open_folder: Path) -> Iterator[str]:
    """The DSN of a real server with a migrated template database."""
    with asyncio.Runner() as runner:
        if given := os.environ.get("SPORTELLO_TEST_POSTGRES"):
            runner.run(make_template(given))
            yield given
            return
        server = EmbeddedPostgres(open_folder / "postgres", options=QUICK)
        dsn = runner.run(server.start())
        runner.run(make_template(dsn))
        yield dsn
        runner.run(server.stop())


@pytest.fixture
async def dsn(postgres: str) -> AsyncIterator[str]:
    """A migrated, empty database of this test's own."""
    name = f"test_{uuid4().hex}"
    await execute(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield on_server(postgres, name)
    await drop(postgres, name)


async def drop(dsn: str, name: str) -> None:
    """An autovacuum worker that happens to be there cannot be ended by us, but soon goes."""
    for _ in range(50):
        try:
            return await execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")
        except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
            await asyncio.sleep(0.1)
    return await execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    yield database
    await database.close()


@pytest.fixture
async def house(dsn: str) -> AsyncIterator[House]:
    """A gateway that serves, with one team."""
    async with serving(dsn) as house:
        yield house
