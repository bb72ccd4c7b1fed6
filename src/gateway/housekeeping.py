"""Chores that no message waits for: partitions ahead of time, retention, spare objects."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from gateway.database.connections import Database
from gateway.feed.partitions import ensure_partitions
from gateway.files.blobs import BlobStore
from gateway.files.bucket import StoreUnavailable
from gateway.retention import run_retention

EVERY_S = 3600


async def keep_house(database: Database, blobs: BlobStore) -> None:
    """Do all chores every hour, until cancelled. Several processes at once are harmless."""
    while True:
        now = datetime.now(UTC)
        await ensure_partitions(database, now)
        await run_retention(database, now)
        await _delete_spare(blobs)
        await asyncio.sleep(EVERY_S)


async def _delete_spare(blobs: BlobStore) -> None:
    """What the bucket does not delete now, it may in an hour."""
    with suppress(StoreUnavailable):
        await blobs.delete_spare()
