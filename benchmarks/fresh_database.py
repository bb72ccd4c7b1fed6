"""A PostgreSQL of a benchmark's own, which is gone afterwards."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.database.connections import Database
from gateway.database.embedded import EmbeddedPostgres
from gateway.database.migrations import migrate


@asynccontextmanager
async def fresh_database() -> AsyncIterator[Database]:
    """Every table, and nothing in them."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - PostgreSQL runs as another user
        server = EmbeddedPostgres(Path(folder) / "postgres")
        database = Database(await server.start())
        try:
            await migrate(database)
            yield database
        finally:
            await database.close()
            await server.stop()
