"""The composition root: everything that a process is made of, wired once, by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.access.callers import Callers
from gateway.access.secret_box import SecretBox
from gateway.background import running
from gateway.configuration import Configuration
from gateway.database.connections import Database
from gateway.ingest.blobs import BlobStore
from gateway.ingest.door import Intake
from gateway.ingest.writer import IngestWriter
from gateway.settings import Settings
from gateway.wakeups import Wakeups


class Gateway:
    """One process's parts. Nothing runs before `running` is entered."""

    def __init__(self, settings: Settings, database: Database, box: SecretBox) -> None:
        self.settings = settings
        self.database = database
        self.box = box
        self.wakeups = Wakeups(database)
        self.configuration = Configuration(database, box, self.wakeups, settings.poll_interval_s)
        self.callers = Callers(database)
        self.writer = IngestWriter(
            database,
            self.configuration,
            self.wakeups,
            max_messages=settings.ingest_queue_messages,
            max_bytes=settings.ingest_queue_bytes,
        )
        self.intake = Intake(self.writer, BlobStore(database, settings.inline_payload_bytes))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the configuration, then keep all loops going during the block."""
        await self.configuration.refresh()
        loops = {
            "wakeups": self.wakeups.run,
            "configuration": self.configuration.run,
            "writer": self.writer.run,
        }
        async with running(loops):
            yield
        await self.database.close()
