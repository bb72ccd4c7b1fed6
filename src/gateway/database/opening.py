"""Opens the database that the settings name, or the embedded one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.database.connections import Database
from gateway.database.embedded import EmbeddedPostgres, start_or_attach
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """`server` is the embedded server, where this process owns it and must supervise it."""

    database: Database
    server: EmbeddedPostgres | None


@asynccontextmanager
async def opened(settings: Settings, application: str) -> AsyncIterator[Opened]:
    """Connect during the block; an embedded server that this process started ends with it.

    Raises:
        EmbeddedPostgresError: the embedded server cannot be started.
    """
    dsn, server = await _located(settings)
    database = Database(dsn, pool_size=settings.pool_size, application=application)
    try:
        yield Opened(database, server)
    finally:
        await database.close()
        if server is not None:
            await server.stop()


async def _located(settings: Settings) -> tuple[str, EmbeddedPostgres | None]:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value(), None
    return await start_or_attach(settings.data_folder / "postgresql")
