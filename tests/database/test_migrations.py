"""The models and the migrations tell the same story, forwards and backwards."""

from datetime import UTC, datetime

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from gateway.database.connections import Database
from gateway.database.migrations import current_and_head, downgrade, is_ours, migrate
from gateway.database.schema import Base
from gateway.feed.partitions import ensure_partitions


def differences(connection: Connection) -> list[object]:
    options = {"include_object": is_ours, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrated_schema_is_that_of_the_models(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_difference_would_be_seen(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE contact DROP COLUMN name"))
        assert await connection.run_sync(differences) != []


async def test_downgrade_leaves_nothing_and_upgrade_works_again(database: Database) -> None:
    await ensure_partitions(database, datetime.now(UTC))
    await downgrade(database, "base")
    statement = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    async with database.transaction() as session:
        assert set(await session.scalars(statement)) == {"alembic_version"}
    await migrate(database)
    current, head = await current_and_head(database)
    assert current == head


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await migrate(database)
    current, head = await current_and_head(database)
    assert current == head
