"""Runs migrations on the database named by the caller, or by the settings (`alembic` alone)."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from gateway.database.connections import Database
from gateway.database.migrations import is_ours
from gateway.database.schema import Base
from gateway.settings import Settings


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=is_ours,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    url = Settings().database_url
    if url is None:
        raise SystemExit("alembic alone needs DATABASE_URL; `sportello migrate` does not")
    database = Database(url.get_secret_value())
    async with database.engine.begin() as connection:
        await connection.run_sync(run)
    await database.close()


if handed := context.config.attributes.get("connection"):
    run(handed)
else:
    asyncio.run(connect_and_run())
