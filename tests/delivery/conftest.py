import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from tests.delivery.office import Office, open_office
from tests.delivery.providers import MailServer, Twilio, mail_server, twilio

from gateway.access.secret_box import SecretBox, new_key
from gateway.configuration import Configuration
from gateway.database.connections import Database
from gateway.delivery.worker import DeliveryWorker
from gateway.files.blobs import BlobStore
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.wakeups import Wakeups

Working = Callable[..., AbstractAsyncContextManager[DeliveryWorker]]


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database, SecretBox(new_key()))


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def texts() -> AsyncIterator[Twilio]:
    async with twilio() as server:
        yield server


@pytest.fixture
def working(dsn: str, office: Office) -> Working:
    """Run a worker with a database pool and hints of its own, as a process would have them."""

    @asynccontextmanager
    async def run(**overrides: Any) -> AsyncIterator[DeliveryWorker]:
        database = Database(dsn)
        wakeups = Wakeups(database)
        values = {"poll_interval_s": 0.1, "retry_base_s": 0.02, "send_timeout_s": 5.0}
        settings = Settings(_env_file=None, **{**values, **overrides})
        configuration = Configuration(database, office.box, wakeups, settings.poll_interval_s)
        await configuration.refresh()
        async with httpx.AsyncClient() as http:
            worker = DeliveryWorker(
                database,
                configuration,
                BlobStore(database),
                wakeups,
                Metrics(),
                settings,
                http,
            )
            running = asyncio.create_task(worker.run())
            try:
                yield worker
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
        await database.close()

    return run
