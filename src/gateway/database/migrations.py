"""Alembic, driven from inside: one command brings any database to the newest schema."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.database.connections import Database

ONE_AT_A_TIME = 7_767_835_355  # advisory lock: several processes may start on a new database


def script_folder() -> Path:
    """The migrations: inside the package when installed, at the root in a checkout."""
    packaged = Path(__file__).parents[1] / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "migrations"


def is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Whether Alembic compares this object: partitions follow their parent, jobs have their own."""
    is_partition = kind == "table" and name is not None and name.startswith("event_")
    return not is_partition


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(script_folder()))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade to `revision`; waits for another process that is at it."""
    async with database.engine.begin() as connection:
        await connection.execute(text("SET LOCAL lock_timeout = 0"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": ONE_AT_A_TIME})
        await connection.run_sync(lambda sync: command.upgrade(configuration(sync), revision))


async def downgrade(database: Database, revision: str) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(configuration(sync), revision))


async def current_and_head(database: Database) -> tuple[str | None, str | None]:
    """The revision that the database is at, and the newest that we know."""

    def read(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with database.engine.connect() as connection:
        current = await connection.run_sync(read)
        head = await connection.run_sync(
            lambda sync: ScriptDirectory.from_config(configuration(sync)).get_current_head()
        )
    return current, head
